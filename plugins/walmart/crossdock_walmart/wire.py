"""Walmart's JSON as it arrives, read leniently: of a field we do not use we ask nothing.

Collections are wrapped twice and may be a list, a bare object or null; almost everything may be null or absent.
Source: Walmart Marketplace, Orders API (US); public recordings of live answers; read 2026-11.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import (
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

ItemT = TypeVar("ItemT")


def _as_list(value: Any) -> Any:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _blank_is_none(value: Any) -> Any:
    return None if value == "" else value


Many = Annotated[list[ItemT], BeforeValidator(_as_list)]
Maybe = Annotated[ItemT | None, BeforeValidator(_blank_is_none)]
Quantity = Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=6)]
"""A text on the wire ("2"), sometimes a number."""
Amount = Annotated[Decimal, Field(max_digits=28)]
"""A number on the wire, in major units. 28 digits is what decimal arithmetic keeps exactly."""


def _or_none(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


Lenient = Annotated[ItemT | None, WrapValidator(_or_none)]
"""What is left out where it cannot be read: no order is refused for it."""


def _at(*path: str) -> Any:
    """A field that lies deeper: null or absence anywhere on the way means that it is absent."""
    return Field(default=None, validation_alias=AliasPath(path[0], *path[1:]))


def _all_at(*path: str) -> Any:
    """A collection that lies deeper."""
    return Field(default_factory=list, validation_alias=AliasPath(path[0], *path[1:]))


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class WalmartCharge(_Wire):
    """One charge of a line, for its whole quantity."""

    type: str | None = _at("chargeType")
    name: str | None = _at("chargeName")
    amount: Amount | None = _at("chargeAmount", "amount")
    currency: str | None = _at("chargeAmount", "currency")
    tax: Amount | None = _at("tax", "taxAmount", "amount")
    tax_currency: str | None = _at("tax", "taxAmount", "currency")


class WalmartLineStatus(_Wire):
    """How much of a line is in one status; each shipped slice has its own tracking."""

    status: str | None = None
    quantity: Maybe[Quantity] = _at("statusQuantity", "amount")
    tracking_number: str | None = _at("trackingInfo", "trackingNumber")
    carrier: str | None = _at("trackingInfo", "carrierName", "carrier")
    other_carrier: str | None = _at("trackingInfo", "carrierName", "otherCarrier")
    shipped_at: Lenient[datetime] = _at("trackingInfo", "shipDateTime")


class WalmartRefundCharge(_Wire):
    """What was paid back of one charge: its amounts are negative."""

    reason: str | None = _at("refundReason")
    charge: Maybe[WalmartCharge] = None


class WalmartRefund(_Wire):
    """What was paid back of a line."""

    id: str | None = _at("refundId")
    charges: Many[WalmartRefundCharge] = _all_at("refundCharges", "refundCharge")


class WalmartLine(_Wire):
    """One order line. Its number is a text: not contiguous, not from 1."""

    number: str | None = _at("lineNumber")
    sku: str | None = _at("item", "sku")
    name: str | None = _at("item", "productName")
    quantity: Maybe[Quantity] = _at("orderLineQuantity", "amount")
    unit: str | None = _at("orderLineQuantity", "unitOfMeasurement")
    charges: Many[WalmartCharge] = _all_at("charges", "charge")
    statuses: Many[WalmartLineStatus] = _all_at("orderLineStatuses", "orderLineStatus")
    fulfilment_option: str | None = _at("fulfillment", "fulfillmentOption")
    intent_to_cancel: Any = _at("intentToCancel")
    status_date: Lenient[datetime] = _at("statusDate")
    refunds: Many[WalmartRefund] = _all_at("refund")
    return_order_id: str | None = _at("returnOrderId")


class WalmartAddress(_Wire):
    """Where the order goes. Personal data."""

    name: str | None = None
    line1: str | None = _at("address1")
    line2: str | None = _at("address2")
    city: str | None = None
    state: str | None = None
    postcode: str | None = _at("postalCode")
    country: str | None = None


class WalmartOrder(_Wire):
    """One purchase order. Dates are epoch milliseconds; ISO 8601 is read, too."""

    purchase_order_id: str = Field(validation_alias="purchaseOrderId", min_length=1)
    customer_order_id: str | None = _at("customerOrderId")
    email: str | None = _at("customerEmailId")
    order_date: datetime = Field(validation_alias="orderDate")
    phone: str | None = _at("shippingInfo", "phone")
    ship_by: Maybe[datetime] = _at("shippingInfo", "estimatedShipDate")
    deliver_by: Maybe[datetime] = _at("shippingInfo", "estimatedDeliveryDate")
    method: str | None = _at("shippingInfo", "methodCode")
    address: Maybe[WalmartAddress] = _at("shippingInfo", "postalAddress")
    lines: Many[WalmartLine] = _all_at("orderLines", "orderLine")
    node_type: str | None = _at("shipNode", "type")
    node_id: str | None = _at("shipNode", "id")
    node_name: str | None = _at("shipNode", "name")


class WalmartShippedStatus(WalmartLineStatus):
    """A slice of a line with all that shipping left on it."""

    tracking_url: Lenient[str] = _at("trackingInfo", "trackingURL")


class WalmartShippedLine(WalmartLine):
    """A line with what shipping asks of it."""

    statuses: Many[WalmartShippedStatus] = _all_at("orderLineStatuses", "orderLineStatus")  # type: ignore[assignment]


class WalmartShippedOrder(WalmartOrder):
    """A purchase order as shipping reads it. Listings are read without these: they cost time on each line."""

    lines: Many[WalmartShippedLine] = _all_at("orderLines", "orderLine")  # type: ignore[assignment]
