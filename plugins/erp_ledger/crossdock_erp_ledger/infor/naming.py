"""Short names, as Infor's own are: in capitals and digits."""

from __future__ import annotations

_CHANNELS = {"walmart": "WMT"}
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def short_name(channels: set[str | None]) -> str:
    """Three letters for the channel that entries are from; XXX where there are several."""
    channel = channels.pop() if len(channels) == 1 else None
    letters = "".join(sign for sign in channel or "" if sign.isascii() and sign.isalnum()).upper()
    return _CHANNELS.get(channel or "", f"{letters[:3]:X<3}")


def base36(number: int) -> str:
    """A number in digits and capitals."""
    written = ""
    while number:
        number, digit = divmod(number, 36)
        written = _DIGITS[digit] + written
    return written or "0"
