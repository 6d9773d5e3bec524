"""Walmart's endpoints as they were recorded, or typed from the documentation: each cassette says which."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from datetime import timedelta
from importlib.metadata import version
from typing import Any

import pytest

from crossdock import CredentialsError, Cursor, RejectedError, Secret, TransientError
from crossdock_walmart.api import OrderQuery, WalmartApi
from crossdock_walmart.auth import ClientCredentials
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.orders import OrderSource
from crossdock_walmart.returns import ReturnSource
from crossdock_walmart.settlements import SettlementSource

pytestmark = pytest.mark.anyio


@pytest.fixture
def simulator(recording: bool) -> Iterator[Any]:
    """The marketplace that is recorded, with five orders in it; nothing at all while replaying."""
    if not recording:
        yield None
        return
    from crossdock_walmart.simulator import WalmartSimulator

    made = WalmartSimulator(seed=1)
    shipped = made.control("orders", {"count": 5})["ids"][0]
    made.control("ship", {"purchase_order_id": shipped})
    made.control("returns", {"purchase_order_id": shipped, "refund": "issued", "excess": "2.50"})
    made.control(
        "settlements", {"report_date": "11202026", "fees": [{"amount": "-1.25", "description": "WFS StorageFee"}]}
    )
    with made.running() as url:
        yield made, url


@pytest.fixture
def remote_url(simulator: Any, recording: bool) -> str:
    return simulator[1] if recording else ""


@pytest.fixture
def cassette_origin() -> str:
    return f"against the simulator walmart of crossdock-walmart {version('crossdock-walmart')}"


@pytest.fixture
def arrange(simulator: Any, recording: bool) -> Any:
    """Turn the marketplace's settings before it is recorded."""

    def control(verb: str, **body: Any) -> None:
        if recording:
            simulator[0].control(verb, body)

    return control


@pytest.fixture
def connection(cassette: Any) -> WalmartConnection:
    auth = ClientCredentials(
        client_id=cassette.given("WALMART_CLIENT_ID", "client-1"),
        client_secret=Secret.literal(cassette.given("WALMART_CLIENT_SECRET", "not-the-real-one")),
    )
    return WalmartConnection(base_url=cassette.base_url, auth=auth)


def last_days(cassette: Any, days: int = 2) -> OrderQuery:
    return OrderQuery(
        "SellerFulfilled", cassette.now - timedelta(days=days), cassette.now + timedelta(hours=1), open_ended=True
    )


async def test_orders_are_listed_with_their_lines(cassette: Any, connection: WalmartConnection) -> None:
    async with cassette.client(connection) as client:
        page = await WalmartApi(client).orders(last_days(cassette))

    assert page.total == 5
    assert page.next_cursor is None
    source = OrderSource(since=cassette.now)
    orders = [source.to_document(raw) for raw in page.orders]
    assert len({order.number for order in orders}) == 5
    assert all(order.fulfilled_by == "seller" and order.lines and order.ship_to.country == "US" for order in orders)


async def test_orders_beyond_a_page_are_found_by_the_raw_cursor(cassette: Any, connection: WalmartConnection) -> None:
    created_from = (cassette.now - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")

    async with cassette.client(connection) as client:
        api, pages = WalmartApi(client), []
        cursor: str | None = f"?shipNodeType=SellerFulfilled&limit=2&createdStartDate={created_from}"
        while cursor is not None:
            pages.append(await api.more_orders(cursor))
            cursor = pages[-1].next_cursor

    assert [len(page.orders) for page in pages] == [2, 2, 1]
    assert len({order["purchaseOrderId"] for page in pages for order in page.orders}) == 5


async def test_the_source_reads_the_window_and_leaves_a_cursor(cassette: Any, connection: WalmartConnection) -> None:
    source = OrderSource(since=cassette.now - timedelta(days=2))

    async with cassette.client(connection) as client:
        source.bind(connection, client)
        async with aclosing(source.read(Cursor(None, cassette.now + timedelta(minutes=5)))) as read:
            batches = [batch async for batch in read]

    assert sum(len(batch.records) for batch in batches) == 5
    assert [batch.cursor is not None for batch in batches] == [False] * (len(batches) - 1) + [True]


async def test_no_orders_are_no_fault(cassette: Any, connection: WalmartConnection) -> None:
    query = OrderQuery("3PLFulfilled", cassette.now - timedelta(days=2), cassette.now)

    async with cassette.client(connection) as client:
        page = await WalmartApi(client).orders(query)

    assert page.orders == ()


async def test_one_order_is_read_and_one_that_is_not_there_is_none(
    cassette: Any, connection: WalmartConnection
) -> None:
    async with cassette.client(connection) as client:
        api = WalmartApi(client)
        listed = (await api.orders(last_days(cassette))).orders[0]
        found, missing = await api.order(listed["purchaseOrderId"]), await api.order("999999999999999")

    assert found is not None
    assert found["purchaseOrderId"] == listed["purchaseOrderId"]
    assert missing is None


async def test_connection_test_names_scopes_and_nodes(cassette: Any, connection: WalmartConnection) -> None:
    async with cassette.client(connection) as client:
        report = await connection.test(client, frozenset({"orders"}))

    assert report.ok
    assert any(scope.startswith("orders") for scope in report.granted)
    assert report.choices["ship_nodes"]


async def test_connection_test_names_the_missing_scope(
    cassette: Any, connection: WalmartConnection, arrange: Any
) -> None:
    arrange("settings", scopes={"orders": "no_access", "shipping": "view_only"})

    async with cassette.client(connection) as client:
        report = await connection.test(client, frozenset({"orders"}))

    assert not report.ok
    assert "orders" in report.missing[0]


async def test_a_return_is_read_with_what_was_paid_back(cassette: Any, connection: WalmartConnection) -> None:
    source = ReturnSource(since=cassette.now - timedelta(days=2))

    async with cassette.client(connection) as client:
        source.bind(connection, client)
        async with aclosing(source.read(Cursor(None, cassette.now + timedelta(minutes=5)))) as read:
            records = [record async for batch in read for record in batch.records]

    (record,) = records
    made = source.to_document(record.raw)
    assert all(line.refunded_quantity == line.quantity and line.refunded_at for line in made.lines)
    assert {charge.kind for line in made.lines for charge in line.charges} == {"product", "excess"}


async def test_a_settlement_report_is_read_and_adds_up(cassette: Any, connection: WalmartConnection) -> None:
    source = SettlementSource(since="2026-11-01")

    async with cassette.client(connection) as client:
        source.bind(connection, client)
        async with aclosing(source.read(Cursor(None, cassette.now))) as read:
            records = [record async for batch in read for record in batch.records]

    lines = [source.to_document(record.raw) for record in records]
    assert lines[0].payable == lines[0].total
    assert sum(line.amount.amount for line in lines[1:]) == lines[0].amount.amount
    assert {line.kind for line in lines} == {"PaymentSummary", "Sale", "Refund", "Service Fee"}


async def test_wrong_credentials_are_refused_by_name(
    cassette: Any, connection: WalmartConnection, arrange: Any
) -> None:
    arrange("settings", reject_credentials=True)

    async with cassette.client(connection) as client:
        with pytest.raises(CredentialsError, match="client-1") as caught:
            await client.get("/v3/orders")

    assert "not-the-real-one" not in str(caught.value)


async def test_a_throttled_call_is_repeated_as_its_headers_say(
    cassette: Any, connection: WalmartConnection, arrange: Any
) -> None:
    arrange("faults", path="/v3/orders", status=429, times=1)

    async with cassette.client(connection) as client:
        page = await WalmartApi(client).orders(last_days(cassette))

    assert page.total == 5


async def test_a_token_answered_as_xml_is_read(cassette: Any, connection: WalmartConnection) -> None:
    async with cassette.client(connection) as client:
        page = await WalmartApi(client).orders(last_days(cassette))

    assert page.orders == ()


async def test_a_page_of_html_is_an_outage_and_no_empty_list(cassette: Any, connection: WalmartConnection) -> None:
    async with cassette.client(connection) as client:
        with pytest.raises(TransientError, match="520"):
            await WalmartApi(client).orders(last_days(cassette))


async def test_a_404_that_is_not_walmarts_own_is_no_empty_list(cassette: Any, connection: WalmartConnection) -> None:
    async with cassette.client(connection) as client:
        with pytest.raises(TransientError, match="404 in a way that Walmart does not"):
            await WalmartApi(client).orders(last_days(cassette))


async def test_a_refused_query_names_code_and_field_alone(cassette: Any, connection: WalmartConnection) -> None:
    async with cassette.client(connection) as client:
        with pytest.raises(RejectedError, match=r"INVALID_REQUEST_PARAM\.GMP_ORDER_API") as caught:
            await WalmartApi(client).orders(last_days(cassette))

    assert caught.value.facts["field"] == "shipNodeType"
    assert "description" not in caught.value.facts
