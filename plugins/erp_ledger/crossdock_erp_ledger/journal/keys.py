"""The names of entries and of the facts that they cover: made here, and read back from links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Final

SALE: Final = "sale"
CANCEL: Final = "cancel"
REFUND: Final = "refund"
ADJUSTMENT: Final = "adjustment"
CUTOFF: Final = "cutoff"
SETTLEMENT: Final = "settlement"
_ABOUT_ORDERS = frozenset((SALE, CANCEL, REFUND, ADJUSTMENT, CUTOFF))
_REVERSAL: Final = "reversal"
_SHORT = {"walmart": "wmt"}
_LONGEST_ID = 40
_MOST_UNITS = 200


@dataclass(frozen=True, slots=True)
class EntryKey:
    """`wmt:us:{order}:[{line}:]{event}[:{id}]:v{version}[:reversal]`; the line where the entry is about one alone.

    Of a settlement `order` is the word settlement and `event` the report: `wmt:us:settlement:03172026:17:v1`.
    """

    channel: str
    market: str
    order: str
    event: str
    line: str | None = None
    id: str | None = None
    version: int = 1
    reversal: bool = False

    def __str__(self) -> str:
        line = () if self.line is None else (_plain(self.line),)
        about = () if self.id is None else (self.id,)
        parts = (self.channel, self.market, _plain(self.order), *line, self.event, *about, f"v{self.version}")
        return ":".join((*parts, _REVERSAL) if self.reversal else parts)

    @classmethod
    def parse(cls, text: str) -> EntryKey | None:
        """The parts of a key; None where it is none of ours."""
        parts = text.split(":")
        reversal = parts[-1] == _REVERSAL
        if reversal:
            parts.pop()
        if len(parts) < 5 or not parts[-1].startswith("v") or not parts[-1][1:].isdecimal():
            return None
        channel, market, order, *rest = parts[:-1]
        is_whole = rest[0] in _ABOUT_ORDERS or order == SETTLEMENT
        line, event, *about = (None, *rest) if is_whole else rest if len(rest) > 1 else (None, "")
        if order != SETTLEMENT and event not in _ABOUT_ORDERS:
            return None
        about_text = ":".join(one for one in about if one is not None) or None
        version = int(parts[-1][1:])
        return cls(channel, market, _read(order), event or "", line and _read(line), about_text, version, reversal)


def short_name(channel: str) -> str:
    """A channel as keys bear it."""
    return _plain(_SHORT.get(channel, channel))


def slice_name(start: Decimal, end: Decimal) -> str:
    """A slice of a quantity: "0-2" are the first two units."""
    return f"{start.normalize():f}-{end.normalize():f}"


def shortened(name: str) -> str:
    """A name that fits into a key, whatever it is made of."""
    return name if len(name) <= _LONGEST_ID else sha256(name.encode()).hexdigest()[:16]


def units(start: Decimal, end: Decimal) -> Iterator[str]:
    """What stands for a slice in facts: each unit, so that slices that overlap have one in common.

    What is not counted in whole units (a weight), or is a great many, stands for itself as a slice.
    """
    if start % 1 or end % 1 or end - start > _MOST_UNITS:
        yield slice_name(start, end)
        return
    for unit in range(int(start), int(end)):
        yield str(unit)


def _plain(text: str) -> str:
    return text.replace("%", "%25").replace(":", "%3A")


def _read(text: str) -> str:
    return text.replace("%3A", ":").replace("%25", "%")
