"""How the lines of an order stood at a moment, judged later: pure.

Walmart shows an order as it is now. What left bears its own date; for the rest there is when its line last changed.
So a quantity that was cancelled before the moment, on a line of which more happened after it, counts as open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from crossdock import RejectedError
from crossdock.canonical import OrderAsOf
from crossdock.jsonio import Json
from crossdock_walmart.answers import as_list, as_object
from crossdock_walmart.mapping import ChargeAmounts, to_fulfiller, to_line, utc
from crossdock_walmart.wire import WalmartLine, WalmartOrder

# What is delivered had left: the one word or the other, it is the same judgement.
_CLOSED = {"shipped": "Shipped", "delivered": "Shipped", "refunded": "Shipped", "cancelled": "Cancelled"}
_HEAD = ("purchaseOrderId", "customerOrderId", "orderDate", "shipNode")
_LINE = ("lineNumber", "charges", "orderLineQuantity")


def month_ends(since: datetime, now: datetime, zone: str) -> Iterator[tuple[date, datetime]]:
    """The last day of each month that ended since then, with the instant of its end in that zone, the oldest first."""
    first = since.astimezone(ZoneInfo(zone)).date().replace(day=1)
    while True:
        first = (first + timedelta(days=32)).replace(day=1)
        end = datetime.combine(first, time(), ZoneInfo(zone)).astimezone(UTC)
        if end > now:
            return
        if end > since:
            yield first - timedelta(days=1), end


@dataclass(frozen=True, slots=True)
class Judgement:
    """What of an order says how its lines stood. It bears no buyer, and changes only if the judgement does.

    `told_late`: some of it was closed by then and told only later, as a shipment that was confirmed the next day; it
    may have been judged otherwise before.
    """

    order: Json
    is_open: bool = True
    told_late: bool = False


def judge(raw: Json, end: datetime) -> Judgement:
    """How an order stood at `end`. One that cannot be understood is open, and says so."""
    order = as_object(raw)
    head = {name: order[name] for name in _HEAD if name in order}
    lines = [as_object(line) for line in as_list(as_object(order.get("orderLines")).get("orderLine"))]
    try:
        stood = [_judged_line(position, line, end) for position, line in enumerate(lines, start=1)]
    except (ValidationError, RejectedError):
        return Judgement({**head, "unreadable": True})
    judged = {**head, "orderLines": {"orderLine": [line for line, _, _ in stood]}}
    return Judgement(judged, any(is_open for _, is_open, _ in stood), any(late for _, _, late in stood))


def to_order_as_of(raw: Json, as_of: date, charge_amounts: ChargeAmounts, market: str = "us") -> OrderAsOf:
    """Turn what was judged into a document.

    Shape: n wire lines become n lines, in the same sequence, with their statuses as they stood then.
    Units: money for the whole line; time in UTC.
    Raises: RejectedError, naming the line; ValidationError.
    """
    if as_object(raw).get("unreadable"):
        raise RejectedError("its lines cannot be understood, so nobody can say how they stood", code="malformed_order")
    wire = WalmartOrder.model_validate(raw)
    if not wire.lines:
        raise RejectedError("the order bears no lines", code="no_lines")
    return OrderAsOf(
        channel="walmart",
        market=market,
        number=wire.purchase_order_id,
        customer_number=wire.customer_order_id or None,
        ordered_at=utc(wire.order_date),
        as_of=as_of,
        node=wire.node_id or None,
        node_name=wire.node_name or None,
        fulfilled_by=to_fulfiller(wire),
        lines=tuple(to_line(position, line, charge_amounts) for position, line in enumerate(wire.lines, start=1)),
    )


def _judged_line(position: int, raw: dict[str, Json], end: datetime) -> tuple[Json, bool, bool]:
    """The line as it stood; whether some of it was open; whether some had left by then and was told only later."""
    wire = WalmartLine.model_validate(raw)
    line = to_line(position, wire)
    changed_after = wire.status_date is not None and utc(wire.status_date) >= end
    closed = [part for part in line.statuses if part.status in _CLOSED and part.at is not None and part.at < end]
    left = line.quantity - sum((part.quantity for part in closed), Decimal(0))
    entries = sorted((_entry(_CLOSED[part.status], part.quantity, part.at) for part in closed), key=str)
    if left:
        entries.append(_entry("Created", left, None))
    kept = {name: raw[name] for name in _LINE if name in raw}
    kept["item"] = {"sku": line.sku, "productName": line.name}
    kept["fulfillment"] = {"fulfillmentOption": line.fulfilment}
    told_late = changed_after and any(part.status == "shipped" for part in closed)
    return {**kept, "orderLineStatuses": {"orderLineStatus": entries}}, left > 0, told_late


def _entry(status: str, quantity: Decimal, at: datetime | None) -> dict[str, Json]:
    tracking = None if at is None else {"shipDateTime": int(at.timestamp() * 1000)}
    return {"status": status, "statusQuantity": {"amount": str(quantity)}, "trackingInfo": tracking}
