"""Warehouse products of one tenant, each of one customer, and how a line finds its product and unit."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

from crossdock_wms_cartoncloud.simulator.checks import check_flags, read_object
from crossdock_wms_cartoncloud.simulator.entities import Line, Wire
from crossdock_wms_cartoncloud.simulator.parties import Customer, stable_uuid
from crossdock_wms_cartoncloud.simulator.problems import Faults
from crossdock_wms_cartoncloud.simulator.world import World


@dataclass(frozen=True)
class Trouble:
    """Why a line cannot be imported, with the service's code."""

    message: str
    code: int


class Catalogue:
    """The products, by id; `seen` by searches after the read lag."""

    def __init__(self, world: World, tenant: str) -> None:
        self._world = world
        self._tenant = tenant
        self.shelf = world.shelf()
        self._ids: dict[tuple[str, str], str] = {}

    def add(self, customer: Customer, code: str, name: str | None = None, barcode: str | None = None) -> Wire:
        """Make a product with the organisation's usual units, or give the one that has this code."""
        if (known := self.find_code(customer, code)) is not None:
            return known
        units = self._world.settings.units
        return self.store(
            customer,
            {
                "scope": "WAREHOUSE",
                "type": "General",
                "name": name or code,
                "references": {"code": code, "barcode": barcode},
                "defaultUnitOfMeasure": next(iter(units)),
                "unitOfMeasures": {unit: {"baseQty": quantity} for unit, quantity in units.items()},
            },
        )

    def store(self, customer: Customer, body: Wire) -> Wire:
        """Keep a new product."""
        code = body["references"]["code"]
        stamp = self._world.stamp(self._world.now())
        product = {
            "id": stable_uuid(self._world.seed, self._tenant, "product", customer.id, code),
            "description": None,
            "itemPropertyRequirements": {},
            "notifications": [],
            **body,
            "customer": {"id": customer.id, "name": customer.name},
            "details": {"active": True, "variableWeight": False, **(body.get("details") or {})},
            "timestamps": {"created": stamp, "modified": stamp},
        }
        self._ids[customer.id, code] = product["id"]
        self.shelf.put(product["id"], product)
        return product

    def replace(self, product: Wire) -> Wire:
        """Keep an edited product."""
        stamp = self._world.stamp(self._world.now())
        product = {
            **product,
            "details": product.get("details") or {},
            "timestamps": {**product["timestamps"], "modified": stamp},
        }
        if (before := self.shelf.get(product["id"])) is not None:
            del self._ids[product["customer"]["id"], before["references"]["code"]]
        self._ids[product["customer"]["id"], product["references"]["code"]] = product["id"]
        self.shelf.put(product["id"], product)
        return product

    def find_code(self, customer: Customer, code: str) -> Wire | None:
        """The customer's product with exactly this code."""
        found = self._ids.get((customer.id, code))
        return self.shelf.get(found) if found else None

    def resolve(self, customer: Customer, line: Line) -> Trouble | None:
        """Set the line's product and unit, or say why not."""
        found = self._find(customer, line.given)
        if isinstance(found, Trouble):
            return found
        if found["details"].get("active") is False:
            return Trouble("Product is deactivated", 10450)
        unit = line.unit_given or found["defaultUnitOfMeasure"]
        if unit not in found["unitOfMeasures"]:
            return Trouble(f"Invalid unit of measure {unit}", 10455)
        line.product, line.unit = found, unit
        return None

    def _find(self, customer: Customer, given: Wire) -> Wire | Trouble:
        references = given.get("references") or {}
        if given.get("id") is not None:
            product = self.shelf.get(str(given["id"]))
            known = product is not None and product["customer"]["id"] == customer.id
            return product if known and product is not None else Trouble("Product not found", 10449)
        if references.get("code") is not None:
            return self._by_code(customer, str(references["code"]))
        if references.get("barcode") is not None:
            barcode = references["barcode"]
            return self._only(customer, lambda one: one["references"].get("barcode") == barcode)
        if given.get("name") is not None:
            return self._only(customer, lambda one: one["name"] == given["name"])
        return Trouble("Product code is missing", 10459)

    def _by_code(self, customer: Customer, code: str) -> Wire | Trouble:
        if not code.strip():
            return Trouble("Product code is missing", 10459)
        found = self.find_code(customer, code)
        if found is None and self._world.settings.catalogue == "any":
            found = self.add(customer, code)
        return found or Trouble("Product not found", 10449)

    def _only(self, customer: Customer, wanted: Any) -> Wire | Trouble:
        found = [one for one in self.shelf.all() if one["customer"]["id"] == customer.id and wanted(one)]
        if len(found) > 1:
            return Trouble("Several products match", 10457)
        return found[0] if found else Trouble("Product not found", 10449)


def check_product(faults: Faults, body: Wire) -> None:
    """What a product must have."""
    if body.get("scope") != "WAREHOUSE":
        faults.add("/scope", "must be WAREHOUSE")
    for key in ("type", "name", "defaultUnitOfMeasure"):
        if not isinstance(body.get(key), str) or not body[key].strip():
            faults.add(f"/{key}", "must not be blank")
    code = read_object(faults, body, "references", "", required=True).get("code")
    if not isinstance(code, str) or not code.strip():
        faults.add("/references/code", "must not be blank")
    check_flags(faults, read_object(faults, body, "details", ""), ("active",), "/details")
    units = read_object(faults, body, "unitOfMeasures", "", required=True)
    for name, unit in units.items():
        base = unit.get("baseQty") if isinstance(unit, dict) else None
        if not _is_positive(base):
            faults.add(f"/unitOfMeasures/{name}/baseQty", "must be a number above 0")
    if units and body.get("defaultUnitOfMeasure") not in list(units):
        faults.add("/defaultUnitOfMeasure", "must be one of unitOfMeasures")


def _is_positive(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and 0 < float(value) < inf
    except (TypeError, ValueError):
        return False
