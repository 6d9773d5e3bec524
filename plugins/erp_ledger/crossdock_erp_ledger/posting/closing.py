"""Closed periods: on which day an entry is posted whose own day is past."""

from __future__ import annotations

from datetime import date, timedelta

from crossdock import Hold, HoldError
from crossdock.canonical.journal import JournalEntry
from crossdock_erp_ledger.posting.posting import Posting

HOLDS = (Hold("period_closed"),)
"""What every sink of a ledger declares."""

_FIX = (
    "open the period in the ledger (and take back `closed_through` of the connection), or write `closed_period: next` "
    "in the mapper, so that it goes to the first open day; then this settles by itself"
)


def open_day(day: date, closed_through: date | None) -> date:
    """That day, or the first one after what is closed."""
    return day if closed_through is None or day > closed_through else closed_through + timedelta(days=1)


def date_posting(entry: JournalEntry, closed_through: date | None) -> Posting:
    """An entry on the day it is posted on; where that is not its own, with the mark of the period it is late for.

    Raises: HoldError where a person is to decide.
    """
    day = open_day(entry.date, closed_through)
    late = day != entry.date
    if late and entry.when_closed == "hold":
        raise period_closed(entry.key, entry.date, f"the books are closed through {closed_through}")
    dated = entry.model_copy(update={"date": day, "transaction_date": entry.transaction_date or entry.date})
    return Posting(entry=dated, members=(entry.key,), late_for=f"{entry.date:%Y-%m}" if late else None)


def period_closed(key: str, day: date, said: str) -> HoldError:
    """The ledger takes nothing on that day; `said` is how we know: the settings, or the ledger's own words."""
    return HoldError("period_closed", f"entry {key} belongs to {day}: {said}", fix=_FIX, day=day.isoformat())
