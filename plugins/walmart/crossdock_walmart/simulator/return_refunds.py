"""Refunds of returns: one thing at the marketplace, which the return and the order both show."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from crossdock_walmart.simulator.book import Wire
from crossdock_walmart.simulator.money import share
from crossdock_walmart.simulator.refunds import Part, refund_order_line
from crossdock_walmart.simulator.returns import StoredReturn, excess_of, refund_line

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator


def refund_return(
    simulator: WalmartSimulator, stored: StoredReturn, wanted: Mapping[int, int], *, channel: str, issued: bool
) -> StoredReturn:
    """Pay back so many units of each return line, or begin to. Each line's refund is a fact of its own."""
    now = simulator.clock.now()

    def edit(wire: Wire) -> None:
        for line in wire["returnOrderLines"]:
            if quantity := wanted.get(line["returnOrderLineNumber"]):
                refund_line(line, quantity, now, channel, issued=issued)

    saved = simulator.returns.change(stored, edit)
    for before, line in zip(stored.lines, saved.lines, strict=True):
        number = line["returnOrderLineNumber"]
        if issued and number in wanted and stored.wire["returnType"] != "REPLACEMENT":
            _show_on_order(simulator, saved, line, wanted[number], before["refundedQty"])
            simulator.journal.record("return_refunded", f"{saved.id}-{number}", line["refundedQty"])
    return saved


def _show_on_order(simulator: WalmartSimulator, stored: StoredReturn, line: Wire, quantity: int, before: int) -> None:
    parts = [
        Part(
            charge["chargeCategory"],
            quantity * charge["chargePerUnit"]["currencyAmount"],
            quantity * sum((tax["taxPerUnit"]["currencyAmount"] for tax in charge["tax"]), Decimal(0)),
        )
        for charge in line["charges"]
    ]
    if beyond := share(excess_of(line), line["quantity"]["measurementValue"], (before, before + quantity)):
        parts.append(Part("PRODUCT", beyond, excess=True))
    refund_order_line(
        simulator,
        simulator.book.one(line["purchaseOrderId"]),
        str(line["purchaseOrderLineNumber"]),
        parts,
        quantity=quantity,
        reason="Customer returned item",
        description="Return Refund",
        return_id=stored.id,
    )
