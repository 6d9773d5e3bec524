"""What was ordered and not shipped when the month ended, beside what was deferred of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from crossdock.canonical import Order, OrderAsOf, OrderLine
from crossdock_erp_ledger.journal.amounts import share
from crossdock_erp_ledger.journal.cutoff import DEFERRAL
from crossdock_erp_ledger.report.entries import CUT_OFF, SALES, Entry
from crossdock_erp_ledger.report.findings import Finding
from crossdock_erp_ledger.report.money import NOTHING, by_currency, told
from crossdock_erp_ledger.report.period import Period
from crossdock_erp_ledger.report.said import gross
from crossdock_erp_ledger.report.seen import Seen

_LEFT = frozenset(("shipped", "delivered", "refunded", "cancelled"))


@dataclass(frozen=True, slots=True)
class Deferred:
    """What one order had still to be shipped at the end of the month, and what of it was deferred."""

    order: str
    market: str
    currency: str
    unshipped: Decimal
    deferred: Decimal


def deferred(seen: Sequence[Seen], entries: Sequence[Entry], period: Period) -> list[Deferred]:
    """Each order whose sale was to be posted by its date, and that had something to be shipped, or deferred."""
    amounts: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    booked = _booked(entries, period)
    for one in seen:
        order = one.document
        if not isinstance(order, Order) or one.policy is None or one.policy.on != "order":
            continue
        for sold in order.lines if period.day(order.ordered_at) <= period.last else ():
            for currency, amount in _unshipped(order, sold, one, period).items():
                amounts[order.number, order.market or "", currency] += amount
    made: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry.done and entry.event == CUT_OFF and entry.reverses is None and period.has(entry.day):
            for line in entry.lines:
                if line.event == DEFERRAL:
                    made[entry.reference or "", entry.market, line.currency] -= line.amount
    # What was cancelled before it was ever posted puts off nothing, whenever that was.
    left = {place: min(amount, booked.get(place, NOTHING)) for place, amount in amounts.items()}
    places = sorted({place for place, amount in (*left.items(), *made.items()) if amount})
    return [Deferred(*place, left.get(place, NOTHING), made.get(place, NOTHING)) for place in places]


def _booked(entries: Iterable[Entry], period: Period) -> dict[tuple[str, str, str], Decimal]:
    """What of each order was in the books as sold when the month ended."""
    found: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry.done and entry.event in SALES and entry.day <= period.last:
            for line in entry.lines:
                if line.is_clearing:
                    found[entry.reference or "", entry.market, line.currency] += line.amount
    return dict(found)


def _unshipped(order: Order, line: OrderLine, seen: Seen, period: Period) -> dict[str, Decimal]:
    """What of a line had not left when the month ended; what does not say since when left before."""
    gone = sum(
        (one.quantity for one in line.statuses if one.status in _LEFT and (one.at is None or one.at < period.ends)),
        NOTHING,
    )
    left = line.quantity - gone
    if left <= 0 or seen.policy is None:
        return {}
    amounts = share(gross(order, line, seen.policy), left, line.quantity)
    return by_currency((part.currency, amount) for part, amount in amounts.items() if part.event != "tax")


def missing(found: Sequence[Deferred], seen: Sequence[Seen], has_route: bool, period: Period) -> list[Finding]:
    """What is not deferred: order by order where a pipeline sees to it, else one note."""
    unshipped = [one for one in found if one.unshipped > one.deferred]
    if not unshipped:
        return []
    total = by_currency((one.currency, one.unshipped - one.deferred) for one in unshipped)
    if not has_route:
        message = (
            f"{told(total)} of {len(unshipped)} orders was not shipped when {period.name} ended, and is not deferred"
        )
        fix = "add a pipeline from the source of unshipped orders with the mapper erp_ledger.cutoff, or post `on: ship`"
        return [Finding("no_cutoff", period.name, message, fix, period.last, amounts=total)]
    stuck = {one.document.number for one in seen if isinstance(one.document, OrderAsOf) and one.stuck}
    return [_missing(one, period) for one in unshipped if one.order not in stuck]


def _missing(one: Deferred, period: Period) -> Finding:
    amounts = {one.currency: one.unshipped - one.deferred}
    message = f"{told(amounts)} was not shipped when {period.name} ended, and is not deferred"
    fix = f"run the pipeline that defers it; `crossdock trace {one.order}` tells what became of the order"
    return Finding("cutoff_missing", one.order, message, fix, period.last, one.market, amounts)
