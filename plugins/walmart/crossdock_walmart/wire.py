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


def at(*path: str) -> Any:
    """A field that lies deeper: null or absence anywhere on the way means that it is absent."""
    return Field(default=None, validation_alias=AliasPath(path[0], *path[1:]))


def all_at(*path: str) -> Any:
    """A collection that lies deeper."""
    return Field(default_factory=list, validation_alias=AliasPath(path[0], *path[1:]))


class Wire(BaseModel):
    """What is read of a vendor's object: members that have no field are left out."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class WalmartCharge(Wire):
    """One charge of a line, for its whole quantity."""

    type: str | None = at("chargeType")
    name: str | None = at("chargeName")
    amount: Amount | None = at("chargeAmount", "amount")
    currency: str | None = at("chargeAmount", "currency")
    tax: Amount | None = at("tax", "taxAmount", "amount")
    tax_currency: str | None = at("tax", "taxAmount", "currency")


class WalmartLineStatus(Wire):
    """How much of a line is in one status; each shipped slice has its own tracking."""

    status: str | None = None
    quantity: Maybe[Quantity] = at("statusQuantity", "amount")
    tracking_number: str | None = at("trackingInfo", "trackingNumber")
    carrier: str | None = at("trackingInfo", "carrierName", "carrier")
    other_carrier: str | None = at("trackingInfo", "carrierName", "otherCarrier")
    shipped_at: Lenient[datetime] = at("trackingInfo", "shipDateTime")


class WalmartRefundCharge(Wire):
    """What was paid back of one charge: its amounts are negative."""

    reason: str | None = at("refundReason")
    charge: Maybe[WalmartCharge] = None


class WalmartRefund(Wire):
    """What was paid back of a line."""

    id: str | None = at("refundId")
    charges: Many[WalmartRefundCharge] = all_at("refundCharges", "refundCharge")


class WalmartLine(Wire):
    """One order line. Its number is a text: not contiguous, not from 1."""

    number: str | None = at("lineNumber")
    sku: str | None = at("item", "sku")
    name: str | None = at("item", "productName")
    quantity: Maybe[Quantity] = at("orderLineQuantity", "amount")
    unit: str | None = at("orderLineQuantity", "unitOfMeasurement")
    charges: Many[WalmartCharge] = all_at("charges", "charge")
    statuses: Many[WalmartLineStatus] = all_at("orderLineStatuses", "orderLineStatus")
    fulfilment_option: str | None = at("fulfillment", "fulfillmentOption")
    intent_to_cancel: Any = at("intentToCancel")
    status_date: Lenient[datetime] = at("statusDate")
    refunds: Many[WalmartRefund] = all_at("refund")
    return_order_id: str | None = at("returnOrderId")


class WalmartAddress(Wire):
    """Where the order goes. Personal data."""

    name: str | None = None
    line1: str | None = at("address1")
    line2: str | None = at("address2")
    city: str | None = None
    state: str | None = None
    postcode: str | None = at("postalCode")
    country: str | None = None


class WalmartOrder(Wire):
    """One purchase order. Dates are epoch milliseconds; ISO 8601 is read, too."""

    purchase_order_id: str = Field(validation_alias="purchaseOrderId", min_length=1)
    customer_order_id: str | None = at("customerOrderId")
    email: str | None = at("customerEmailId")
    order_date: datetime = Field(validation_alias="orderDate")
    phone: str | None = at("shippingInfo", "phone")
    ship_by: Maybe[datetime] = at("shippingInfo", "estimatedShipDate")
    deliver_by: Maybe[datetime] = at("shippingInfo", "estimatedDeliveryDate")
    method: str | None = at("shippingInfo", "methodCode")
    address: Maybe[WalmartAddress] = at("shippingInfo", "postalAddress")
    lines: Many[WalmartLine] = all_at("orderLines", "orderLine")
    node_type: str | None = at("shipNode", "type")
    node_id: str | None = at("shipNode", "id")
    node_name: str | None = at("shipNode", "name")


class WalmartShippedStatus(WalmartLineStatus):
    """A slice of a line with all that shipping left on it."""

    tracking_url: Lenient[str] = at("trackingInfo", "trackingURL")


class WalmartShippedLine(WalmartLine):
    """A line with what shipping asks of it."""

    statuses: Many[WalmartShippedStatus] = all_at("orderLineStatuses", "orderLineStatus")  # type: ignore[assignment]


class WalmartShippedOrder(WalmartOrder):
    """A purchase order as shipping reads it. Listings are read without these: they cost time on each line."""

    lines: Many[WalmartShippedLine] = all_at("orderLines", "orderLine")  # type: ignore[assignment]
