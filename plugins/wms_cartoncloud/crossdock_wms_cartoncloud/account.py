"""What a connection test asks: who are we, is the tenant ours, and which roles are missing."""

from __future__ import annotations

from crossdock import CredentialsError, TestReport
from crossdock.http import Reader
from crossdock_wms_cartoncloud.api import CartonCloudApi, ReadRefusedError, all_of

WMS_ROLE = "role WMS Create Jobs"
TMS_ROLE = "role TMS View Jobs"
_NEEDS_CONSIGNMENTS = "dispatches"
_NOTE = (
    "where a customer generates consignments on import, creating a sale order needs the role TMS Create Jobs too; "
    "CartonCloud does not let us read that setting"
)


async def examine(tenant: str, http: Reader, used: frozenset[str]) -> TestReport:
    """Ask with four cheap reading calls. Raises: CredentialsError, TransientError."""
    api = CartonCloudApi(http, tenant)
    customers, warehouses, refused = await _orders(api)
    roles = [WMS_ROLE]
    if any(component.rpartition(".")[2] == _NEEDS_CONSIGNMENTS for component in used):
        roles.append(TMS_ROLE)
        refused += await _consignments(api)
    account, missing = await _membership(api, tenant)
    notes: tuple[str, ...] = (
        (_NOTE,) if any(component.rpartition(".")[2] == "sale_orders" for component in used) else ()
    )
    if not warehouses:
        notes += ("warehouses cannot be listed: they are offered once customers or recent sale orders name them",)
    return TestReport(
        account=account,
        granted=tuple(role for role in roles if role not in refused and not missing),
        missing=(*missing, *dict.fromkeys(refused)),
        choices={"customers": tuple(sorted(customers)), "warehouses": tuple(sorted(warehouses))},
        notes=notes,
        partial=frozenset({"warehouses"}),
    )


async def find_tenant(tenant: str, http: Reader) -> str | None:
    """The tenant, if the API client belongs to it; None where it may not say. Raises: CredentialsError."""
    api = CartonCloudApi(http, tenant)
    try:
        _, missing = await _membership(api, tenant)
    except ReadRefusedError:
        return None
    if missing and not await _answers(api):
        raise CredentialsError(
            f"the API client does not belong to {missing[0]}",
            code="other_account",
            fix="give an API client of that tenant, with its roles, or write the other tenant in a connection of "
            "another name",
        )
    return tenant


async def _answers(api: CartonCloudApi) -> bool:
    """Whether the tenant lets us in, listed or not."""
    try:
        await api.customers()
    except ReadRefusedError:
        return False
    return True


async def _membership(api: CartonCloudApi, tenant: str) -> tuple[str, list[str]]:
    user = await api.user()
    mine = next((entry for entry in user.tenants if (entry.id or "").lower() == tenant), None)
    who = user.name or "API client"
    if mine is not None:
        return f"{who} in {mine.name or tenant}", []
    others = ", ".join(f"{entry.id} ({entry.name})" for entry in user.tenants) or "none"
    return who, [f"tenant {tenant}; this API client belongs to: {others}"]


async def _orders(api: CartonCloudApi) -> tuple[set[str], set[str], list[str]]:
    customers: set[str] = set()
    warehouses: set[str] = set()
    refused = []
    try:
        listed = await api.customers()
        customers = {party.name for party in listed if party.name}
        warehouses = {party.name for customer in listed for party in customer.warehouses if party.name}
    except ReadRefusedError as error:
        refused.append(_missing(error, WMS_ROLE, "customers cannot be listed"))
    try:
        # No endpoint lists warehouses: what customers and recent orders name is all that can be offered.
        warehouses |= {order.warehouse.name for order in await api.recent_orders() if order.warehouse.name}
    except ReadRefusedError as error:
        refused.append(_missing(error, WMS_ROLE, "sale orders cannot be searched"))
    return customers, warehouses, refused


async def _consignments(api: CartonCloudApi) -> list[str]:
    try:
        await api.search_consignments(all_of())
    except ReadRefusedError as error:
        return [_missing(error, TMS_ROLE, "consignments cannot be searched")]
    return []


def _missing(error: ReadRefusedError, role: str, otherwise: str) -> str:
    return role if error.status == 403 else f"{otherwise} ({error.status})"
