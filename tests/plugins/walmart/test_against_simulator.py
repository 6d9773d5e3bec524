"""The connector and the simulator, built apart from the same facts, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from crossdock import CredentialsError, Cursor, HoldError
from crossdock.clock import SystemClock
from crossdock.http import Endpoint
from crossdock.http.client import open_client
from crossdock_walmart.api import OrderQuery, WalmartApi, whole_second
from crossdock_walmart.orders import OrderSource
from crossdock_walmart.returns import ReturnSource
from crossdock_walmart.settlements import SettlementSource
from crossdock_walmart.unshipped import UnshippedSource

WalmartSimulator = pytest.importorskip("crossdock_walmart.simulator").WalmartSimulator
pytestmark = pytest.mark.anyio


@pytest.fixture
def url() -> Iterator[str]:
    with WalmartSimulator(seed=1).running() as address:
        yield address


@pytest.fixture
def control(url):
    def call(verb, body=None):
        return httpx.post(f"{url}/_sim/{verb}", json=body or {}).raise_for_status().json()

    return call


@pytest.fixture
def opened(url, kit):
    @asynccontextmanager
    async def opened(**settings):
        connection = kit.connection(base_url=url, **settings)
        endpoint = Endpoint(
            connection="walmart_us",
            base_url=url,
            identity=connection.identity,
            auth=connection.auth,
            headers=connection.headers(),
            correlation_header=connection.correlation_header,
            reads=connection.reads,
            rates=connection.rates,
            allowance=connection.allowance,
        )
        async with open_client(endpoint, clock=SystemClock()) as client:
            yield connection, client

    return opened


async def read(source, client, value=None, *, sweep=False):
    records, now = {}, await client.vendor_now()
    async with aclosing(source.read(Cursor(value, now, sweep))) as batches:
        async for batch in batches:
            records.update({record.key: record for record in batch.records})
            value = batch.cursor or value
    return records, value


def orders_since(now, connection, client, **settings):
    source = OrderSource(since=now - timedelta(days=2), **settings)
    source.bind(connection, client)
    return source


async def test_all_orders_are_read_page_by_page_and_understood(opened, control):
    placed = control("orders", {"count": 450})["ids"]

    control("clock", {"advance_s": 60})

    async with opened() as (connection, client):
        await client.get("/v3/token/detail")  # its answer tells the vendor's clock
        source = orders_since(await client.vendor_now(), connection, client)
        found, _ = await read(source, client)

    assert set(found) == set(placed)
    orders = [source.to_document(record.raw) for record in found.values()]
    assert all(
        line.quantity == sum(part.quantity for part in line.statuses) for order in orders for line in order.lines
    )


async def test_what_is_new_and_what_changed_is_read_next_time(opened, control):
    first = control("orders", {"count": 2})["ids"]

    async with opened() as (connection, client):
        control("clock", {"advance_s": 60})
        await client.get("/v3/token/detail")
        source = orders_since(await client.vendor_now(), connection, client, overlap="1s")
        seen, value = await read(source, client)
        control("clock", {"advance_s": 600})
        second = control("orders", {"count": 1})["ids"]
        control("cancel", {"purchase_order_id": first[0]})
        control("clock", {"advance_s": 60})
        await client.get("/v3/token/detail")
        changed, _ = await read(source, client, value)
        swept, _ = await read(source, client, value, sweep=True)

    assert set(seen) == set(first)
    assert set(changed) == {*second, first[0]}
    assert set(swept) == {*first, *second}


async def test_an_order_is_fetched_by_its_id(opened, control):
    (number,) = control("orders", {"count": 1})["ids"]

    async with opened() as (connection, client):
        source = orders_since(await client.vendor_now(), connection, client)

        assert (await source.fetch(number)).key == number
        assert await source.fetch("108900000099999") is None


async def test_no_orders_are_no_fault(opened, url):
    async with opened() as (_, client):
        now = whole_second(await client.vendor_now())

        page = await WalmartApi(client).orders(OrderQuery("3PLFulfilled", now - timedelta(days=1), now))

    assert page.orders == ()


async def test_a_connection_test_names_a_scope_that_is_missing(opened, control):
    control("settings", {"scopes": {"orders": "no_access"}})

    async with opened() as (connection, client):
        report = await connection.test(client, frozenset({"walmart.orders"}))
        with pytest.raises(CredentialsError) as refused:
            await read(orders_since(await client.vendor_now(), connection, client), client)

    assert report.missing == ("orders: view_only",)
    assert refused.value.code == "permission_missing"


async def test_a_token_that_expired_is_replaced_on_the_way(opened, control):
    async with opened() as (connection, client):
        await connection.test(client, frozenset())
        control("expire-tokens")

        report = await connection.test(client, frozenset({"walmart.orders"}))

    assert report.ok
    assert report.choices["ship_nodes"]


def returns_since(now, connection, client):
    source = ReturnSource(since=now - timedelta(days=2), overlap="1s")
    source.bind(connection, client)
    return source


async def test_a_return_is_read_again_once_it_is_refunded(opened, control):
    lines = [{"sku": "A", "quantity": 3, "line_number": 1, "price": "10.00"}, {"sku": "B", "line_number": 2}]
    (order_id,) = control("orders", {"lines": lines})["ids"]
    control("ship", {"purchase_order_id": order_id})
    number = control("returns", {"purchase_order_id": order_id, "lines": ["1"], "excess": "1.50"})["return_order_id"]
    other = control("returns", {"purchase_order_id": order_id})["return_order_id"]

    async with opened(read_only=True) as (connection, client):
        control("clock", {"advance_s": 60})
        await client.get("/v3/token/detail")  # its answer tells the vendor's clock
        source = returns_since(await client.vendor_now(), connection, client)
        first, value = await read(source, client)
        control("clock", {"advance_s": 600})
        control("refunds", {"return_order_id": number, "lines": {"1": 2}})
        control("clock", {"advance_s": 60})
        await client.get("/v3/token/detail")
        second, _ = await read(source, client, value)

    assert set(first) == {number, other}
    assert set(second) == {number}
    before, after = (source.to_document(found[number].raw).lines[0] for found in (first, second))
    assert (before.refunded_quantity, before.refunded_at) == (0, None)
    assert (after.refunded_quantity, after.refunded_at is not None) == (2, True)
    assert [(charge.kind, str(charge.amount)) for charge in after.charges] == [
        ("product", "30.00 USD"),
        ("excess", "1.50 USD"),
    ]


async def test_all_returns_are_read_page_by_page(opened, control):
    (order_id,) = control("orders", {"lines": [{"sku": "A", "quantity": 405, "line_number": 1}]})["ids"]
    control("ship", {"purchase_order_id": order_id})
    made = control("returns", {"purchase_order_id": order_id, "lines": [{"line": "1", "quantity": 1}], "count": 405})
    control("clock", {"advance_s": 60})

    async with opened() as (connection, client):
        await client.get("/v3/token/detail")
        found, _ = await read(returns_since(await client.vendor_now(), connection, client), client)

    assert set(found) == set(made["ids"])


def settlements(connection, client):
    source = SettlementSource(since="2026-01-01")
    source.bind(connection, client)
    return source


UNTIDY = {"shuffle_columns": True, "extra_columns": ["Campaign Id", "Item Condition"], "bom": True, "quote_all": True}


@pytest.mark.parametrize("untidy", [{}, UNTIDY])
async def test_a_settlement_adds_up_to_the_cent_however_its_file_is_written(opened, control, untidy):
    for order_id in control("orders", {"count": 12})["ids"]:
        control("ship", {"purchase_order_id": order_id})
        control("returns", {"purchase_order_id": order_id, "refund": "issued", "excess": "0.77"})
    fees = [{"description": "Walmart Product Advertising", "amount": "-17.31"}]
    closed = control("settlements", {"fees": fees, "reserve": "25.00", "repeat": 3, **untidy})

    async with opened(read_only=True) as (connection, client):
        source = settlements(connection, client)
        found, value = await read(source, client)
        again, _ = await read(source, client, value)

    lines = [source.to_document(record.raw) for record in found.values()]
    (summary,) = [line for line in lines if line.payable]
    amounts = [line.amount.amount for line in lines if line is not summary]
    assert len(lines) == len(closed["rows"])
    assert sum(amounts) == summary.payable.amount == summary.total.amount == Decimal(str(closed["payable"]))
    assert again == {}


async def test_a_row_that_was_tampered_with_shows_in_the_total(opened, control):
    (order_id,) = control("orders", {})["ids"]
    control("ship", {"purchase_order_id": order_id})
    control("settlements", {"tamper": {"row": 1, "amount": "0.01"}, "damage": 1})

    async with opened() as (connection, client):
        source = settlements(connection, client)
        found, _ = await read(source, client)

    summary, damaged, *others = [record.raw for record in found.values()]
    assert source.to_document(summary).payable != source.to_document(summary).total
    with pytest.raises(HoldError, match="spreadsheet"):
        source.to_document(damaged)
    assert {source.to_document(raw).order for raw in others} == {order_id}


async def test_a_connection_test_names_what_returns_and_reports_need(opened, control):
    control("settings", {"scopes": {"orders": "view_only", "returns": "no_access"}})
    used = frozenset({"walmart.orders", "walmart.returns", "walmart.settlements", "walmart.unshipped"})

    async with opened(read_only=True) as (connection, client):
        report = await connection.test(client, used)

    assert set(report.missing) == {"returns: view_only", "reports: view_only"}


async def test_an_order_that_left_after_the_month_is_unshipped_as_of_its_end(opened, control):
    lines = [{"sku": "A", "quantity": 3, "line_number": 1}]
    placed, next_month = datetime.now(UTC), (datetime.now(UTC).replace(day=1) + timedelta(days=32)).replace(day=1)
    end = next_month.replace(hour=0, minute=0, second=0, microsecond=0)
    order_id, other = (control("orders", {"lines": lines})["ids"][0] for _ in range(2))
    before = (end - timedelta(seconds=1)).isoformat()
    control("ship", {"purchase_order_id": order_id, "lines": {"1": 1}, "at": before})
    control("ship", {"purchase_order_id": other, "at": before})
    control("clock", {"to": (end + timedelta(hours=1)).isoformat()})
    control("ship", {"purchase_order_id": order_id})

    async with opened(read_only=True) as (connection, client):
        await client.get("/v3/token/detail")
        source = UnshippedSource(timezone="UTC", since=placed)
        source.bind(connection, client)
        found, value = await read(source, client)
        again, _ = await read(source, client, value)

    month = f"{placed:%Y-%m}"
    assert list(found) == [f"{month}/{order_id}"]
    document = source.to_document(found[f"{month}/{order_id}"].raw)
    assert (document.as_of, document.unshipped) == ((end - timedelta(days=1)).date(), {"1": Decimal(2)})
    assert again == {}
