"""Which carrier a tracking number looks like: a suggestion for people, never used by itself.

Numbers collide (one of eleven numbers of twelve digits passes for FedEx's), so that a form without a check digit is not
looked for, and where several carriers fit, none is named.
Source: the carriers' published forms; check digits after the public data set tracking_number_data (MIT); read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_FEDEX_WEIGHTS = (3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1)
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
# The last two letters of an S10 number are the country whose post issued it (UPU S10).
_POSTS = {
    "US": "USPS", "CA": "Canada Post", "GB": "Royal Mail", "CN": "China Post", "JP": "Japan Post", "IN": "India Post",
    "DE": "Deutsche Post", "MX": "Correos de Mexico", "SE": "PostNord Sweden",
}  # fmt: skip


def recognise(number: str) -> str | None:
    """The carrier, as Walmart spells it, whose numbers have this form and check digit; None where none or several."""
    text = re.sub(r"[\s-]", "", number).upper()
    found = {carrier for pattern, checks, carrier in _FORMS if re.fullmatch(pattern, text) and checks(text)}
    found |= {post for post in [_post(text)] if post}
    return found.pop() if len(found) == 1 else None


def _post(text: str) -> str | None:
    match = re.fullmatch(r"[A-Z]{2}(\d{8})(\d)([A-Z]{2})", text)
    if match is None or match[3] not in _POSTS:
        return None
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(match[1], _S10_WEIGHTS, strict=True)) % 11
    return _POSTS[match[3]] if int(match[2]) == {10: 0, 11: 5}.get(rest, rest) else None


def _mod10(evens: int, odds: int, *, prefix: str = "", skip: int = 0) -> Callable[[str], bool]:
    """A check of the last digit by the weighted sum of those before it; letters count as carriers count them."""

    def checks(text: str) -> bool:
        total = 0
        for place, letter in enumerate(prefix + text[skip:-1]):
            value = int(letter) if letter.isdigit() else (ord(letter) - 3) % 10
            total += value * (odds if place % 2 else evens)
        return text[-1].isdigit() and -total % 10 == int(text[-1])

    return checks


def _fedex_express(text: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(text, _FEDEX_WEIGHTS, strict=False))
    return total % 11 % 10 == int(text[-1])


def _dhl_express(text: str) -> bool:
    return int(text[:-1]) % 7 == int(text[-1])


_FORMS: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    (r"1Z[A-Z0-9]{15}\d", _mod10(1, 2, skip=2), "UPS"),
    (r"C\d{14}", _mod10(1, 2, prefix="4", skip=1), "OnTrac"),
    (r"D\d{14}", _mod10(1, 2, prefix="5", skip=1), "OnTrac"),
    (r"\d{12}", _fedex_express, "FedEx"),
    (r"\d{15}", _mod10(1, 3), "FedEx"),
    (r"96\d{20}", _mod10(1, 3, skip=7), "FedEx"),
    (r"\d{20}", _mod10(3, 1), "USPS"),
    (r"9[1-5]\d{20}", _mod10(3, 1), "USPS"),
    (r"\d{20}", _mod10(3, 1, prefix="92"), "FEDEXSP"),
    (r"\d{10}", _dhl_express, "DHL"),
)
