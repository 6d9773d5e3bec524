"""What there is, and what is offered."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from crossdock.canonical.base import Document
from crossdock.canonical.money import Money


class StockLevel(Document):
    """How much of a product lies in one warehouse in one stock status."""

    sku: str
    warehouse: str
    status: str
    unit: str | None = None
    quantity: Decimal
    allocated: Decimal = Decimal(0)
    incoming: Decimal = Decimal(0)
    at: datetime


class Product(Document):
    """A product as a warehouse or an ERP keeps it."""

    sku: str
    name: str | None = None
    barcode: str | None = None
    active: bool = True


class Listing(Document):
    """An offer in a sales channel."""

    channel: str
    sku: str
    title: str | None = None
    price: Money | None = None
    published: bool
    ended: bool = False
    variant_group: str | None = None
