"""What stands in a cassette for what had to go: of the same kind, so that a connector still reads it."""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from crossdock.observe.sensitive import bare

SECRET = "scrubbed"  # noqa: S105  (what stands in for one)
PERSON = "Scrubbed"
EMAIL = "someone@example.test"
PHONE = "5550100000"
POSTCODE = "00000"
_OURS = re.compile(rf"{SECRET}(-\d+)?|{PERSON}|{re.escape(EMAIL)}|{PHONE}|{POSTCODE}|0|\[redacted\]")
_SHORTEST = 4
"""A shorter value is taken out only where it stands: it would be found everywhere."""


def stand_in_for(key: str, value: str) -> str:
    """A value of the same kind that is nobody's."""
    name = bare(key)
    if "email" in name or "@" in value:
        return EMAIL
    if any(part in name for part in ("phone", "mobile", "fax", "tel")):
        return PHONE
    return POSTCODE if any(part in name for part in ("postal", "postcode", "zip")) else PERSON


def is_stand_in(value: str) -> bool:
    """Whether it is one of ours already: scrubbing twice changes nothing."""
    return not value.strip() or _OURS.fullmatch(value) is not None


class StandIns:
    """The values that are known to be a secret's or a person's, and what is written instead, wherever they turn up."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None
        self._spelt: dict[str, str] = {}
        self._numbered = 0
        self._grown = False

    def add(self, value: str, stand_in: str) -> None:
        """Write `stand_in` for `value` from now on. What was said first holds."""
        if value not in self._known:
            self._known[value] = stand_in
            self._grown = True

    def number(self, value: str) -> str:
        """A stand-in of its own: two tokens remain two, so that a connector that pages by them still can."""
        if value not in self._known:
            self._numbered += 1
            self._known[value] = f"{SECRET}-{self._numbered}"
            self._grown = True
        return self._known[value]

    def get(self, value: str) -> str | None:
        """What stands for exactly that value, if it is known."""
        return self._known.get(value)

    def replace(self, text: str) -> str:
        """The text with every value replaced that was known at the last `settle`, in any spelling and case."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: self._spelt.get(match[0].casefold(), PERSON), text)

    def settle(self) -> bool:
        """Take in what was added; False where nothing was. A pattern of thousands of values takes a while to make."""
        if not self._grown:
            return False
        self._compile()
        self._grown = False
        return True

    def _compile(self) -> None:
        found = {
            spelling: stand_in
            for value, stand_in in self._known.items()
            if len(value.strip()) >= _SHORTEST and stand_in.casefold() != value.casefold()
            for spelling in spellings(value)
        }
        self._spelt = {spelling.casefold(): stand_in for spelling, stand_in in found.items()}
        # The longest first, so that a value that contains another one goes whole. In capitals a letter may be two.
        every = {form for spelling in found for form in _forms(spelling)}
        ordered = sorted(every, key=lambda spelling: (-len(spelling), spelling))
        if ordered:
            self._pattern = re.compile("|".join(map(_bounded, ordered)), re.IGNORECASE)


def spellings(value: str) -> Iterator[str]:
    """A value as it may turn up: plain, in a URL, in JSON, in markup, in base64."""
    yield value
    yield quote(value, safe="", errors="replace")
    yield quote_plus(value, errors="replace")
    yield json.dumps(value)[1:-1]
    yield html.escape(value)
    yield b64encode(value.encode("utf-8", "replace")).decode().rstrip("=")


def _forms(spelling: str) -> tuple[str, ...]:
    return (spelling,) if spelling.isascii() else (spelling, spelling.upper(), spelling.casefold())


def _bounded(spelling: str) -> str:
    # "Robin" is not taken out of "Robinson"; where a value ends in a sign there is no boundary to look for.
    before = r"(?<!\w)" if spelling[:1].isalnum() else ""
    after = r"(?!\w)" if spelling[-1:].isalnum() else ""
    return f"{before}{re.escape(spelling)}{after}"
