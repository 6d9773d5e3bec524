"""From an entry to an effect, and back."""

from __future__ import annotations

from datetime import date

from crossdock import Effect, NothingToDo, RejectedError
from crossdock.canonical.journal import JournalEntry, JournalLine
from crossdock_erp_ledger.posting.closing import date_posting
from crossdock_erp_ledger.posting.posting import Posting, dumped


def plan_entry(entry: JournalEntry, closed_through: date | None) -> Effect:
    """The effect of one entry, for a sink that bundles.

    It is compared by what it says under its own date: closing a period, or what is to happen then, changes no fact. The
    entry as it is posted is in the memo, for receipts and probes.
    Raises: HoldError where its period is closed; NothingToDo without lines; RejectedError for parts of a minor unit.
    """
    if not entry.lines:
        raise NothingToDo(f"entry {entry.key} has no lines", code="nothing_to_post")
    exact = entry.model_copy(update={"lines": tuple(_in_minor_units(entry.key, line) for line in entry.lines)})
    posting = date_posting(exact, closed_through)
    content = dumped(exact)
    content.pop("when_closed", None)
    memo = {"posting": {"entry": dumped(posting.entry), "members": [entry.key], "late_for": posting.late_for}}
    return Effect(key=entry.key, steps=(), content=content, memo=memo, facts=entry.facts)


def posting_of(effect: Effect) -> Posting | None:
    """What an effect posts; None where it is one that makes a whole bundle."""
    memo = effect.memo
    return Posting.model_validate(memo["posting"]) if isinstance(memo, dict) and "posting" in memo else None


def _in_minor_units(key: str, line: JournalLine) -> JournalLine:
    """The line with its amount written as the currency is: 5 USD as 5.00, 12990.0 CLP as 12990."""
    exact = line.amount.rounded()
    if exact.amount != line.amount.amount:
        raise RejectedError(
            f"entry {key}: {line.amount} on {line.account} is no whole number of minor units",
            code="not_minor_units",
            fix="have the mapper round each line, and split what is shared by largest remainder",
        )
    # Nothing, not minus nothing.
    return line.model_copy(update={"amount": exact.model_copy(update={"amount": exact.amount + 0})})
