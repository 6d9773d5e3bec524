"""Reading entries back, strictly: a line that crossdock would not write is a fault, not a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from crossdock.canonical.journal import JournalEntry
from crossdock_erp_ledger.books.booked import (
    ENTRY_TEXTS,
    LINE_TEXTS,
    Booked,
    Unreadable,
    from_dimension,
    from_members,
    own_links,
)
from crossdock_erp_ledger.posting import Posting

Said = Callable[[str], tuple[str, str] | None]
"""Reads a line as a name and its value; None where it is none."""


class Block:
    """The lines of one entry, read from the first to the last."""

    def __init__(
        self, text: str, first: int, said_of_entry: Said, said_of_line: Said, posting: re.Pattern[str]
    ) -> None:
        self._lines = text.split("\n")
        self._first = first
        self._at = 0
        self._said_of_entry = said_of_entry
        self._said_of_line = said_of_line
        self._posting = posting

    def match(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        """The next line, which must be of that form."""
        found = pattern.fullmatch(self._lines[self._at]) if self._at < len(self._lines) else None
        if found is None:
            raise self.fault(f"this is not {what} as crossdock writes it")
        self._at += 1
        return found

    def booked(self, day: str, description: str, links: Callable[[dict[str, str]], Sequence[str]]) -> Booked:
        """The entry, from what the head said of it and all that follows."""
        told = self._told(self._said_of_entry)
        found_links = links(told)
        key = told.pop("idem", "")
        batch, written = told.pop("batch", ""), told.pop("members", None)
        members = (key,) if written is None else from_members(written)
        late_for, happened = told.pop("late_for", None), told.pop("transaction_date", None)
        fields = {field: told.pop(name, None) for name, field in ENTRY_TEXTS}
        if told:
            raise self.fault(f"nobody writes {', '.join(sorted(told))} here")
        values = {"key": key, "date": day, "transaction_date": happened, "description": description, **fields}
        entry = self._made({**values, "lines": list(self._postings())})
        entry = entry.model_copy(update={"links": tuple(link for link in found_links if link not in own_links(entry))})
        return Booked(Posting(entry=entry, members=members, late_for=late_for), batch)

    def fault(self, why: str) -> Unreadable:
        """Why it cannot be read, at this line."""
        return Unreadable(self._first + min(self._at, len(self._lines) - 1), why)

    def _made(self, values: dict[str, Any]) -> JournalEntry:
        if not values["key"] or not values["lines"]:
            raise self.fault("an entry has a name and lines")
        try:
            return JournalEntry.model_validate(values)
        except ValidationError as error:
            raise self.fault(error.errors(include_url=False)[0]["msg"]) from None

    def _told(self, said: Said) -> dict[str, str]:
        told: dict[str, str] = {}
        while self._at < len(self._lines) and (found := said(self._lines[self._at])):
            if found[0] in told:
                raise self.fault(f"{found[0]} is said twice")
            told[found[0]] = found[1]
            self._at += 1
        return told

    def _postings(self) -> Iterator[dict[str, Any]]:
        while self._at < len(self._lines):
            account, amount, currency = self.match(self._posting, "a posting").groups()
            told = self._told(self._said_of_line)
            line = {field: told.pop(name, None) for name, field in LINE_TEXTS}
            quantity = told.pop("quantity", None)
            dimensions = {from_dimension(name): told.pop(name) for name in list(told) if name.startswith("dim-")}
            if told:
                raise self.fault(f"nobody writes {', '.join(sorted(told))} here")
            money = {"amount": amount, "currency": currency}
            yield {"account": account, "amount": money, "quantity": quantity, "dimensions": dimensions, **line}
