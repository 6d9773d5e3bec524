"""What the plugin offers, and the connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from crossdock.canonical import Order, Shipment, StatusChange
from crossdock.contract.component import type_arguments
from crossdock_wms_cartoncloud import plugin
from crossdock_wms_cartoncloud.auth import ClientCredentials
from crossdock_wms_cartoncloud.config import CartonCloudConnection
from crossdock_wms_cartoncloud.dispatches import DispatchSource
from crossdock_wms_cartoncloud.documents import SaleOrder, SaleOrderCancellation
from crossdock_wms_cartoncloud.sale_order import SaleOrderMapper
from crossdock_wms_cartoncloud.sale_order_statuses import SaleOrderStatusSource
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink

TENANT = "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f"
Connect = Callable[..., CartonCloudConnection]


def test_plugin_offers_its_components() -> None:
    assert plugin.register_connections() == [CartonCloudConnection]
    assert plugin.register_auth_providers() == [ClientCredentials]
    assert plugin.register_mappers() == [SaleOrderMapper]
    assert plugin.register_sinks() == [SaleOrderSink]
    assert plugin.register_sources() == [SaleOrderStatusSource, DispatchSource]


def test_components_state_their_types_for_check() -> None:
    assert type_arguments(SaleOrderMapper) == (Order, SaleOrder | SaleOrderCancellation)
    assert type_arguments(SaleOrderSink) == (CartonCloudConnection, SaleOrder | SaleOrderCancellation)
    assert type_arguments(SaleOrderStatusSource) == (CartonCloudConnection, StatusChange)
    assert type_arguments(DispatchSource) == (CartonCloudConnection, Shipment)
    assert SaleOrderSink.can_probe()
    assert SaleOrderSink.can_observe()


def test_connection_has_the_documented_defaults(connect: Connect) -> None:
    connection = connect()

    assert connection.base_url == "https://api.cartoncloud.com"
    assert connection.headers() == {"Accept-Version": "1"}
    assert (connection.duplicates, connection.time_filter) == ("probe", "datetime")
    assert connection.read_lag == timedelta(seconds=10)


def test_region_chooses_the_host_and_a_base_url_overrules_it(connect: Connect) -> None:
    assert connect(region="na").base_url == "https://api.na.cartoncloud.com"
    assert connect(region="na", base_url="http://127.0.0.1:9/").base_url == "http://127.0.0.1:9"


def test_identity_is_plugin_host_and_tenant_however_they_are_spelt(connect: Connect) -> None:
    plain = connect()
    other = connect(tenant=f" {TENANT.upper()} ", base_url="https://API.cartoncloud.com/", duplicates="reject")

    assert plain.identity == other.identity == f"wms_cartoncloud/api.cartoncloud.com/{TENANT}"
    assert connect(region="na").identity != plain.identity


@pytest.mark.parametrize(
    "settings",
    [
        {"tenant": "acme"},
        {"region": "eu"},
        {"duplicates": "allow"},
        {"time_filter": "any"},
        {"read_lag": 10},
        {"tenants": "x"},
    ],
)
def test_connection_refuses_what_it_does_not_know(connect: Connect, settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        connect(**settings)


def test_only_gets_and_searches_are_reading() -> None:
    assert CartonCloudConnection.reads == ("GET /**", "POST /tenants/*/*/search")


def test_creation_has_its_own_published_limit_and_comes_first() -> None:
    first, second = CartonCloudConnection.rates

    assert (first.match, first.calls, first.per_s) == ("POST /tenants/*/outbound-orders", 30, 60)
    assert (second.match, second.calls) == ("* /**", 120)


@pytest.mark.anyio
async def test_connection_test_finds_everything_in_place(connect: Connect, reader: Any, wire: Any) -> None:
    beta = {"id": "c1", "name": "Beta", "warehouses": [{"id": "w2", "name": "Melbourne DC"}]}
    reader.will_answer(200, [beta, {"id": "c2", "name": "Acme Trading", "warehouses": None}])
    reader.will_answer(200, [wire(), wire(id="so-2", warehouse=None)])
    reader.will_answer(200, {"name": "crossdock", "tenants": [{"id": TENANT.upper(), "name": "Acme 3PL"}]})

    report = await connect().test(reader, frozenset({"wms_cartoncloud.sale_orders"}))

    assert report.ok
    assert report.account == "crossdock in Acme 3PL"
    assert report.granted == ("role WMS Create Jobs",)
    assert report.choices == {"customers": ("Acme Trading", "Beta"), "warehouses": ("Melbourne DC", "Sydney DC")}
    assert any("TMS Create Jobs" in note for note in report.notes)
    assert json.loads(reader.sent[1].content)["condition"] == {"type": "AndCondition", "conditions": []}


@pytest.mark.anyio
async def test_connection_test_names_a_tenant_that_is_not_ours(connect: Connect, reader: Any) -> None:
    reader.will_answer(404, [{"message": "Not found"}])
    reader.will_answer(404, [{"message": "Not found"}])
    reader.will_answer(200, {"name": "crossdock", "tenants": [{"id": "other", "name": "Beta 3PL"}]})

    report = await connect().test(reader, frozenset())

    assert not report.ok
    assert f"tenant {TENANT}" in report.missing[0]
    assert "other (Beta 3PL)" in report.missing[0]
    assert "sale orders cannot be searched (404)" in report.missing


@pytest.mark.anyio
async def test_connection_test_names_missing_roles_once(connect: Connect, reader: Any) -> None:
    for _ in range(3):
        reader.will_answer(403, [{"message": "Forbidden"}])
    reader.will_answer(200, {"tenants": [{"id": TENANT}]})

    report = await connect().test(reader, frozenset({"wms_cartoncloud.dispatches"}))

    assert report.missing == ("role WMS Create Jobs", "role TMS View Jobs")
    assert report.granted == ()


@pytest.mark.anyio
async def test_connection_test_asks_for_consignments_only_where_a_pipeline_needs_them(
    connect: Connect, reader: Any
) -> None:
    reader.will_answer(200, [])
    reader.will_answer(200, [])
    reader.will_answer(200, {"tenants": [{"id": TENANT}]})

    report = await connect().test(reader, frozenset({"wms_cartoncloud.sale_orders"}))

    assert report.ok
    assert not any("consignments" in request.url.path for request in reader.sent)
