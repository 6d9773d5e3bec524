"""The connector and the simulator, built apart from the same facts, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from crossdock import Absent, Answers, Conflict, Context, Done, Effect, HoldError, Known, Receipt
from crossdock.clock import SystemClock
from crossdock.http import Client, Endpoint, open_client
from crossdock_wms_cartoncloud.sale_order import SaleOrderMapper
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink

CartonCloudSimulator = pytest.importorskip("crossdock_wms_cartoncloud.simulator").CartonCloudSimulator
pytestmark = pytest.mark.anyio

TENANT = "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f"
Control = Callable[..., Any]
CREATE = {"method": "POST", "path": "/tenants/*/outbound-orders"}


@pytest.fixture
def url() -> Iterator[str]:
    with CartonCloudSimulator(seed=1).running() as address:
        yield address


@pytest.fixture
def control(url: str) -> Control:
    def call(verb: str, **body: Any) -> Any:
        return httpx.post(f"{url}/_sim/{verb}", json=body).raise_for_status().json()

    return call


@pytest.fixture
def sale_orders(url: str) -> Callable[[], list[Any]]:
    def made() -> list[Any]:
        orders: list[Any] = httpx.get(f"{url}/_sim/state").raise_for_status().json()["sale_orders"]
        return orders

    return made


@pytest.fixture
def opened(url: str, connect: Any) -> Any:
    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[tuple[SaleOrderSink, Client]]:
        connection = connect(base_url=url, **settings)
        endpoint = Endpoint(
            connection="acme_3pl",
            base_url=url,
            identity=connection.identity,
            auth=connection.auth,
            headers=connection.headers(),
            reads=connection.reads,
            rates=connection.rates,
            allowance=connection.allowance,
        )
        async with open_client(endpoint, clock=SystemClock()) as client:
            sink = SaleOrderSink()
            sink.bind(connection, client)
            yield sink, client

    return opened


async def deliver(sink: SaleOrderSink, client: Client, effect: Effect) -> Receipt:
    """What core does with an effect when all goes well."""
    answers = [await client.perform(effect.steps[0], correlation_id="1")]
    while (following := sink.follow(effect, Answers(answers))) is not None:
        answers.append(await client.send(following))
    return sink.receipt(effect, Answers(answers))


def know_only_mugs(control: Control, **settings: Any) -> None:
    control("settings", catalogue="listed", **settings)
    control("products", tenant=TENANT, products=[{"code": "MUG-01", "customer": "Acme Trading"}])


async def test_an_order_goes_all_the_way(opened: Any, order: Any, line: Any, sale_orders: Any) -> None:
    mapper = SaleOrderMapper(
        customer="Acme Trading", default_warehouse="Sydney DC", warehouses={"1011100000000000001": "Melbourne DC"}
    )
    placed = order(line("4", "MUG-01", 1), line("9", "MUG-01", 3), line("2", "MUG-01", 1))

    async with opened() as (sink, client):
        effect = sink.plan(mapper.map(placed, Context(key=placed.number, pipeline="orders")), Known())
        assert await sink.probe(effect) == Absent()
        receipt = await deliver(sink, client, effect)
        found = await sink.probe(effect)

    (made,) = sale_orders()
    assert made["id"] == receipt.id
    assert made["references"]["customer"] == placed.number
    assert made["warehouse"]["name"] == "Melbourne DC"
    assert made["details"]["deliver"]["address"]["companyName"] == "Walmart"
    assert [item["measures"]["quantity"] for item in made["items"]] == [1, 3, 1]
    assert [receipt.lines[number]["id"] for number in ("4", "9", "2")] == [item["id"] for item in made["items"]]
    assert receipt.attention is None
    assert isinstance(found, Done)
    assert found.receipt.lines == receipt.lines


async def test_a_duplicate_is_adopted_where_the_tenant_refuses_it(
    opened: Any, sale_order: Any, control: Control, sale_orders: Any
) -> None:
    control("settings", duplicates="reject")

    async with opened(duplicates="reject") as (sink, client):
        effect = sink.plan(sale_order(), Known())
        first = await deliver(sink, client, effect)
        second = await deliver(sink, client, effect)

    assert second.id == first.id
    assert "adopted" in (second.note or "")
    assert len(sale_orders()) == 1


async def test_another_order_of_that_reference_is_no_duplicate_of_ours(
    opened: Any, sale_order: Any, control: Control
) -> None:
    control("settings", duplicates="reject")

    async with opened(duplicates="reject") as (sink, client):
        await deliver(sink, client, sink.plan(sale_order(("1", "OTHER", 5)), Known()))
        effect = sink.plan(sale_order(("1", "MUG-01", 2)), Known())
        with pytest.raises(HoldError) as caught:
            await deliver(sink, client, effect)
        probed = await sink.probe(effect)

    assert caught.value.code == "duplicate_differs"
    assert probed == Conflict(caught.value.facts["differences"])


async def test_two_that_were_made_elsewhere_are_a_conflict(opened: Any, sale_order: Any, control: Control) -> None:
    control("settings", duplicates="allow")

    async with opened() as (sink, client):
        effect = sink.plan(sale_order(), Known())
        for _ in range(2):
            await deliver(sink, client, effect)
        probed = await sink.probe(effect)

    assert isinstance(probed, Conflict)
    assert "2 sale orders" in probed.differences[0]


async def test_a_lost_answer_is_found_by_the_probe(
    opened: Any, sale_order: Any, control: Control, sale_orders: Any
) -> None:
    control("faults", **CREATE, drop="after")

    async with opened() as (sink, client):
        effect = sink.plan(sale_order(), Known())
        with pytest.raises(Exception, match="answer"):
            await client.perform(effect.steps[0], correlation_id="1")
        probed = await sink.probe(effect)

    assert isinstance(probed, Done)
    assert probed.receipt.id == sale_orders()[0]["id"]


async def test_names_that_the_tenant_does_not_know_are_held(opened: Any, sale_order: Any) -> None:
    codes = []

    async with opened() as (sink, client):
        for change in ({"customer": "Nobody"}, {"warehouse": "Nowhere"}):
            with pytest.raises(HoldError) as caught:
                await deliver(sink, client, sink.plan(sale_order(**change), Known()))
            codes.append(caught.value.code)

    assert codes == ["customer_unknown", "warehouse_unknown"]


async def test_a_customer_can_be_written_by_its_id(opened: Any, sale_order: Any) -> None:
    async with opened() as (sink, client):
        (customer,) = [party for party in await sink.api.customers() if party.name == "Acme Trading"]
        effect = sink.plan(sale_order(customer=customer.id), Known())
        receipt = await deliver(sink, client, effect)
        probed = await sink.probe(effect)

    assert isinstance(probed, Done)
    assert probed.receipt.id == receipt.id


async def test_an_unknown_product_is_rejected_and_resolves_when_staff_approve(
    opened: Any, sale_order: Any, control: Control
) -> None:
    know_only_mugs(control, unknown_product="reject_order")

    async with opened() as (sink, client):
        effect = sink.plan(sale_order(("1", "MUG-01", 1), ("2", "NEVER-HEARD", 1)), Known())
        receipt = await deliver(sink, client, effect)
        waiting = await sink.probe(effect)
        control("products", tenant=TENANT, products=[{"code": "NEVER-HEARD", "customer": "Acme Trading"}])
        control(f"orders/{receipt.id}", status="AWAITING_PICK_AND_PACK")
        approved = await sink.probe(effect)

    assert receipt.attention is not None
    assert receipt.attention.code == "unknown_sku"
    assert "NEVER-HEARD" in receipt.attention.message
    assert isinstance(waiting, Done)
    assert waiting.receipt.attention is not None
    assert isinstance(approved, Done)
    assert approved.receipt.attention is None


async def test_a_line_that_the_warehouse_drops_is_noticed(opened: Any, sale_order: Any, control: Control) -> None:
    know_only_mugs(control, unknown_product="drop_line")

    async with opened() as (sink, client):
        effect = sink.plan(sale_order(("1", "MUG-01", 1), ("2", "NEVER-HEARD", 1)), Known())
        receipt = await deliver(sink, client, effect)

    assert receipt.attention is not None
    assert receipt.attention.code in ("lines_differ", "unknown_sku")
    assert "NEVER-HEARD" in receipt.attention.message
    assert receipt.lines["2"]["id"] is None


async def test_a_product_that_the_warehouse_refuses_is_held(
    opened: Any, sale_order: Any, control: Control, sale_orders: Any
) -> None:
    know_only_mugs(control, unknown_product=422)

    async with opened() as (sink, client):
        effect = sink.plan(sale_order(("1", "MUG-01", 1), ("2", "NEVER-HEARD", 1)), Known())
        with pytest.raises(HoldError, match="NEVER-HEARD of line 2") as caught:
            await deliver(sink, client, effect)

    assert caught.value.code == "unknown_sku"
    assert sale_orders() == []


async def test_connection_test_says_what_may_be_written(opened: Any, control: Control) -> None:
    async with opened() as (sink, client):
        report = await sink.connection.test(client, frozenset({"wms_cartoncloud.sale_orders"}))

    assert report.ok
    assert "Acme Trading" in report.choices["customers"]
    assert "Sydney DC" in report.choices["warehouses"]


async def test_connection_test_names_the_missing_role(opened: Any, sale_order: Any, control: Control) -> None:
    control("settings", roles=[])

    async with opened() as (sink, client):
        report = await sink.connection.test(client, frozenset({"wms_cartoncloud.dispatches"}))
        with pytest.raises(HoldError) as caught:
            await deliver(sink, client, sink.plan(sale_order(), Known()))

    assert report.missing[-2:] == ("role WMS Create Jobs", "role TMS View Jobs")
    assert caught.value.code == "permission_missing"
