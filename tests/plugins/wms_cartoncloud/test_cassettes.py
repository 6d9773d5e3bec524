"""CartonCloud's endpoints as they were recorded, or typed from the reference: each cassette says which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import pytest

from crossdock import Absent, Answers, CredentialsError, Done, HoldError, Known, Receipt, Secret
from crossdock.http import Client
from crossdock.testing import Rules
from crossdock_wms_cartoncloud.api import CartonCloudApi, all_of
from crossdock_wms_cartoncloud.auth import ClientCredentials
from crossdock_wms_cartoncloud.config import CartonCloudConnection
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink

pytestmark = pytest.mark.anyio


@pytest.fixture
def simulator(recording: bool) -> Iterator[Any]:
    """The warehouse that is recorded; nothing at all while replaying."""
    if not recording:
        yield None
        return
    from crossdock_wms_cartoncloud.simulator import CartonCloudSimulator

    made = CartonCloudSimulator(seed=1)
    with made.running() as url:
        yield made, url


@pytest.fixture
def remote_url(simulator: Any, recording: bool) -> str:
    return simulator[1] if recording else ""


@pytest.fixture
def cassette_origin() -> str:
    return f"against the simulator cartoncloud of crossdock-wms-cartoncloud {version('crossdock-wms-cartoncloud')}"


@pytest.fixture
def cassette_rules() -> Rules:
    # Customers, warehouses and tenants are companies with an account, and the connector compares their names.
    return Rules(free=("customer.name", "warehouses.name", "tenants.name", ".name"))


@pytest.fixture
def arrange(simulator: Any, recording: bool) -> Callable[..., None]:
    """Turn the warehouse's settings before it is recorded."""

    def control(verb: str, **body: Any) -> None:
        if recording:
            simulator[0].control(verb, body)

    return control


@pytest.fixture
def connection(cassette: Any) -> CartonCloudConnection:
    auth = ClientCredentials(
        client_id=cassette.given("CARTONCLOUD_CLIENT_ID", "client-1"),
        client_secret=Secret.literal(cassette.given("CARTONCLOUD_CLIENT_SECRET", "not-the-real-one")),
    )
    tenant = cassette.given("CARTONCLOUD_TENANT", "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f")
    return CartonCloudConnection(base_url=cassette.base_url, tenant=tenant, auth=auth)


def bound(connection: CartonCloudConnection, client: Client) -> SaleOrderSink:
    sink = SaleOrderSink()
    sink.bind(connection, client)
    return sink


async def deliver(sink: SaleOrderSink, client: Client, effect: Any) -> Receipt:
    """Send what is planned and what follows, as core does."""
    answers = [await client.perform(step, correlation_id="1") for step in effect.steps]
    while (following := sink.follow(effect, Answers(answers))) is not None:
        answers.append(await client.perform(following, correlation_id="1"))
    return sink.receipt(effect, Answers(answers))


async def test_a_sale_order_is_absent_then_created_then_found(
    cassette: Any, connection: CartonCloudConnection, sale_order: Any
) -> None:
    async with cassette.client(connection) as client:
        sink = bound(connection, client)
        effect = sink.plan(sale_order(), Known())
        before = await sink.probe(effect)
        receipt = await deliver(sink, client, effect)
        after = await sink.probe(effect)

    assert before == Absent()
    assert receipt.attention is None
    assert set(receipt.lines) == {"1", "2"}
    assert after == Done(receipt)


async def test_a_duplicate_is_adopted_after_reading_it(
    cassette: Any, connection: CartonCloudConnection, sale_order: Any
) -> None:
    async with cassette.client(connection) as client:
        sink = bound(connection, client)
        effect = sink.plan(sale_order(), Known())
        first, second = await deliver(sink, client, effect), await deliver(sink, client, effect)

    assert second.id == first.id
    assert "adopted" in (second.note or "")


async def test_a_sale_order_created_with_issues_needs_a_person(
    cassette: Any, connection: CartonCloudConnection, sale_order: Any, arrange: Any
) -> None:
    arrange("settings", catalogue="listed")

    async with cassette.client(connection) as client:
        sink = bound(connection, client)
        receipt = await deliver(sink, client, sink.plan(sale_order(("1", "NEVER-HEARD", 1)), Known()))

    assert receipt.attention is not None
    assert receipt.attention.code == "unknown_sku"


async def test_an_unknown_customer_is_held(cassette: Any, connection: CartonCloudConnection, sale_order: Any) -> None:
    async with cassette.client(connection) as client:
        sink = bound(connection, client)
        with pytest.raises(HoldError) as caught:
            await deliver(sink, client, sink.plan(sale_order(customer="Nobody At All"), Known()))

    assert caught.value.code == "customer_unknown"


async def test_connection_test_lists_customers_and_warehouses(cassette: Any, connection: CartonCloudConnection) -> None:
    async with cassette.client(connection) as client:
        report = await connection.test(client, frozenset({"wms_cartoncloud.sale_orders"}))

    assert report.ok
    assert report.choices["customers"] == ("Acme Trading", "Second Seller")


async def test_connection_test_names_missing_roles(
    cassette: Any, connection: CartonCloudConnection, arrange: Any
) -> None:
    arrange("settings", roles=[])

    async with cassette.client(connection) as client:
        report = await connection.test(client, frozenset({"wms_cartoncloud.dispatches"}))

    assert report.missing[-2:] == ("role WMS Create Jobs", "role TMS View Jobs")


async def test_a_search_whose_root_is_composite_is_answered(cassette: Any, connection: CartonCloudConnection) -> None:
    async with cassette.client(connection) as client:
        found = await CartonCloudApi(client, connection.tenant).search_orders(all_of())

    assert found == []


async def test_refused_credentials_are_refused_by_name(
    cassette: Any, connection: CartonCloudConnection, arrange: Any
) -> None:
    arrange("settings", refused_clients=["client-1"])

    async with cassette.client(connection) as client:
        with pytest.raises(CredentialsError, match="client-1") as caught:
            await client.get("/uaa/userinfo")

    assert "not-the-real-one" not in str(caught.value)


async def test_a_duplicate_with_other_lines_is_held(
    cassette: Any, connection: CartonCloudConnection, sale_order: Any
) -> None:
    async with cassette.client(connection) as client:
        sink = bound(connection, client)
        with pytest.raises(HoldError) as caught:
            await deliver(sink, client, sink.plan(sale_order(("1", "MUG-01", 2)), Known()))

    assert caught.value.code == "duplicate_differs"
    assert caught.value.facts["differences"] == ["MUG-01: wanted 2, found 5"]


async def test_an_error_that_is_an_object_is_read_as_well(
    cassette: Any, connection: CartonCloudConnection, sale_order: Any
) -> None:
    async with cassette.client(connection) as client:
        sink = bound(connection, client)
        with pytest.raises(HoldError, match="Access is denied") as caught:
            await deliver(sink, client, sink.plan(sale_order(("1", "MUG-01", 2)), Known()))

    assert caught.value.code == "permission_missing"


async def test_a_page_of_html_after_a_creation_says_nothing_of_the_outcome(
    cassette: Any, connection: CartonCloudConnection, sale_order: Any
) -> None:
    async with cassette.client(connection) as client:
        sink = bound(connection, client)
        with pytest.raises(ValueError, match="503, which does not say whether"):
            await deliver(sink, client, sink.plan(sale_order(("1", "MUG-01", 2)), Known()))
