"""What a settlement says of a sale or a refund, beside what is posted of it: by order and SKU, then by amount."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from crossdock.canonical import Money, SettlementLine
from crossdock_erp_ledger.journal.amounts import NOTHING, Part
from crossdock_erp_ledger.journal.keys import ADJUSTMENT, CANCEL, REFUND, SALE
from crossdock_erp_ledger.journal.kinds import component_of
from crossdock_erp_ledger.journal.posted import EXCESS, Posted, PostedLine, PostedRow

_SALES = (SALE, CANCEL)
_REFUNDS = (REFUND, ADJUSTMENT)


@dataclass(frozen=True)
class Candidate:
    """Something posted that a settled amount may be: so much for so many units."""

    line: PostedLine
    amount: Decimal
    units: Decimal

    def expected(self, quantity: Decimal | None) -> Decimal:
        """What it comes to for that quantity, not rounded."""
        if not quantity or self.units <= 0 or quantity >= self.units:
            return self.amount
        return self.amount * quantity / self.units


@dataclass(frozen=True)
class Match:
    """The posted amount that comes nearest; `difference` is what the settlement says beyond it."""

    candidate: Candidate
    posted: Money
    difference: Decimal


def sales_of(line: SettlementLine, posted: Posted) -> list[Candidate]:
    """What is posted as sold of the order and SKU."""
    return [*_each_and_all(line, [_sold(one, line) for one in _lines(line, posted, _SALES)])]


def refunds_of(line: SettlementLine, posted: Posted) -> list[Candidate]:
    """What is posted as paid back of the order and SKU, refund by refund, and all together."""
    found = []
    for one in _lines(line, posted, _REFUNDS):
        for _, rows in one.standing():
            units = abs(sum((row.quantity for row in rows), NOTHING))
            bare, with_excess = _of(rows, line, ()), _of(rows, line, (EXCESS,))
            found += [Candidate(one, -amount, units) for amount in dict.fromkeys((bare, with_excess)) if amount]
    return [*_each_and_all(line, found)]


def nearest(line: SettlementLine, candidates: list[Candidate]) -> Match:
    """The candidate that comes nearest to the settled amount.

    A share that is no whole number of minor units may have been rounded either way by the other side.
    """
    amount, quantity = line.amount, line.quantity
    best = min(candidates, key=lambda one: abs(amount.amount - one.expected(quantity)))
    exact = best.expected(quantity)
    rounded = Money(amount=exact, currency=amount.currency).rounded()
    step = Decimal(1).scaleb(-amount.minor_digits)
    if rounded.amount != exact and abs(amount.amount - exact) < step:
        return Match(best, amount, NOTHING)
    return Match(best, rounded, amount.amount - rounded.amount)


def per_unit_hint(line: SettlementLine, match: Match) -> str:
    """What to look at where the two differ by just the quantity."""
    posted, settled = match.posted.amount, line.amount.amount
    for units in {match.candidate.units, line.quantity or NOTHING}:
        if units > 1 and posted * units == settled:
            return "; it is just the quantity: the amounts of orders seem to be per unit (`charge_amounts: unit`)"
        if units > 1 and settled * units == posted:
            return "; it is just the quantity: the amounts of orders seem to be per line (`charge_amounts: line`)"
    return ""


def _lines(line: SettlementLine, posted: Posted, events: tuple[str, ...]) -> list[PostedLine]:
    found = posted.lines(line.order or "", events)
    sku = (line.sku or "").casefold()
    return [one for one in found if not sku or (one.sku or "").casefold() == sku]


def _sold(one: PostedLine, line: SettlementLine) -> Candidate:
    part = Part(component_of(line), line.amount.currency)
    return Candidate(one, -one.amounts().get(part, NOTHING), one.units)


def _of(rows: tuple[PostedRow, ...], line: SettlementLine, more: tuple[str, ...]) -> Decimal:
    wanted = {Part(name, line.amount.currency) for name in (component_of(line), *more)}
    return sum((row.amount for row in rows if row.part in wanted), NOTHING)


def _each_and_all(line: SettlementLine, found: list[Candidate]) -> Iterator[Candidate]:
    yield from found
    if len(found) > 1:
        amount = sum((one.amount for one in found), NOTHING)
        yield Candidate(found[0].line, amount, sum((one.units for one in found), NOTHING))
