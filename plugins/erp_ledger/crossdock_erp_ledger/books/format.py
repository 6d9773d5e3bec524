"""What a format of plain-text books can say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from crossdock_erp_ledger.books.booked import Booked
from crossdock_erp_ledger.books.chart import Account

OWN = "own"
"""The file that is the integrator's: read with the others, never written."""

Balances = Mapping[tuple[str, str], Decimal]
"""Amounts by account and currency."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the main file brings together: names of files beside it."""

    book: str
    parts: Sequence[str]
    closings: Sequence[str]
    own: bool

    def files(self, suffix: str) -> list[str]:
        """All of them, in the sequence in which they are read."""
        own = [f"{OWN}{suffix}"] if self.own else []
        return [f"accounts{suffix}", *own, *self.parts, *self.closings]


class Format(Protocol):
    """Writes entries as text, and reads back strictly what it writes."""

    name: str
    suffix: str
    keys: re.Pattern[bytes]
    """Finds the names of entries: group 1 as it is written."""
    members: re.Pattern[bytes]

    def entry(self, booked: Booked) -> str:
        """One entry, with a blank line before it."""
        ...

    def read(self, block: str, first: int) -> Booked:
        """The entry of a block of lines, the first of which is line `first`. Raises: Unreadable."""
        ...

    def text(self, written: str) -> str:
        """A value as it was before it was written."""
        ...

    def accounts(self, chart: Mapping[str, Account]) -> str:
        """The chart of accounts."""
        ...

    def main(self, contents: Contents, chart: Mapping[str, Account]) -> str:
        """The file to open."""
        ...

    def closing(self, last_day: date, balances: Balances, unsure: frozenset[str]) -> str:
        """What the accounts come to at the end of a period; of accounts in `unsure` it is only a comment."""
        ...

    def balances(self, closing: str) -> dict[tuple[str, str], Decimal]:
        """What a closing says, comments included."""
        ...


def read_all(form: Format, text: str, having: str = "") -> Iterator[Booked]:
    """All entries of a file, or those whose text has something in it. Raises: Unreadable."""
    line = 1
    for number, block in enumerate(text.rstrip("\n").split("\n\n")):
        if number and having in block:
            yield form.read(block, line)
        line += block.count("\n") + 2
