"""How much a document is of: units and money, and when. What `reconcile` counts on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import singledispatch

from crossdock.canonical.journal import JournalEntry
from crossdock.canonical.money import Money
from crossdock.canonical.order import Charge, Order, OrderLine
from crossdock.canonical.returns import Return
from crossdock.canonical.settlement import SettlementLine
from crossdock.canonical.shipment import Shipment, StatusChange

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Measure:
    """So many units, and so much money in each currency (ISO 4217, major units); None of what it does not speak of."""

    units: Decimal | None = None
    money: Mapping[str, Decimal] | None = None
    at: datetime | None = field(default=None, compare=False)
    """When it happened: what decides to which period it belongs. None where it does not say."""

    def __add__(self, other: Measure) -> Measure:
        """Both together; of what either does not speak of, as much as the other says."""
        units = [one.units for one in (self, other) if one.units is not None]
        money = [one.money for one in (self, other) if one.money is not None]
        return Measure(sum(units, _NOTHING) if units else None, _summed(money) if money else None)

    def __sub__(self, other: Measure) -> Measure:
        """How much more this is than the other, in what both speak of."""
        units = None if self.units is None or other.units is None else self.units - other.units
        if self.money is None or other.money is None:
            return Measure(units)
        less = {currency: -amount for currency, amount in other.money.items()}
        return Measure(units, {one: left for one, left in _summed([self.money, less]).items() if left})

    def filled(self, other: Measure) -> Measure:
        """The same, and the other's word where this one does not speak of something."""
        units = other.units if self.units is None else self.units
        return Measure(units, other.money if self.money is None else self.money)

    def differs(self, other: Measure) -> bool:
        """Whether the two disagree in something that both speak of. A currency that is not there is none of it."""
        left = self - other
        return bool(left.units or left.money)


@singledispatch
def measure(document: object) -> Measure | None:
    """How much a document is of; None where it is of nothing that adds up over a period, as a level of stock.

    A plugin measures documents of its own with `@measure.register`.
    """
    return None


@measure.register
def _order(order: Order) -> Measure:
    """What is not cancelled, and what the buyer pays for it, taxes left out."""
    units = sum((line.quantity - line.quantity_in("cancelled") for line in order.lines), _NOTHING)
    return Measure(units, _money(amount for line in order.lines for amount in _kept(line)), order.ordered_at)


@measure.register
def _return(document: Return) -> Measure:
    units = sum((line.quantity for line in document.lines), _NOTHING)
    return Measure(
        units, _money(_amounts(charge for line in document.lines for charge in line.charges)), document.created_at
    )


@measure.register
def _shipment(shipment: Shipment) -> Measure:
    stated = all(package.lines for package in shipment.packages)
    units = sum((line.quantity for package in shipment.packages for line in package.lines), _NOTHING)
    return Measure(units if stated else None, at=shipment.shipped_at)


@measure.register
def _status(change: StatusChange) -> Measure:
    return Measure(at=change.at)


@measure.register
def _settlement(line: SettlementLine) -> Measure:
    """The line that stands for the payout is the sum of the others, and not counted once more."""
    money = None if line.payable is not None else _money([line.amount])
    return Measure(None, money, _midnight(line.posted_on or line.period_end))


@measure.register
def _entry(entry: JournalEntry) -> Measure:
    """What is debited: as much is credited."""
    return Measure(None, _money(line.amount for line in entry.lines if line.amount.amount > 0), _midnight(entry.date))


def _kept(line: OrderLine) -> Iterable[Money]:
    gone = line.quantity_in("cancelled")
    if not gone or not line.quantity:
        return _amounts(line.charges)
    weights = [line.quantity - gone, gone]
    return [amount.split(weights)[0] for amount in _amounts(line.charges)]


def _amounts(charges: Iterable[Charge]) -> Iterable[Money]:
    return (charge.amount for charge in charges)


def _money(amounts: Iterable[Money]) -> dict[str, Decimal]:
    return _summed({amount.currency: amount.amount} for amount in amounts)


def _summed(parts: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for part in parts:
        for currency, amount in part.items():
            total[currency] = total.get(currency, _NOTHING) + amount
    return total


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)
