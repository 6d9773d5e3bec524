"""What the CartonCloud sinks accept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from crossdock.canonical import Address, Document, Money

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class SaleOrderLine(Document):
    """One item to pick. `number` is the source's own line number: it comes back in the links."""

    number: Text
    sku: Text
    quantity: Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
    unit: str | None = None  # a unit code of the tenant ("CTN"); None means the product's default
    price: Money | None = None  # of one unit
    properties: Mapping[str, str] = {}


class SaleOrderCancellation(Document):
    """The sale order that we created for this reference is not wanted any more, not one item of it."""

    reference: Text
    customer: Text
    channel: str | None = None


class SaleOrder(Document):
    """One sale order of one customer of a tenant. `customer` and `warehouse` are a name or a UUID each."""

    reference: Text
    customer: Text
    warehouse: Text | None = None  # None means the tenant's default
    channel: str | None = None
    address: Address
    method: str | None = None
    ship_by: date | None = None
    deliver_by: date | None = None
    allow_splitting: bool = False
    unknown_sku: Literal["hold", "flag"] = "hold"
    line_property: str | None = None
    properties: Mapping[str, str] = {}
    lines: Annotated[tuple[SaleOrderLine, ...], Field(min_length=1)]
    cancelled: Mapping[str, Decimal] = {}  # by line number: what the channel cancelled and `lines` leave out
