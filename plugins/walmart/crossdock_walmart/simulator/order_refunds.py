"""The endpoint that refunds order lines by amount: adjustments, and what bears no return."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from crossdock.simulator import Call, Limit, Route
from crossdock_walmart.simulator.book import StoredOrder, Wire
from crossdock_walmart.simulator.errors import bad_content
from crossdock_walmart.simulator.gateway import present
from crossdock_walmart.simulator.money import charged, currency_of, for_line
from crossdock_walmart.simulator.reading import find_line, member, several
from crossdock_walmart.simulator.reads import view
from crossdock_walmart.simulator.refunds import KINDS, REASONS, Part, check_refundable, refund_order_line

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator

DESCRIPTION = "Seller Triggered Refund"


class OrderRefunds:
    """`POST /v3/orders/{id}/refund`: checked whole first, then done whole."""

    def __init__(self, simulator: WalmartSimulator) -> None:
        self._simulator = simulator

    def routes(self) -> list[Route]:
        """One endpoint."""
        path = "/v3/orders/{id}/refund"
        return [Route("POST", path, self.refund, limit=Limit(60), tags={"scope": "orders"})]

    def refund(self, call: Call) -> Response:
        """Lines in full, or parts of their price; never both in one request."""
        order = self._simulator.book.one(call.params["id"])
        wanted = self._wanted(call, order)
        for number, parts, _ in wanted:
            check_refundable(self._simulator, order, find_line(order.wire, number), parts)
        for number, parts, reason in wanted:
            order = refund_order_line(
                self._simulator, order, number, parts, quantity=0, reason=reason, description=DESCRIPTION
            )
            content = [number, *[(part.kind, part.amount, part.tax) for part in parts]]
            self._simulator.revisions.record("order_refunded", order.id, content)
        return present(call, "order", {"order": view(order, {"productInfo": "true", "replacementInfo": "true"})})

    def _wanted(self, call: Call, order: StoredOrder) -> list[tuple[str, list[Part], str]]:
        try:
            body = member(call.json(), "orderRefund")
        except ValueError as error:
            raise bad_content(f"Unable to parse the request: {error}") from None
        if str(member(body, "purchaseOrderId")) != order.id:
            raise bad_content("purchaseOrderId is not that of the address", field="purchaseOrderId")
        lines = several(member(member(body, "orderLines"), "orderLine"))
        if not lines:
            raise bad_content("orderLines is empty")
        full = {line.get("isFullRefund") is True for line in lines if isinstance(line, Mapping)}
        if len(full) != 1:
            raise bad_content("All lines must be of full refund or all of partial refund", field="isFullRefund")
        return [self._line(line, order, full=True in full) for line in lines]

    def _line(self, wanted: Any, order: StoredOrder, *, full: bool) -> tuple[str, list[Part], str]:
        number = member(wanted, "lineNumber")
        if number not in [line["lineNumber"] for line in order.lines]:
            raise bad_content(f"Unable to process this request. The Line: {number} of PO: {order.id} does not exist")
        line = for_line(find_line(order.wire, number), self._simulator.settings.charge_amounts)
        refunds = several(member(member(wanted, "refunds"), "refund"))
        charges = [
            charge for refund in refunds for charge in several(member(member(refund, "refundCharges"), "refundCharge"))
        ]
        if not charges:
            raise bad_content(f"line {number} names nothing to refund", field="refundCharges")
        reasons = {str(member(charge, "refundReason")) for charge in charges}
        if unknown := reasons - REASONS:
            raise bad_content(f"refundReason {min(unknown)} is not supported", field="refundReason")
        parts = [_part(member(charge, "charge"), line) for charge in charges]
        price = sum((part.amount for part in parts if part.kind == "PRODUCT"), Decimal(0))
        if full or price == charged(line, "PRODUCT")[0]:
            # The whole price, however it is said: tax and shipping go back as well.
            parts = [self._simulator.refunds.left(order, line, kind) for kind in KINDS]
        return number, [part for part in parts if part.amount or part.tax], sorted(reasons)[0]


def _part(charge: Any, line: Wire) -> Part:
    kind = str(member(charge, "chargeType"))
    if kind not in KINDS:
        raise bad_content(f"chargeType {kind} is not supported", field="chargeType")
    amount = _negative(member(charge, "chargeAmount"), line)
    tax = charge.get("tax")
    return Part(kind, amount, _negative(member(tax, "taxAmount"), line) if tax else Decimal(0))


def _negative(money: Any, line: Wire) -> Decimal:
    if member(money, "currency") != currency_of(line):
        raise bad_content("currency is not that of the order", field="currency")
    amount = member(money, "amount")
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal) or amount > 0:
        raise bad_content("Refund amounts are negative", field="amount")
    return -Decimal(amount)
