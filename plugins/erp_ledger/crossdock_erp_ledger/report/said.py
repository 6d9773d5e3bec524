"""What the channel says it sold and paid back, line by line, as it must be in the books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from crossdock.canonical import Order, OrderLine, Return
from crossdock_erp_ledger.journal.amounts import TAX, Part, amounts_of, share
from crossdock_erp_ledger.journal.days import SHIPPED
from crossdock_erp_ledger.journal.policy import Policy
from crossdock_erp_ledger.report.money import NOTHING
from crossdock_erp_ledger.report.seen import Seen

Taxed = Mapping[tuple[str, str], bool]
"""For each line that a sale of is posted, whether its tax is: the seller pays it on."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one line of an order came to on one day: a sale, or (with the refund's `id`) what was paid back of it.

    Units: major units; both are positive. `lines` is 1, once for each line that was sold.
    """

    order: str
    line: str
    id: str | None
    market: str
    currency: str
    day: date
    amount: Decimal
    seen: Seen
    lines: int = 0

    @property
    def subject(self) -> tuple[str, str, str | None, str]:
        """What is compared with what is posted: order, line (of a sale), refund, currency."""
        return (self.order, self.line if self.id is None else "", self.id, self.currency)


def sales(seen: Iterable[Seen]) -> Iterator[Said]:
    """What orders say was sold, less what was cancelled, on the days on which it is to be posted."""
    for one in seen:
        if isinstance(one.document, Order) and one.policy is not None:
            for line in one.document.lines:
                yield from _sold(one, one.document, line, one.policy)


def refunds(seen: Iterable[Seen], taxed: Taxed) -> Iterator[Said]:
    """What returns, and orders themselves, say was paid back."""
    for one in seen:
        if one.policy is None:
            continue
        if isinstance(one.document, Return):
            yield from _returned(one, one.document, one.policy, taxed)
        elif isinstance(one.document, Order):
            yield from _adjusted(one, one.document, one.policy, taxed)


def gross(order: Order, line: OrderLine, policy: Policy) -> dict[Part, Decimal]:
    """What the whole line comes to, its tax only where the seller pays it on."""
    amounts = amounts_of(line.charges)
    seller = policy.remitter(order.market, order.ship_to.region) == "seller"
    return {part: amount for part, amount in amounts.items() if part.event != TAX or seller}


def _sold(seen: Seen, order: Order, line: OrderLine, policy: Policy) -> Iterator[Said]:
    amounts, reached = gross(order, line, policy), NOTHING
    first = True
    for day, units in _days(order, line, policy):
        after, before = (share(amounts, end, line.quantity) for end in (reached + units, reached))
        reached += units
        for currency in sorted({part.currency for part in amounts}):
            amount = sum((after[part] - before[part] for part in amounts if part.currency == currency), NOTHING)
            market = order.market or ""
            yield Said(order.number, line.number, None, market, currency, day, amount, seen, int(first))
            first = False


def _days(order: Order, line: OrderLine, policy: Policy) -> Iterator[tuple[date, Decimal]]:
    """On which days how many units are to be posted."""
    if policy.on == "order":
        units = line.quantity - line.quantity_in("cancelled")
        if units > 0:
            yield policy.day(order.ordered_at), units
        return
    shipped: dict[date, Decimal] = {}
    for slice_ in line.statuses:
        if slice_.status in SHIPPED and slice_.quantity:
            day = policy.day(slice_.at or order.ordered_at)
            shipped[day] = shipped.get(day, NOTHING) + slice_.quantity
    yield from sorted(shipped.items())


def _returned(seen: Seen, document: Return, policy: Policy, taxed: Taxed) -> Iterator[Said]:
    for line in document.lines:
        if line.refunded_quantity <= 0:
            continue
        whole = _without_tax(amounts_of(line.charges), taxed.get((line.order, line.order_line), False))
        back = share(whole, min(line.refunded_quantity, line.quantity), line.quantity)
        day = policy.day(line.refunded_at or document.created_at)
        for currency, amount in _each(back):
            name = f"{document.number}-{line.number}"
            yield Said(line.order, line.order_line, name, document.market or "", currency, day, amount, seen)


def _adjusted(seen: Seen, order: Order, policy: Policy, taxed: Taxed) -> Iterator[Said]:
    for line in order.lines:
        for refund in line.refunds:
            if refund.return_number is not None:
                continue  # the return says it
            back = _without_tax(amounts_of(refund.charges), taxed.get((order.number, line.number), False))
            day = policy.day(refund.at or order.ordered_at)
            for currency, amount in _each(back):
                yield Said(order.number, line.number, refund.id, order.market or "", currency, day, amount, seen)


def _without_tax(amounts: Mapping[Part, Decimal], taxed: bool) -> dict[Part, Decimal]:
    return {part: abs(amount) for part, amount in amounts.items() if part.event != TAX or taxed}


def _each(amounts: Mapping[Part, Decimal]) -> Iterator[tuple[str, Decimal]]:
    for currency in sorted({part.currency for part in amounts}):
        yield currency, sum((amount for part, amount in amounts.items() if part.currency == currency), NOTHING)
