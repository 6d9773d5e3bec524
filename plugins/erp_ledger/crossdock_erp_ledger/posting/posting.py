"""An entry as it is posted: dated by the books, with the effects that it makes."""

from __future__ import annotations

from typing import Any

from crossdock.canonical.base import Document
from crossdock.canonical.journal import JournalEntry


class Posting(Document):
    """What goes into a ledger as one entry.

    `entry.date` is the day it is posted on, `entry.transaction_date` the day it belongs to. `members` are the keys of
    the effects that it makes: one, unless it is a total. `late_for` is the closed period ("2026-10") that it came too
    late for.
    """

    entry: JournalEntry
    members: tuple[str, ...]
    late_for: str | None = None

    @property
    def key(self) -> str:
        """The name of the entry in the ledger: that of its effect, or the total's in this batch."""
        return self.entry.key


def dumped(entry: JournalEntry) -> Any:
    """An entry as JSON, without what it leaves open; `JournalEntry.model_validate` reads it."""
    return entry.model_dump(mode="json", exclude_defaults=True)
