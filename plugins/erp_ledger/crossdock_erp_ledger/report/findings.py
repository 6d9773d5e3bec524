"""What a report finds: each difference once, with what it comes to and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

KINDS: Mapping[str, str] = {
    "not_read": "a source was not read to the end of the month",
    "stopped": "a pipeline cannot run",
    "missing_posting": "the channel says it, and nothing is posted",
    "amount_differs": "posted with another amount than the channel says",
    "wrong_day": "posted for another day than the channel says",
    "unmapped": "no rule says which account it goes to",
    "held": "a person is to decide",
    "failed": "it was given up",
    "in_flight": "it is not posted yet",
    "late": "posted in a later month, since this one was closed",
    "not_in_ledger": "posted, and the ledger does not have it",
    "twice_in_ledger": "the ledger has it twice",
    "ledger_differs": "the ledger has it with other amounts, accounts or another day",
    "wrong_period": "the ledger has it in another month",
    "unknown_in_ledger": "the ledger has it, and we did not post it",
    "ledger_not_read": "the ledger could not be read back",
    "settlement_differs": "settled with another amount than is posted",
    "settlement_sum": "a settlement does not add up to what it pays",
    "settled_unsold": "settled, and no sale of it is posted",
    "cutoff_missing": "ordered, not shipped when the month ended, and not deferred",
    "unsaid": "posted, and the store has no word of the channel any more",
    "erased": "retention erased what would have to be compared",
    "unsettled": "sold long ago, and not settled yet",
    "no_cutoff": "no pipeline defers what is not shipped at the end of a month",
}
"""Every kind of finding, in the order in which they are told."""

NOTES = frozenset(("unsettled", "no_cutoff"))
"""What a person should know, which keeps no month from being closed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `amounts` is what is missing in the books, by currency: what is too much there is negative."""

    kind: str
    about: str
    """The order, the entry or the pipeline."""
    message: str
    fix: str
    day: date | None = None
    market: str = ""
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    delivery: int | None = None

    @property
    def blocks(self) -> bool:
        """Whether the month may not be closed because of it."""
        return self.kind not in NOTES


def in_order(findings: list[Finding]) -> list[Finding]:
    """What blocks first, by kind, day and subject."""
    kinds = list(KINDS)
    return sorted(findings, key=lambda one: (kinds.index(one.kind), one.day or date.max, one.about))
