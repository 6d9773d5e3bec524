"""Sale orders and consignments as the warehouse keeps them; `wire` is what the API answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from crossdock_wms_cartoncloud.simulator.parties import Customer, Warehouse

Wire = dict[str, Any]
Stamp = Callable[[datetime], dict[str, str]]


@dataclass
class Line:
    """One line. `product` is None while nobody knows what `given` means; `allocated` counts base units."""

    id: str
    number: str
    given: Wire
    """The product as it was sent."""
    quantity: Any
    unit_given: str | None = None
    product: Wire | None = None
    unit: str | None = None
    price: Wire | None = None
    properties: Wire = field(default_factory=dict)
    allocated: Decimal = Decimal(0)

    @property
    def sku(self) -> str:
        """The product's code, as far as it is known."""
        references = (self.product or self.given).get("references") or {}
        return str(references.get("code") or self.given.get("name") or self.given.get("id") or "")

    @property
    def unit_size(self) -> Decimal:
        """How many base units one of the line's units has."""
        units = (self.product or {}).get("unitOfMeasures", {})
        return Decimal(str(units.get(self.unit, {}).get("baseQty", 1)))

    @property
    def base_quantity(self) -> Decimal:
        """The quantity in base units of the product."""
        return Decimal(str(self.quantity)) * self.unit_size

    def wire(self) -> Wire:
        """As the order shows it."""
        product = self.product or {}
        details: Wire = {
            "product": {key: product.get(key) for key in ("id", "name", "references")},
            "unitOfMeasure": {"type": self.unit, "name": self.unit},
        }
        if self.price is not None:
            details["approximateUnitPrice"] = self.price
        return {
            "id": self.id,
            "references": {"numericId": self.number},
            "properties": dict(self.properties),
            "details": details,
            "measures": {"quantity": self.quantity},
        }


@dataclass
class SaleOrder:
    """One sale order."""

    id: str
    number: str
    customer: Customer
    warehouse: Warehouse
    references: dict[str, str]
    details: Wire
    properties: Wire
    lines: list[Line]
    created: datetime
    modified: datetime
    status: str = ""
    version: int = 1
    errors: list[Wire] = field(default_factory=list)
    packed: datetime | None = None
    dispatched: datetime | None = None

    @property
    def reference(self) -> str:
        """The customer's own order reference."""
        return self.references["customer"]

    def wire(self, stamp: Stamp) -> Wire:
        """As the API answers it: a rejected order names its errors and shows no items."""
        times = {"created": self.created, "modified": self.modified, "packed": self.packed}
        times["dispatched"] = self.dispatched
        wire: Wire = {
            "id": self.id,
            "type": "OUTBOUND",
            "status": self.status,
            "version": self.version,
            "references": {**self.references, "numericId": self.number},
            "customer": self.customer.brief(),
            "warehouse": self.warehouse.wire(),
            "details": dict(self.details),
            "properties": dict(self.properties),
            "timestamps": {name: stamp(moment) for name, moment in times.items() if moment is not None},
        }
        if self.status == "REJECTED":
            wire["details"]["errors"] = [dict(error) for error in self.errors]
        else:
            wire["items"] = [line.wire() for line in self.lines]
        return wire


@dataclass
class Consignment:
    """What a carrier takes along for one sale order. Its edits do not touch the order."""

    id: str
    number: str
    order: SaleOrder
    kind: str
    status: str
    items: list[Wire]
    version: int = 1
    tracking: dict[str, str | None] = field(default_factory=dict)

    def wire(self) -> Wire:
        """As the API answers it."""
        references = {"customer": self.order.reference, "numericId": self.number}
        if self.tracking.get("number"):
            references["tracking"] = str(self.tracking["number"])
        deliver = self.order.details["deliver"]
        return {
            "id": self.id,
            "type": "CONSIGNMENT",
            "status": self.status,
            "version": self.version,
            "references": references,
            "customer": {"id": self.order.customer.id, "name": self.order.customer.name},
            "warehouse": {"id": self.order.warehouse.id, "name": self.order.warehouse.name},
            "generatedFromTask": {"id": self.order.id},
            "details": {
                "type": self.kind,
                "collect": {"address": {}},
                "deliver": {key: deliver[key] for key in ("address", "instructions", "requiredDate")},
                "tracking": {"companyName": self.tracking.get("carrier"), "url": self.tracking.get("url")},
                "authorityToLeave": False,
                "deliveryRun": None,
                "runsheet": None,
                "manifest": None,
            },
            "properties": {"serviceType": deliver["method"]["requestedService"]},
            "items": [dict(item) for item in self.items],
        }
