"""What the channel owes: how it moved over the month, and which orders it is made of at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from crossdock_erp_ledger.ledger import LedgerEntry
from crossdock_erp_ledger.report.entries import ROLES, Entry
from crossdock_erp_ledger.report.money import NOTHING
from crossdock_erp_ledger.report.period import Period

AGES = ((14, "0-14 days"), (30, "15-30 days"), (60, "31-60 days"), (None, "over 60 days"))


@dataclass(frozen=True, slots=True)
class RollForward:
    """One clearing account in one currency over the month, as it was posted. opening + what moved it = closing.

    `ledger` is by how much the ledger moved it in the month; None where it was not read back.
    """

    account: str
    market: str
    currency: str
    opening: Decimal
    moved: Mapping[str, Decimal]
    """By role, in the sequence of `ROLES`; those that come to nothing are left out."""
    closing: Decimal
    ledger: Decimal | None

    @property
    def movement(self) -> Decimal:
        """By how much it moved."""
        return sum(self.moved.values(), NOTHING)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What the channel still owes for one order at the end of the month, and for how many days."""

    order: str
    market: str
    currency: str
    since: date
    age_days: int
    amount: Decimal

    @property
    def bracket(self) -> str:
        """Under which age it is told."""
        return next(name for days, name in AGES if days is None or self.age_days <= days)


def roll_forwards(entries: Iterable[Entry], ledger: Sequence[LedgerEntry] | None, period: Period) -> list[RollForward]:
    """Each clearing account; entries are counted on the days on which they were posted."""
    opening: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    closing: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    moved: defaultdict[tuple[str, str, str], defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for entry in entries:
        if not entry.done or entry.posted > period.last:
            continue
        for line in entry.lines:
            if line.is_clearing:
                place = (line.account, entry.market, line.currency)
                closing[place] += line.amount
                if entry.posted < period.first:
                    opening[place] += line.amount
                else:
                    moved[place][entry.role] += line.amount
    shares = {place[0]: sum(1 for one in closing if (one[0], one[2]) == (place[0], place[2])) for place in closing}
    return [
        RollForward(
            *place,
            opening=opening[place],
            moved={role: moved[place][role] for role in ROLES if moved[place][role]},
            closing=closing[place],
            # An account that markets share cannot be told apart in the ledger.
            ledger=None if ledger is None or shares[place[0]] > 1 else _in_ledger(ledger, place[0], place[2], period),
        )
        for place in sorted(closing)
    ]


def _in_ledger(ledger: Iterable[LedgerEntry], account: str, currency: str, period: Period) -> Decimal:
    lines = (line for entry in ledger if period.has(entry.date) for line in entry.lines)
    return sum(
        (line.amount.amount for line in lines if line.account == account and line.amount.currency == currency), NOTHING
    )


def open_items(entries: Iterable[Entry], settled: Mapping[tuple[str, str], Decimal], period: Period) -> list[OpenItem]:
    """Orders with what is posted on the clearing account and not in a settlement yet, the oldest first.

    A payout is one sum: what a settlement says of an order counts as paid with it.
    """
    balances: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    since: dict[tuple[str, str, str], date] = {}
    for entry in entries:
        if entry.done and entry.posted <= period.last and entry.reference and entry.role != "payouts":
            for line in entry.lines:
                if line.is_clearing:
                    place = (entry.reference, entry.market, line.currency)
                    balances[place] += line.amount
                    since[place] = min(since.get(place, entry.day), entry.day)
    found = []
    for place, balance in balances.items():
        order, market, currency = place
        left = balance - settled.get((order, currency), NOTHING)
        if left:
            age = (period.last - since[place]).days
            found.append(OpenItem(order, market, currency, since[place], age, left))
    return sorted(found, key=lambda one: (one.since, one.order))


@dataclass(frozen=True, slots=True)
class AccountSum:
    """What was posted on one account in the month, and what the ledger has there; None where it was not read back."""

    account: str
    currency: str
    posted: Decimal
    ledger: Decimal | None
    lines: int


def accounts(entries: Iterable[Entry], ledger: Sequence[LedgerEntry] | None, period: Period) -> list[AccountSum]:
    """Every account but the clearing ones, by the days on which entries were posted."""
    posted: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    lines: defaultdict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        for line in entry.lines if entry.done and period.has(entry.posted) else ():
            if not line.is_clearing:
                posted[line.account, line.currency] += line.amount
                lines[line.account, line.currency] += 1
    return [
        AccountSum(
            *place,
            posted=posted[place],
            ledger=None if ledger is None else _in_ledger(ledger, *place, period),
            lines=lines[place],
        )
        for place in sorted(posted)
    ]
