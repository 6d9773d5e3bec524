"""What the CartonCloud plugin offers."""

from __future__ import annotations

from typing import Any

from crossdock import AuthProvider, Check, Connection, Mapper, Sink, Source, hookimpl
from crossdock_wms_cartoncloud.auth import ClientCredentials
from crossdock_wms_cartoncloud.checks import WarehouseAccess
from crossdock_wms_cartoncloud.config import CartonCloudConnection
from crossdock_wms_cartoncloud.dispatches import DispatchSource
from crossdock_wms_cartoncloud.sale_order import SaleOrderMapper
from crossdock_wms_cartoncloud.sale_order_statuses import SaleOrderStatusSource
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink


@hookimpl
def register_connections() -> list[type[Connection]]:
    """One tenant of CartonCloud."""
    return [CartonCloudConnection]


@hookimpl
def register_auth_providers() -> list[type[AuthProvider]]:
    """API clients of a tenant."""
    return [ClientCredentials]


@hookimpl
def register_sources() -> list[type[Source[Any, Any]]]:
    """Where sale orders stand, and what was dispatched."""
    return [SaleOrderStatusSource, DispatchSource]


@hookimpl
def register_mappers() -> list[type[Mapper[Any, Any]]]:
    """Orders to sale orders."""
    return [SaleOrderMapper]


@hookimpl
def register_sinks() -> list[type[Sink[Any, Any]]]:
    """Sale orders."""
    return [SaleOrderSink]


@hookimpl
def register_checks() -> list[type[Check]]:
    """Whether customers may use the warehouses that are named."""
    return [WarehouseAccess]


@hookimpl
def register_simulators() -> list[Any]:
    """CartonCloud on loopback; needs the extra `simulator`."""
    from crossdock_wms_cartoncloud.simulator import CartonCloudSimulator

    return [CartonCloudSimulator]
