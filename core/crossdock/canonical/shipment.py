"""What a warehouse says on the way back: status and shipments."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from crossdock.canonical.base import Document
from crossdock.canonical.order import OrderLine


class StatusChange(Document):
    """Where one document of a remote system stands now."""

    kind: str  # what has the status: "sale_order"
    id: str
    reference: str | None = None
    status: str  # as that system says it
    known: bool = True  # whether the connector knows this status
    at: datetime
    lines: tuple[OrderLine, ...] | None = None  # None: it does not state them, which never means that they are gone


class PackageLine(Document):
    """How much of which line is in a package."""

    line: str  # as the system that shipped names its lines; links translate
    sku: str | None = None
    quantity: Decimal


class Package(Document):
    """One parcel with its own tracking. Without lines, nobody says what is in it."""

    id: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    method: str | None = None
    lines: tuple[PackageLine, ...] = ()


class Shipment(Document):
    """What left for one order, in one or more packages.

    Over all packages, the quantities of a line add up to what that system says was to be sent of it.
    """

    order: str
    shipped_at: datetime
    packages: tuple[Package, ...]
