"""On which day what of a line was sold, and on which it was cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from crossdock import HoldError
from crossdock.canonical import Order, OrderLine
from crossdock_erp_ledger.journal.amounts import NOTHING
from crossdock_erp_ledger.journal.policy import Policy

SHIPPED: Final = ("shipped", "delivered", "refunded")
"""The statuses of what has left."""


def sold_days(
    order: Order, line: OrderLine, policy: Policy, start: Decimal, end: Decimal, choice: str | None
) -> Iterator[tuple[date, Decimal, Decimal]]:
    """The days on which the units from `start` to `end` were sold, each with the slice that falls to it.

    Raises: HoldError where a shipment bears no day that counts.
    """
    if policy.on == "order":
        yield policy.day(order.ordered_at), start, end
        return
    slices: dict[date, Decimal] = {}
    for day, quantity in _shipments(order, line, policy, choice):
        slices[day] = slices.get(day, NOTHING) + quantity
    reached = NOTHING
    for day in sorted(slices):
        first, reached = reached, reached + slices[day]
        if reached > start and first < end:
            yield day, max(first, start), min(reached, end)
    if reached < end:  # posted before it was shipped, under other settings
        yield policy.day(order.ordered_at), max(reached, start), end


def cancelled_on(order: Order, line: OrderLine, policy: Policy) -> date:
    """When it was cancelled; where the channel does not say it, the newest day that it does say of the line."""
    known = [slice_.at for slice_ in line.statuses if slice_.at and slice_.status == "cancelled"]
    known = known or [slice_.at for slice_ in line.statuses if slice_.at]
    return policy.day(max(known, default=order.ordered_at))


def _shipments(order: Order, line: OrderLine, policy: Policy, choice: str | None) -> Iterator[tuple[date, Decimal]]:
    for slice_ in line.statuses:
        if slice_.status not in SHIPPED or not slice_.quantity:
            continue
        if slice_.at is None and choice != "order_date":
            raise HoldError(
                "no_ship_date",
                f"line {line.number} of order {order.number} (SKU {line.sku}) is shipped, and the channel does not say "
                "since when",
                fix="wait for the channel to say it; or resolve it as `order_date`",
                order=order.number,
            )
        yield policy.day(slice_.at or order.ordered_at), slice_.quantity
