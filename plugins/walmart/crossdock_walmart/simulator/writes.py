"""The endpoints that change orders: checked whole first, then done whole."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from starlette.responses import Response

from crossdock.simulator import Call, Limit, Refusal, Route
from crossdock_walmart.simulator.book import StoredOrder
from crossdock_walmart.simulator.errors import bad_content
from crossdock_walmart.simulator.gateway import present
from crossdock_walmart.simulator.quantities import acknowledge, blocking, count, move, new_slice
from crossdock_walmart.simulator.reading import LineOrder, amount_of, find_line, read_lines
from crossdock_walmart.simulator.reads import view
from crossdock_walmart.simulator.shipping import ship

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator

_TAGS = {"scope": "orders"}
_REASONS = frozenset(
    {
        "CUSTOMER_REQUESTED_SELLER_TO_CANCEL",
        "SELLER_CANCEL_PRICING_ERROR",
        "SELLER_CANCEL_OUT_OF_STOCK",
        "SELLER_CANCEL_FRAUD_STOP_SHIPMENT",
        "SELLER_CANCEL_ADDRESS_NOT_SERVICEABLE",
    }
)


class OrderWrites:
    """Acknowledge, ship and cancel; each answers the whole order."""

    def __init__(self, simulator: WalmartSimulator) -> None:
        self._simulator = simulator

    def routes(self) -> list[Route]:
        """Three endpoints with a limit each."""
        return [
            Route("POST", "/v3/orders/{id}/acknowledge", self.acknowledge, limit=Limit(60), tags=_TAGS),
            Route("POST", "/v3/orders/{id}/shipping", self.ship, limit=Limit(60), tags=_TAGS),
            Route("POST", "/v3/orders/{id}/cancel", self.cancel, limit=Limit(60), tags=_TAGS),
        ]

    def acknowledge(self, call: Call) -> Response:
        """The whole order; again, it changes nothing. Lines cancelled before do not stand in the way of the others."""
        order = self._own(call)
        total = sum((count(line) for line in order.lines), Counter[str]())
        if total["Shipped"] or total["Delivered"] or not (total["Created"] or total["Acknowledged"]):
            raise bad_content(
                "INVALID_REQUEST_CONTENT :: Failed when called acknowledge API for "
                f"'{order.id}'.  Some or all qty in higher status"
            )
        draft = self._simulator.book.draft(order)
        touched = {line["lineNumber"] for line in draft["orderLines"]["orderLine"] if acknowledge(line)}
        if touched:
            order = self._simulator.book.save(order, draft, touched)
            self._simulator.journal.record("acknowledged", order.id)
        return self._changed(call, order)

    def ship(self, call: Call) -> Response:
        """Lines, or parts of them; or, with PARTIAL_UPDATE, other tracking for what was shipped."""
        order = self._own(call)
        return self._changed(call, ship(self._simulator, call, order))

    def cancel(self, call: Call) -> Response:
        """Lines, or parts of them, that are not shipped."""
        order = self._own(call)
        _, lines = read_lines(call, "orderCancellation", order)
        draft = self._simulator.book.draft(order)
        for line in lines:
            self._cancel_line(order, find_line(draft, line.number), line)
        order = self._simulator.book.save(order, draft, {line.number for line in lines})
        self._simulator.revisions.record("cancelled", order.id, [dict(line.wire) for line in lines])
        return self._changed(call, order)

    def _cancel_line(self, order: StoredOrder, stored: dict[str, object], line: LineOrder) -> None:
        for entry in line.entries:
            reason = entry.get("cancellationReason")
            if entry.get("status") != "Cancelled":
                raise bad_content(f"status must be Cancelled in line number {line.number}", field="status")
            if str(reason) not in _REASONS:
                raise bad_content(f"Cancellation reason {reason} is not supported", field="cancellationReason")
            self._check_reason(str(reason), stored)
            amount, counted = amount_of(entry), count(stored)
            if amount > counted["Created"] + counted["Acknowledged"]:
                raise not_open(order, line.number, stored)
            move(stored, amount, ("Created", "Acknowledged"), new_slice("Cancelled", amount, cancellationReason=reason))

    @staticmethod
    def _check_reason(reason: str, stored: dict[str, object]) -> None:
        asked_for = reason != "CUSTOMER_REQUESTED_SELLER_TO_CANCEL" or stored.get("intentToCancel")
        if not asked_for or reason == "SELLER_CANCEL_FRAUD_STOP_SHIPMENT":
            raise bad_content(f"Cancellation reason {reason} is not allowed for this line", field="cancellationReason")

    def _own(self, call: Call) -> StoredOrder:
        order = self._simulator.book.one(call.params["id"])
        if order.ship_node_type == "WFSFulfilled":
            raise bad_content(f"PO: {order.id} is fulfilled by Walmart and cannot be changed")
        return order

    @staticmethod
    def _changed(call: Call, order: StoredOrder) -> Response:
        return present(call, "order", {"order": view(order, {"productInfo": "true", "replacementInfo": "true"})})


def not_open(order: StoredOrder, number: str, stored: dict[str, object]) -> Refusal:
    """The quantity is not there to be worked on: the line is closed, or there is less of it."""
    counted = count(stored)
    if not counted["Created"] + counted["Acknowledged"]:
        status = blocking(stored)
        return bad_content(
            f"Unable to process this request. The Line: {number} of PO: {order.id} is in {status.upper()} status"
        )
    return bad_content(
        f"INVALID_REQUEST_CONTENT :: Failed when called cancel API for {order.id}. Qty more than allowed"
    )
