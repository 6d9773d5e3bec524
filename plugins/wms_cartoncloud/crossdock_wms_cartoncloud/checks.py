"""What must be true in CartonCloud before orders flow, and what `doctor` says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from crossdock import Check, Connection, Finding
from crossdock.http import Reader
from crossdock_wms_cartoncloud.api import CartonCloudApi, ReadRefusedError
from crossdock_wms_cartoncloud.config import CartonCloudConnection
from crossdock_wms_cartoncloud.sale_order import SaleOrderMapper
from crossdock_wms_cartoncloud.wire import Customer, Party


class WarehouseAccess(Check):
    """Whether the customer may use each warehouse that a mapping names."""

    name: ClassVar[str] = "warehouse_access"
    connection: ClassVar[type[Connection]] = CartonCloudConnection

    async def run(
        self, connection: CartonCloudConnection, http: Reader, components: Sequence[Any]
    ) -> Sequence[Finding]:
        """Read the customers, which name their warehouses."""
        mappers = [one for one in components if isinstance(one, SaleOrderMapper)]
        if not mappers:
            return []
        try:
            customers = await CartonCloudApi(http, connection.tenant).customers()
        except ReadRefusedError:
            return [Finding("unknown", "customers cannot be listed", "give the API client the role WMS Create Jobs")]
        return [finding for mapper in mappers for finding in _judge(mapper, customers)]


def _judge(mapper: SaleOrderMapper, customers: Sequence[Customer]) -> list[Finding]:
    ours = next((one for one in customers if _is(one, mapper.customer)), None)
    if ours is None:
        return []  # that it is not listed is said of the choices
    named = sorted({name for name in (*mapper.warehouses.values(), mapper.default_warehouse) if name})
    if not ours.warehouses:
        fix = f"in CartonCloud, open customer {mapper.customer} and look whether it may use {', '.join(named) or 'one'}"
        return [Finding("unknown", f"CartonCloud does not say which warehouses {mapper.customer} may use", fix)]
    return [_one(mapper.customer, name, ours) for name in named]


def _one(customer: str, warehouse: str, ours: Customer) -> Finding:
    if any(_is(one, warehouse) for one in ours.warehouses):
        return Finding("pass", f"{customer} may use {warehouse}")
    allowed = ", ".join(one.name or one.id or "?" for one in ours.warehouses)
    fix = f"give the customer access to it in CartonCloud, or name one of: {allowed}"
    return Finding("fail", f"{customer} may not use the warehouse {warehouse}", fix)


def _is(party: Party, text: str) -> bool:
    """Whether a setting means this customer or warehouse: by UUID, or by name whatever its case."""
    return text.strip().casefold() in {(party.id or "").casefold(), (party.name or "").strip().casefold()}
