"""Shipping lines, and changing the tracking of what was shipped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crossdock.simulator import Call
from crossdock_walmart.simulator.book import StoredOrder, Wire
from crossdock_walmart.simulator.errors import bad_content
from crossdock_walmart.simulator.quantities import blocking, count, move, new_slice, slices
from crossdock_walmart.simulator.reading import LineOrder, amount_of, find_line, read_lines
from crossdock_walmart.simulator.tracking import read_tracking

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator


def ship(simulator: WalmartSimulator, call: Call, order: StoredOrder) -> StoredOrder:
    """Do what the request says. Raises: Refusal, and then nothing was done."""
    wanted, lines = read_lines(call, "orderShipment", order)
    draft = simulator.book.draft(order)
    mode = wanted.get("processMode")
    if mode not in (None, "PARTIAL_UPDATE"):
        raise bad_content(f"processMode {mode} is not supported", field="processMode")
    for line in lines:
        stored = find_line(draft, line.number)
        for entry in line.entries:
            if entry.get("status") != "Shipped":
                raise bad_content(f"status must be Shipped in line number {line.number}", field="status")
            if mode is None:
                _ship_entry(order, stored, line, entry)
            else:
                _update_entry(simulator, order, stored, line, entry)
    touched = {line.number for line in lines}
    saved = simulator.book.save(order, draft, touched, shipped=mode is None)
    kind = "shipped" if mode is None else "tracking_updated"
    simulator.revisions.record(kind, order.id, [_summary(line) for line in lines])
    return saved


def _ship_entry(order: StoredOrder, stored: Wire, line: LineOrder, entry: Mapping[str, Any]) -> None:
    tracking = read_tracking(entry, line.number)
    amount, counted = amount_of(entry), count(stored)
    if not counted["Acknowledged"]:
        raise _in_status(order, line.number, blocking(stored))
    if amount > counted["Acknowledged"]:
        raise bad_content(
            f"INVALID_REQUEST_CONTENT :: Failed when called shipConfirm API for {order.id}. Qty OverShipped : "
            "Some or All Line(s)/Qty cannot be Shipped due to invalid Lines Or invalid Qty Or Qty more than allowed"
        )
    if stored.get("intentToCancel") and line.wire.get("intentToCancelOverride") is not True:
        raise bad_content(f"The buyer asked to cancel line number {line.number}", field="intentToCancelOverride")
    unit = entry["statusQuantity"].get("unitOfMeasurement") or "EACH"
    address = entry.get("returnCenterAddress")
    to = new_slice("Shipped", amount, unit, trackingInfo=tracking, returnCenterAddress=address)
    move(stored, amount, ("Acknowledged",), to)
    stored["sellerOrderId"] = line.wire.get("sellerOrderId") or stored.get("sellerOrderId")


def _update_entry(
    simulator: WalmartSimulator, order: StoredOrder, stored: Wire, line: LineOrder, entry: Mapping[str, Any]
) -> None:
    tracking = read_tracking(entry, line.number)
    if count(stored)["Delivered"] or not count(stored)["Shipped"]:
        raise _in_status(order, line.number, "Delivered" if count(stored)["Delivered"] else blocking(stored))
    window = timedelta(hours=simulator.settings.tracking_edit_h)
    if simulator.clock.now() > order.shipped_at.get(line.number, order.created) + window:
        raise bad_content(f"Tracking of line number {line.number} can no longer be updated")
    _package(stored, line, entry)["trackingInfo"] = tracking


def _package(stored: Wire, line: LineOrder, entry: Mapping[str, Any]) -> Wire:
    """The shipped slice that is meant: by its old tracking number, which may be left out where there is only one."""
    shipped = [one for one in slices(stored) if one["status"] == "Shipped"]
    current = entry.get("currentTrackingInfo")
    old = current.get("trackingNumber") if isinstance(current, Mapping) else None
    meant = [one for one in shipped if old is None or (one.get("trackingInfo") or {}).get("trackingNumber") == old]
    if len(meant) != 1:
        raise bad_content(f"currentTrackingInfo names no package of line number {line.number}", field="trackingNumber")
    return meant[0]


def _in_status(order: StoredOrder, number: str, status: str) -> Exception:
    return bad_content(
        f"Unable to process this request. The Line: {number} of PO: {order.id} is in {status.upper()} status"
    )


def _summary(line: LineOrder) -> Any:
    """What makes two ship requests the same: quantities and tracking; not when they say it left."""
    return [
        line.number,
        [
            [amount_of(entry), entry["trackingInfo"]["carrierName"], entry["trackingInfo"]["trackingNumber"]]
            for entry in line.entries
        ],
    ]
