"""Customers and warehouses of one tenant: made from the settings, with ids from seed, tenant and name only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crossdock_wms_cartoncloud.simulator.problems import Faults
from crossdock_wms_cartoncloud.simulator.settings import CartonCloudSettings


def stable_uuid(*parts: object) -> str:
    """The same UUID for the same parts, whatever else happened before."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))


@dataclass(frozen=True)
class Warehouse:
    """A place where stock is kept."""

    id: str
    name: str

    def wire(self) -> dict[str, Any]:
        """As orders and customers show it."""
        return {"id": self.id, "name": self.name, "enabled": True}


@dataclass(frozen=True)
class Customer:
    """A merchant whose stock is kept. `warehouses` is what it may use."""

    id: str
    name: str
    code: str
    warehouses: tuple[Warehouse, ...]

    def brief(self) -> dict[str, Any]:
        """As orders show it."""
        return {"id": self.id, "name": self.name, "enabled": True, "references": {"code": self.code}}

    def wire(self) -> dict[str, Any]:
        """As the list of customers shows it."""
        return {**self.brief(), "warehouses": [warehouse.wire() for warehouse in self.warehouses]}


class Parties:
    """Who and what one tenant's API clients can name."""

    def __init__(self, seed: int, tenant: str, settings: Callable[[], CartonCloudSettings]) -> None:
        self._seed = seed
        self._tenant = tenant
        self._settings = settings

    def warehouses(self) -> list[Warehouse]:
        """All warehouses of the tenant."""
        return [Warehouse(self._id("warehouse", name), name) for name in self._settings().warehouses]

    def customers(self) -> list[Customer]:
        """The customers that the API client may see."""
        settings, warehouses = self._settings(), self.warehouses()
        visible = settings.client_customers
        return [
            self._customer(name, settings.customer_warehouses.get(name), warehouses)
            for name in settings.customers
            if visible is None or name in visible
        ]

    def find_customer(self, faults: Faults, given: Any) -> Customer | None:
        """Resolve by id, else code, else name: the first that is given decides."""
        if not isinstance(given, dict) or not given:
            faults.add("/customer", "must not be null")
            return None
        key, value = _first(given, ("id", "code", "name"))
        found = next((one for one in self.customers() if key and getattr(one, key) == value), None)
        if found is None:
            faults.add("/customer", "Customer could not be found", 11000)
        return found

    def find_warehouse(self, faults: Faults, given: Any, customer: Customer | None) -> Warehouse | None:
        """Resolve by id, else exact name; the default warehouse where none is given."""
        if given is not None and not isinstance(given, dict):
            faults.add("/warehouse", "must be an object")
            return None
        key, value = _first(given or {"name": self._settings().default_warehouse}, ("id", "name"))
        found = next((one for one in self.warehouses() if key and getattr(one, key) == value), None)
        if found is None:
            faults.add("/warehouse", "Warehouse could not be found", 10404)
        elif customer is not None and found not in customer.warehouses:
            faults.add("/warehouse", "Warehouse is not allowed for this customer", 10405)
            return None
        return found

    def _customer(self, name: str, allowed: tuple[str, ...] | None, warehouses: list[Warehouse]) -> Customer:
        code = re.sub(r"[^A-Z0-9]+", "-", name.upper()).strip("-")
        usable = tuple(one for one in warehouses if allowed is None or one.name in allowed)
        return Customer(self._id("customer", name), name, code, usable)

    def _id(self, kind: str, name: str) -> str:
        return stable_uuid(self._seed, self._tenant, kind, name)


def _first(given: dict[str, Any], keys: tuple[str, ...]) -> tuple[str | None, Any]:
    references = given.get("references") if isinstance(given.get("references"), dict) else {}
    for key in keys:
        value = (references or {}).get("code") if key == "code" else given.get(key)
        if value is not None:
            return key, value
    return None, None
