"""What was paid back, and how an order shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from crossdock_walmart.simulator.book import StoredOrder, Wire
from crossdock_walmart.simulator.errors import bad_content
from crossdock_walmart.simulator.money import charged, currency_of, for_line
from crossdock_walmart.simulator.quantities import count
from crossdock_walmart.simulator.reading import find_line

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator

REASONS = frozenset(
    {
        "BillingError", "TaxExemptCustomer", "ItemNotAsAdvertised", "IncorrectItemReceived", "CancelledYetShipped",
        "ItemNotReceivedByCustomer", "IncorrectShippingPrice", "DamagedItem", "DefectiveItem", "CustomerChangedMind",
        "CustomerReceivedItemLate", "Missing Parts / Instructions", "Finance -> Goodwill", "Finance -> Rollback",
        "Buyer canceled", "Customer returned item", "General adjustment", "Merchandise not received",
        "Quality -> Missing Parts / Instructions", "Shipping & Delivery -> Damaged",
        "Shipping & Delivery -> Shipping Price Discrepancy", "Others",
    }
)  # fmt: skip
KINDS = ("PRODUCT", "SHIPPING")


@dataclass(frozen=True, slots=True)
class Part:
    """An amount and its tax, under one charge type; above zero."""

    kind: str
    amount: Decimal
    tax: Decimal = Decimal(0)
    excess: bool = False
    """Whether it is given beyond the price."""


@dataclass(frozen=True, slots=True)
class Refunded:
    """What was paid back of one order line at one time."""

    order_id: str
    line_number: str
    at: datetime
    quantity: int
    parts: Sequence[Part]
    description: str
    key: str


@dataclass(slots=True)
class RefundLedger:
    """Every refund, in the order in which they were made."""

    made: list[Refunded] = field(default_factory=list)

    def paid_back(self, order_id: str, line_number: str, kind: str) -> tuple[Decimal, Decimal]:
        """What of a charge type was paid back already, and its tax; not counting what was beyond the price."""
        parts = [
            part
            for refund in self.made
            if (refund.order_id, refund.line_number) == (order_id, line_number)
            for part in refund.parts
            if part.kind == kind and not part.excess
        ]
        return sum((part.amount for part in parts), Decimal(0)), sum((part.tax for part in parts), Decimal(0))

    def left(self, order: StoredOrder, line: Wire, kind: str) -> Part:
        """What of a charge type can still be paid back of a line with charges for its whole quantity."""
        amount, tax = charged(line, kind)
        paid, paid_tax = self.paid_back(order.id, line["lineNumber"], kind)
        return Part(kind, amount - paid, tax - paid_tax)


def refund_order_line(
    simulator: WalmartSimulator,
    order: StoredOrder,
    number: str,
    parts: Sequence[Part],
    *,
    quantity: int,
    reason: str,
    description: str,
    return_id: str | None = None,
) -> StoredOrder:
    """Pay back so much of one line, and show it on the order."""
    draft = simulator.book.draft(order)
    line = find_line(draft, number)
    refund = line.get("refund") or {"refundId": None, "refundComments": None, "refundCharges": {"refundCharge": []}}
    charges = refund["refundCharges"]["refundCharge"]
    charges.extend(_charge(part, currency_of(line), reason) for part in parts)
    if refund["refundId"] is None:
        refund["refundId"] = f"{simulator.random.getrandbits(40):013d}"
    line["refund"] = refund
    if return_id is not None:
        line["returnOrderId"] = return_id
    saved = simulator.book.save(order, draft, {number})
    key = f"{order.id}:{number}:{len(simulator.refunds.made)}"
    made = Refunded(order.id, number, simulator.clock.now(), quantity, tuple(parts), description, key)
    simulator.refunds.made.append(made)
    return saved


def check_refundable(simulator: WalmartSimulator, order: StoredOrder, line: Wire, parts: Sequence[Part]) -> None:
    """Only what was shipped, and no more than was charged. Raises: Refusal."""
    number, counted = line["lineNumber"], count(line)
    if not counted["Shipped"] + counted["Delivered"]:
        raise bad_content(f"Line {number} of PO: {order.id} is not shipped: it cannot be refunded")
    for kind in KINDS:
        left = simulator.refunds.left(order, for_line(line, simulator.settings.charge_amounts), kind)
        amount = sum((part.amount for part in parts if part.kind == kind and not part.excess), Decimal(0))
        tax = sum((part.tax for part in parts if part.kind == kind and not part.excess), Decimal(0))
        if amount > left.amount or tax > left.tax:
            raise bad_content(f"Refund of line {number} of PO: {order.id} exceeds what was charged", field="amount")


def _charge(part: Part, currency: str, reason: str) -> Mapping[str, Any]:
    names = {"PRODUCT": "Item Price", "SHIPPING": "Shipping"}
    tax = {"taxName": f"{names[part.kind]} Tax", "taxAmount": {"currency": currency, "amount": -part.tax}}
    return {
        "refundReason": reason,
        "charge": {
            "chargeType": part.kind,
            "chargeName": names[part.kind],
            "chargeAmount": {"currency": currency, "amount": -part.amount},
            "tax": tax if part.tax else None,
        },
    }
