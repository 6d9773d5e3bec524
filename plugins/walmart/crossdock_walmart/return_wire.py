"""Walmart's JSON of a return as it arrives, read leniently. Dates are ISO 8601, numbers are numbers.

Source: Walmart Marketplace, Returns API (US), "Returns"; read 2026-11.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from crossdock_walmart.wire import Amount, Lenient, Many, Maybe, Quantity, Wire, all_at, at


class ReturnTax(Wire):
    """One tax of a charge."""

    per_unit: Amount | None = at("taxPerUnit", "currencyAmount")
    excess: Amount | None = at("excessTax", "currencyAmount")


class ReturnCharge(Wire):
    """One charge of a line, for one unit of it; what is given beyond it stands for the line."""

    category: str | None = at("chargeCategory")
    name: str | None = at("chargeName")
    per_unit: Amount | None = at("chargePerUnit", "currencyAmount")
    currency: str | None = at("chargePerUnit", "currencyUnit")
    excess: Amount | None = at("excessCharge", "currencyAmount")
    excess_currency: str | None = at("excessCharge", "currencyUnit")
    taxes: Many[ReturnTax] = all_at("tax")
    is_discount: bool | None = at("isDiscount")
    is_billable: bool | None = at("isBillable")


class ReturnSlice(Wire):
    """How much of a line is in one status."""

    status: str | None = None
    refund: str | None = at("currentRefundStatus")
    since: Lenient[datetime] = at("statusTime")
    quantity: Maybe[Quantity] = at("quantity", "measurementValue")


class ReturnEvent(Wire):
    """One step of a line's way back."""

    sequence: Lenient[int] = at("sequenceNo")
    tag: str | None = at("eventTag")
    time: Lenient[datetime] = at("eventTime")


class ReturnedLine(Wire):
    """One line. Since 2024 the slices say how much is in which status; the single fields are still sent."""

    number: str | None = at("returnOrderLineNumber")
    order: str | None = at("purchaseOrderId")
    order_line: str | None = at("purchaseOrderLineNumber")
    sku: str | None = at("item", "sku")
    reason: str | None = at("returnReason")
    quantity: Maybe[Quantity] = at("quantity", "measurementValue")
    charges: Many[ReturnCharge] = all_at("charges")
    slices: Many[ReturnSlice] = all_at("currentTrackingStatuses")
    events: Many[ReturnEvent] = all_at("returnTrackingDetail")
    status: str | None = None
    status_time: Lenient[datetime] = at("statusTime")
    refund: str | None = at("currentRefundStatus")
    refunded: Maybe[Quantity] = at("refundedQty")
    keep_it: bool | None = at("isKeepIt")
    expected: bool | None = at("returnExpectedFlag")
    cancellation_reason: str | None = at("returnCancellationReason")


class WalmartReturn(Wire):
    """One return order."""

    id: str = Field(validation_alias="returnOrderId", min_length=1)
    customer_order_id: str | None = at("customerOrderId")
    type: str | None = at("returnType")
    created: datetime = Field(validation_alias="returnOrderDate")
    total: Amount | None = at("totalRefundAmount", "currencyAmount")
    total_currency: str | None = at("totalRefundAmount", "currencyUnit")
    lines: Many[ReturnedLine] = all_at("returnOrderLines")
