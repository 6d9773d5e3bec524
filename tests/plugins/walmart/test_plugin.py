"""What the plugin offers, and its connection."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.metadata import entry_points
from types import ModuleType

import pluggy
import pytest
from pydantic import ValidationError

import crossdock_walmart.plugin as plugin
from crossdock import CredentialsError, Secret
from crossdock.canonical import Order, OrderAsOf, Return, SettlementLine, Shipment, StatusChange
from crossdock.contract import hookspecs
from crossdock.contract.component import type_arguments
from crossdock.http import Allowance, Response
from crossdock_walmart.acknowledgements import AcknowledgementSink
from crossdock_walmart.auth import ClientCredentials
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.documents import ShipmentUpdate
from crossdock_walmart.orders import OrderSource
from crossdock_walmart.returns import ReturnSource
from crossdock_walmart.settlements import SettlementSource
from crossdock_walmart.shipment import ShipmentMapper
from crossdock_walmart.shipments import ShipmentSink
from crossdock_walmart.unshipped import UnshippedSource

DETAIL = {"is_valid": True, "is_channel_match": True, "scopes": {"orders": "full_access", "item": "no_access"}}
NODES = [
    {"shipNode": "1011100000000000001", "shipNodeName": "Main DC", "status": "ACTIVE"},
    {"shipNode": "10001", "shipNodeName": None, "status": None},
    {"shipNode": "1011100000000000002", "shipNodeName": "Old DC", "status": "INACTIVE"},
    {"shipNodeName": "no id"},
    None,
]


@pytest.fixture
def tested(kit):
    async def run(detail, nodes=NODES, used=frozenset({"walmart.orders"}), **settings):
        def answers(request):
            body = detail if request.url.path == "/v3/token/detail" else nodes
            return body if isinstance(body, Response) else kit.answer(body)

        return await kit.connection(**settings).test(kit.reader(answers), used)

    return run


# ---------------------------------------------------------------- hooks


def test_the_entry_point_is_the_plugin():
    (entry,) = entry_points(group="crossdock", name="walmart")

    assert entry.load() is plugin


def test_the_hooks_offer_what_the_plugin_has():
    manager = pluggy.PluginManager("crossdock")
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()

    assert manager.hook.register_connections() == [[WalmartConnection]]
    assert manager.hook.register_sources() == [[OrderSource, ReturnSource, SettlementSource, UnshippedSource]]
    assert manager.hook.register_mappers() == [[ShipmentMapper]]
    assert manager.hook.register_sinks() == [[AcknowledgementSink, ShipmentSink]]
    assert manager.hook.register_auth_providers() == [[ClientCredentials]]
    assert type_arguments(OrderSource) == (WalmartConnection, Order)
    assert type_arguments(ReturnSource) == (WalmartConnection, Return)
    assert type_arguments(SettlementSource) == (WalmartConnection, SettlementLine)
    assert type_arguments(UnshippedSource) == (WalmartConnection, OrderAsOf)
    assert type_arguments(ShipmentMapper) == (Shipment, ShipmentUpdate)
    assert type_arguments(AcknowledgementSink) == (WalmartConnection, StatusChange)
    assert type_arguments(ShipmentSink) == (WalmartConnection, ShipmentUpdate)


def test_the_simulator_is_imported_only_inside_its_hook(monkeypatch):
    stand_in = ModuleType("crossdock_walmart.simulator")
    stand_in.WalmartSimulator = object
    monkeypatch.setitem(sys.modules, "crossdock_walmart.simulator", stand_in)

    assert not hasattr(plugin, "WalmartSimulator")
    assert plugin.register_simulators() == [object]


# ---------------------------------------------------------------- the connection


def test_a_connection_is_known_by_plugin_host_market_and_account(kit):
    assert kit.connection().identity == "walmart:marketplace.walmartapis.com:us:client-1"
    assert kit.connection(seller="10001").identity == "walmart:marketplace.walmartapis.com:us:10001"
    assert kit.connection(base_url="http://Localhost:8080", seller="1").identity == "walmart:localhost:8080:us:1"


@pytest.mark.parametrize("market", ["ca", "mx", "cl"])
def test_other_markets_are_refused_by_name(kit, market):
    with pytest.raises(ValidationError, match=f"market '{market}' is not supported yet.*'us' only"):
        kit.connection(market=market)


def test_an_unknown_market_is_refused_with_the_known_ones(kit):
    with pytest.raises(ValidationError, match="'us', 'ca', 'mx' or 'cl'"):
        kit.connection(market="uk")


def test_a_connection_never_shows_the_secret():
    auth = ClientCredentials(client_id="client-1", client_secret=Secret.literal("s3cret"))

    assert "s3cret" not in repr(WalmartConnection(auth=auth))


def test_each_call_bears_the_headers_that_walmart_wants(kit):
    assert dict(kit.connection().headers()) == {"Accept": "application/json", "WM_SVC.NAME": "Walmart Marketplace"}
    assert WalmartConnection.correlation_header == "WM_QOS.CORRELATION_ID"


def test_released_orders_have_a_limit_of_their_own_before_single_ones():
    matches = [rate.match for rate in WalmartConnection.rates]

    assert len(set(matches)) == len(matches)
    assert matches.index("GET /v3/orders/released") < matches.index("GET /v3/orders/*")
    assert matches.index("GET /v3/items/count") < matches.index("GET /v3/items/*")


@pytest.mark.parametrize(
    ("headers", "allowance"),
    [
        ({}, None),
        ({"x-current-token-count": "many"}, None),
        ({"x-current-token-count": "4"}, Allowance(4, None)),
        ({"x-current-token-count": "-1"}, Allowance(0, None)),
        (
            {"x-current-token-count": "0", "X-Next-Replenishment-Time": "1793610000000"},
            Allowance(0, datetime(2026, 11, 2, 9, 0, tzinfo=UTC)),
        ),
        (
            {"x-current-token-count": "0", "x-next-replenishment-time": "1793610000"},
            Allowance(0, datetime(2026, 11, 2, 9, 0, tzinfo=UTC)),
        ),
        (
            {"x-current-token-count": "0", "x-next-replenishment-time": "2026-11-02T09:00:00.000Z"},
            Allowance(0, datetime(2026, 11, 2, 9, 0, tzinfo=UTC)),
        ),
        (
            {"x-current-token-count": "0", "x-next-replenishment-time": "2026-11-02T01:00:00-08:00"},
            Allowance(0, datetime(2026, 11, 2, 9, 0, tzinfo=UTC)),
        ),
        (
            {"x-current-token-count": "0", "x-next-replenish-time": "2026-11-02T09:00:00"},
            Allowance(0, datetime(2026, 11, 2, 9, 0, tzinfo=UTC)),
        ),
        ({"x-current-token-count": "0", "x-next-replenishment-time": "soon"}, Allowance(0, None)),
        ({"x-current-token-count": "0", "x-next-replenishment-time": "9" * 30}, Allowance(0, None)),
    ],
)
def test_allowance_is_read_from_the_token_bucket_headers(kit, headers, allowance):
    assert kit.connection().allowance(Response(200, headers=headers)) == allowance


# ---------------------------------------------------------------- its test


@pytest.mark.anyio
async def test_a_test_names_what_the_key_may_do_and_the_choices(tested):
    report = await tested(DETAIL, seller="10001")

    assert (report.account, report.granted, report.missing) == ("10001", ("orders: full_access",), ())
    assert report.ok
    assert report.choices == {"ship_nodes": ("1011100000000000001 Main DC", "10001")}
    assert report.notes == ()


@pytest.mark.anyio
@pytest.mark.parametrize("scopes", [{}, {"orders": "no_access"}, {"orders": None}, {"item": "full_access"}, None])
async def test_a_test_names_a_missing_permission(tested, scopes):
    report = await tested({"is_valid": True, "scopes": scopes})

    assert report.missing == ("orders: view_only",)
    assert not report.ok


@pytest.mark.anyio
async def test_a_test_names_what_is_granted_and_not_needed(tested):
    report = await tested({"scopes": {"orders": "view_only", "price": "full_access", "returns": "view_only"}})

    assert report.excessive == ("price: full_access", "returns: view_only")


@pytest.mark.anyio
async def test_writing_is_too_much_where_only_reading_is_needed(tested):
    assert (await tested(DETAIL)).excessive == ("orders: full_access",)


@pytest.mark.anyio
async def test_nothing_is_missing_or_too_much_while_nothing_uses_the_connection(tested):
    report = await tested(DETAIL, used=frozenset())

    assert (report.missing, report.excessive) == ((), ())


@pytest.mark.anyio
async def test_components_are_known_with_and_without_the_plugins_name(tested):
    for used in ({"orders"}, {"walmart.orders"}):
        assert (await tested({"scopes": {}}, used=frozenset(used))).missing == ("orders: view_only",)


@pytest.mark.anyio
@pytest.mark.parametrize("status", [403, 404])
async def test_a_test_goes_on_without_what_the_account_may_not_see(tested, kit, status):
    closed = kit.error(status, "FORBIDDEN.GMP_GATEWAY_API")

    report = await tested(closed, closed)

    assert report.ok
    assert report.choices == {}
    assert len(report.notes) == 2


@pytest.mark.anyio
async def test_a_token_that_is_not_valid_is_refused(tested):
    with pytest.raises(CredentialsError, match="not valid"):
        await tested({"is_valid": False})


@pytest.mark.anyio
async def test_a_channel_that_does_not_match_is_noted(tested):
    report = await tested({**DETAIL, "is_channel_match": False})

    assert "is_channel_match" in report.notes[0]
