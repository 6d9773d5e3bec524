"""The body that ships lines of an order, or changes the tracking of what is shipped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from crossdock_walmart.contents import plain
from crossdock_walmart.standing import Standing
from crossdock_walmart.tracking import Tracking

# Orders API, "Ship order lines": methodCode; reads spell some of them in capitals. Read 2026-11.
_METHODS = {
    method.lower(): method for method in ("Standard", "Express", "OneDay", "Freight", "WhiteGlove", "Value")
}  # fmt: skip


def shipping_body(
    order: Standing,
    quantities: Mapping[str, Decimal],
    tracking: Tracking,
    shipped_at: datetime,
    *,
    replaces: str | None = None,
) -> dict[str, Any]:
    """The body for one package: each line with what of it is in there. `replaces` is the number that it changes.

    Units: quantities as text, whole units; time in epoch milliseconds.
    Source: Walmart Marketplace, Orders API, "Ship order lines"; read 2026-11.
    """
    info = _info(order, tracking, shipped_at)
    lines = [_line(order, number, quantity, info, replaces) for number, quantity in quantities.items()]
    mode = {} if replaces is None else {"processMode": "PARTIAL_UPDATE"}
    return {"orderShipment": {**mode, "orderLines": {"orderLine": lines}}}


def _line(
    order: Standing, number: str, quantity: Decimal, info: Mapping[str, Any], replaces: str | None
) -> dict[str, Any]:
    line = order.line(number)
    status: dict[str, Any] = {
        "status": "Shipped",
        "statusQuantity": {"unitOfMeasurement": "EACH", "amount": plain(quantity)},
        "trackingInfo": dict(info),
    }
    if replaces is not None:
        status["currentTrackingInfo"] = {"trackingNumber": replaces}
    return {
        "lineNumber": number,
        # Only a line whose buyer asked to cancel is overridden; whether it may be was decided before.
        "intentToCancelOverride": line is not None and line.cancel_requested,
        "orderLineStatuses": {"orderLineStatus": [status]},
    }


def _info(order: Standing, tracking: Tracking, shipped_at: datetime) -> dict[str, Any]:
    carrier = {"carrier": tracking.carrier} if tracking.carrier else {"otherCarrier": tracking.other_carrier}
    # A warehouse's clock may be ahead, and a shipment from before the order cannot be.
    moment = max(order.ordered_at, min(shipped_at, order.seen_at))
    info: dict[str, Any] = {
        "shipDateTime": int(moment.timestamp() * 1000),
        "carrierName": carrier,
        "methodCode": _method(order.method),
        "trackingNumber": tracking.number,
    }
    if tracking.url is not None:
        info["trackingURL"] = tracking.url
    return info


def _method(method: str | None) -> str:
    said = (method or "Standard").strip()
    return _METHODS.get(said.replace("_", "").replace(" ", "").lower(), said)
