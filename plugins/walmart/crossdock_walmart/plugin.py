"""What the Walmart plugin offers to crossdock."""

from __future__ import annotations

from typing import Any

from crossdock import AuthProvider, Check, Connection, Mapper, Simulator, Sink, Source, hookimpl
from crossdock_walmart.acknowledgements import AcknowledgementSink
from crossdock_walmart.auth import ClientCredentials
from crossdock_walmart.checks import AccountSetUp, ShipNodes
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.ledger_checks import LedgerSettings, SettlementReports
from crossdock_walmart.orders import OrderSource
from crossdock_walmart.returns import ReturnSource
from crossdock_walmart.settlements import SettlementSource
from crossdock_walmart.shipment import ShipmentMapper
from crossdock_walmart.shipments import ShipmentSink
from crossdock_walmart.unshipped import UnshippedSource


@hookimpl
def register_connections() -> list[type[Connection]]:
    """A seller's account in one market."""
    return [WalmartConnection]


@hookimpl
def register_sources() -> list[type[Source[Any, Any]]]:
    """Purchase orders; for the ledger, returns, settlements, and what had not left when a month ended."""
    return [OrderSource, ReturnSource, SettlementSource, UnshippedSource]


@hookimpl
def register_mappers() -> list[type[Mapper[Any, Any]]]:
    """Shipments of a warehouse, told as Walmart wants them."""
    return [ShipmentMapper]


@hookimpl
def register_sinks() -> list[type[Sink[Any, Any]]]:
    """Acknowledgements, and shipments with their tracking."""
    return [AcknowledgementSink, ShipmentSink]


@hookimpl
def register_auth_providers() -> list[type[AuthProvider]]:
    """A seller's own keys."""
    return [ClientCredentials]


@hookimpl
def register_checks() -> list[type[Check]]:
    """Whether the account is set up, a fulfilment centre active, and what a ledger needs is there and agrees."""
    return [AccountSetUp, ShipNodes, SettlementReports, LedgerSettings]


@hookimpl
def register_simulators() -> list[type[Simulator]]:
    """A stand-in for the marketplace; needs the extra `simulator`."""
    from crossdock_walmart.simulator import WalmartSimulator

    return [WalmartSimulator]
