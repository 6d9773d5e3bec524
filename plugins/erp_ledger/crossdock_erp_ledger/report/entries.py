"""What we posted, as the log of effects keeps it: light values, since a close reads all that was ever posted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from crossdock import StoredEffect
from crossdock_erp_ledger.journal.keys import ADJUSTMENT, CANCEL, CUTOFF, REFUND, SALE, SETTLEMENT, EntryKey
from crossdock_erp_ledger.journal.posted import CLEARING
from crossdock_erp_ledger.report.money import NOTHING
from crossdock_erp_ledger.report.period import month_of

SALES = frozenset((SALE, CANCEL))
REFUNDS = frozenset((REFUND, ADJUSTMENT))
_ROLES = {
    "commission": "fees",
    "fee": "fees",
    "advertising": "fees",
    "savings": "savings",
    "reimbursement": "reimbursements",
    "reserve": "reserve",
    "payout": "payouts",
    "fx": "payouts",
    "tax": "taxes",
    "rounding": "rounding",
}
ROLES = ("sales", "refunds", "fees", "savings", "reimbursements", "reserve", "taxes", "true-ups", "rounding", "payouts")
"""What moves the clearing account, in the sequence in which a month tells it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an entry: debits positive, in major units."""

    account: str
    amount: Decimal
    currency: str
    unit: str | None
    dimensions: tuple[tuple[str, str], ...]
    event: str | None
    order_line: str | None
    sku: str | None
    quantity: Decimal

    @property
    def is_clearing(self) -> bool:
        """Whether it is on the account of what the channel owes."""
        return self.event == CLEARING


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that we posted, or are about to (`done` is false).

    `day` is the day it belongs to, `posted` the day it was posted on. `ledger_key` is its name in the ledger, as its
    receipt says it where that has names of its own; entries of one total share it.
    """

    name: str
    key: EntryKey | None
    ledger_key: str
    day: date
    posted: date
    market: str
    reference: str | None
    description: str
    reverses: str | None
    lines: tuple[Line, ...]
    pipeline: str
    record: str
    done: bool

    @property
    def event(self) -> str:
        """What it is about: "sale", "refund", "settlement"."""
        if self.key is None:
            return ""
        return SETTLEMENT if self.key.order == SETTLEMENT else self.key.event

    @property
    def is_late(self) -> bool:
        """Whether it was posted in another month than it belongs to."""
        return month_of(self.day) != month_of(self.posted)

    @property
    def role(self) -> str:
        """Under what name it moves the clearing account."""
        if self.event in SALES:
            return "sales"
        if self.event in REFUNDS:
            return "refunds"
        about = next((line.event for line in self.lines if not line.is_clearing), None)
        return _ROLES.get(about or "", "true-ups")

    def clearing(self, currency: str | None = None) -> Decimal:
        """By how much it moves what the channel owes; in one currency where one is named."""
        lines = (line for line in self.lines if line.is_clearing and currency in (None, line.currency))
        return sum((line.amount for line in lines), NOTHING)


def entries_of(effects: Iterable[StoredEffect]) -> list[Entry]:
    """The entries that are in effect, or under way: the newest version of each."""
    newest: dict[str, StoredEffect] = {}
    for effect in effects:  # versions come in order
        if isinstance(effect.memo, Mapping) and "posting" in effect.memo:
            newest[effect.key] = effect
    return [_entry(effect) for effect in newest.values()]


def _entry(effect: StoredEffect) -> Entry:
    told: Mapping[str, Any] = effect.memo["posting"]["entry"]
    own: Mapping[str, Any] = effect.content if isinstance(effect.content, Mapping) else told
    names = {} if effect.receipt is None else effect.receipt.identifiers
    return Entry(
        name=effect.key,
        key=EntryKey.parse(effect.key),
        ledger_key=names.get("batch_key") or names.get("total") or effect.key,
        day=date.fromisoformat(own.get("date", told["date"])),
        posted=date.fromisoformat(told["date"]),
        market=told.get("market") or "",
        reference=told.get("reference"),
        description=told.get("description", ""),
        reverses=told.get("reverses"),
        lines=tuple(map(_line, told["lines"])),
        pipeline=effect.pipeline,
        record=effect.record,
        done=effect.state != "attempted",
    )


def _line(line: Mapping[str, Any]) -> Line:
    money = line["amount"]
    return Line(
        account=line["account"],
        amount=Decimal(str(money["amount"])),
        currency=money["currency"],
        unit=line.get("unit"),
        dimensions=tuple(sorted((line.get("dimensions") or {}).items())),
        event=line.get("event"),
        order_line=line.get("order_line"),
        sku=line.get("sku"),
        quantity=Decimal(str(line.get("quantity") or 0)),
    )


CUT_OFF = CUTOFF
"""The event of what defers revenue at the end of a period."""
