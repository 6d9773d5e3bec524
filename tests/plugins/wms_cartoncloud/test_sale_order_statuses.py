"""Reading where sale orders stand: windows, pages that move, customers, and what a status says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import ConfigError, RejectedError, TransientError
from crossdock_wms_cartoncloud.api import ReadRefusedError
from crossdock_wms_cartoncloud.listing import Report
from crossdock_wms_cartoncloud.sale_order_statuses import SaleOrderStatusSource
from crossdock_wms_cartoncloud.searching import conditions

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CUSTOMER = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def source(customer: str = "Acme Trading", **given: Any) -> SaleOrderStatusSource:
    return SaleOrderStatusSource(customer=customer, **given)


def keys(batches: Any) -> list[str]:
    return [record.key for batch in batches for record in batch.records]


def searches(tenant: Any) -> list[Any]:
    return [json.loads(one.content)["condition"]["conditions"] for one in tenant.requests if one.method == "POST"]


# ---------------------------------------------------------------- what is read


@pytest.mark.anyio
async def test_first_read_goes_31_days_back_and_says_so(tenant: Any, read: Any) -> None:
    tenant.add("old")
    tenant.clock.advance(32 * 86_400)
    tenant.add("new")

    batches = await read(source(), tenant)

    assert keys(batches) == ["new"]
    assert batches[0].backfill
    assert "first read" in batches[-1].note
    assert batches[-1].cursor == tenant.clock.now().isoformat()
    assert [batch.cursor for batch in batches[:-1]] == [None]


@pytest.mark.anyio
async def test_next_read_brings_what_changed_since_less_overlap_and_lag(tenant: Any, read: Any) -> None:
    for key, age in (("before", 400), ("overlapped", 305), ("after", 100)):
        tenant.clock.advance(-age)
        tenant.add(key)
        tenant.clock.advance(age)

    batches = await read(source(), tenant, tenant.clock.now().isoformat(), read_lag="10s")

    assert keys(batches) == ["overlapped", "after"]
    assert not batches[0].backfill
    assert batches[-1].note is None


@pytest.mark.anyio
async def test_sweep_reads_the_whole_open_window_again(tenant: Any, read: Any) -> None:
    tenant.add("long-ago")
    tenant.clock.advance(20 * 86_400)

    polled = await read(source(), tenant, tenant.clock.now().isoformat())
    swept = await read(source(), tenant, tenant.clock.now().isoformat(), sweep=True)

    assert (keys(polled), keys(swept)) == ([], ["long-ago"])


@pytest.mark.anyio
async def test_record_bears_the_orders_version_and_names(tenant: Any, read: Any) -> None:
    order = tenant.add("so-1")
    tenant.change(order)

    (record,) = (await read(source(), tenant))[0].records

    assert (record.key, record.version, record.raw) == ("so-1", 2, order)
    assert record.identifiers == {"customer_reference": "PO-so-1", "numeric_id": "780"}


@pytest.mark.anyio
async def test_a_row_that_is_malformed_stops_itself_alone(tenant: Any, read: Any) -> None:
    tenant.add("good")
    tenant.add("odd", references=None, items="none", version="x")

    records = {record.key: record for record in (await read(source(), tenant))[0].records}

    assert (records["odd"].version, records["odd"].identifiers) == (None, {})
    assert source().to_document(records["good"].raw).id == "good"
    with pytest.raises(RejectedError, match="items") as caught:
        source().to_document(records["odd"].raw)
    assert caught.value.code == "malformed_sale_order"


# ---------------------------------------------------------------- whose orders


@pytest.mark.anyio
async def test_name_is_looked_up_however_it_is_spelt_and_once(tenant: Any, read: Any) -> None:
    tenant.add("so-1")
    ours = source("acme trading ")

    first = await read(ours, tenant)
    again = await read(ours, tenant)

    assert keys(first) == keys(again) == ["so-1"]
    assert [one.url.path.rpartition("/")[2] for one in tenant.requests] == ["customers", "search", "search"]
    assert searches(tenant)[0][0]["field"]["pointer"] == "/customer/id"


@pytest.mark.anyio
async def test_name_as_written_has_to_do_where_customers_may_not_be_listed(tenant: Any, read: Any) -> None:
    tenant.add("so-1")
    tenant.add("so-2", customer={"name": "Beta"})
    tenant.customers = []

    assert keys(await read(source(), tenant)) == ["so-1"]
    assert searches(tenant)[0][0]["field"]["pointer"] == "/customer/name"


@pytest.mark.anyio
@pytest.mark.parametrize(("listed", "named"), [(["Beta"], "no customer"), (["Acme Trading"] * 2, "2 customers")])
async def test_customer_that_is_not_one_is_refused_by_name(
    tenant: Any, read: Any, listed: list[str], named: str
) -> None:
    tenant.customers = [{"id": f"c-{at}", "name": name} for at, name in enumerate(listed)]

    with pytest.raises(ConfigError, match=named) as caught:
        await read(source(), tenant)

    assert "UUID" in (caught.value.fix or "")


@given(
    owners=st.lists(
        st.sampled_from(
            [("cust-1", "Acme Trading"), ("cust-2", "Acme Trading"), ("cust-2", "Beta"), (None, "Beta"), (None, None)]
        ),
        max_size=12,
    ),
    page_size=st.integers(1, 5),
)
@FIXTURES
def test_no_order_of_another_customer_is_ever_yielded_whatever_the_search_finds(
    new_tenant: Any, read: Any, owners: list[Any], page_size: int
) -> None:
    tenant = new_tenant()
    tenant.careless, tenant.page_size = True, page_size
    for place, (key, name) in enumerate(owners):
        tenant.add(f"so-{place}", customer={"id": key, "name": name} if key or name else None)

    found = keys(asyncio.run(read(source(), tenant)))

    assert found == [f"so-{place}" for place, (key, _) in enumerate(owners) if key == "cust-1"]


@pytest.mark.anyio
async def test_fetch_gives_one_order_and_none_of_another_customer(tenant: Any, read: Any) -> None:
    ours = source()
    await read(ours, tenant)
    order = tenant.add("so-1")
    tenant.add("so-2", customer={"id": "cust-2", "name": "Beta"})

    found = await ours.fetch("so-1")

    assert (found.raw, found.version) == (order, 1)
    assert await ours.fetch("so-2") is None
    assert await ours.fetch("so-3") is None


@pytest.mark.anyio
async def test_a_proxys_page_is_no_proof_that_an_order_is_gone(
    tenant: Any, read: Any, reader: Any, connect: Any
) -> None:
    ours = source(CUSTOMER)
    ours.bind(connect(), reader)
    reader.will_answer(404, content=b"<html>Not Found</html>")

    with pytest.raises(TransientError):
        await ours.fetch("so-1")


@pytest.mark.anyio
async def test_missing_role_is_named(reader: Any, connect: Any, tenant: Any) -> None:
    ours = source(CUSTOMER)
    ours.bind(connect(), reader)
    reader.will_answer(403, [{"message": "Forbidden"}])

    with pytest.raises(ReadRefusedError) as caught:
        async for _ in ours.search.since("modified", NOW, NOW, Report()):
            pass

    assert "WMS Create Jobs" in (caught.value.fix or "")


# ---------------------------------------------------------------- pages that move


@pytest.mark.anyio
async def test_pages_are_turned_and_each_version_comes_once(tenant: Any, read: Any) -> None:
    tenant.page_size = 2
    for number in range(5):
        tenant.add(f"so-{number}")

    def push_down() -> None:  # the last row comes first: after page one, every row is one further
        if len(tenant.requests) == 2:
            tenant.orders.insert(0, tenant.orders.pop())

    tenant.meanwhile = push_down

    batches = await read(source(), tenant)

    assert sorted(keys(batches)) == [f"so-{number}" for number in range(5)]


@pytest.mark.anyio
async def test_cursor_stays_where_the_list_never_stands_still(tenant: Any, read: Any) -> None:
    tenant.page_size = 2
    for number in range(9):
        tenant.add(f"so-{number}")

    def churn() -> None:
        del tenant.orders[0]
        tenant.add(f"new-{len(tenant.requests)}")
        tenant.add(f"more-{len(tenant.requests)}")

    tenant.meanwhile = churn

    batches = await read(source(), tenant)

    assert all(batch.cursor is None for batch in batches)
    assert "kept moving" in batches[-1].note


@pytest.mark.anyio
async def test_a_total_that_counts_what_we_may_not_see_does_not_stop_the_cursor(
    reader: Any, connect: Any, tenant: Any
) -> None:
    ours = source(CUSTOMER)
    ours.bind(connect(), reader)
    rows = [[{"id": "a", "customer": {"id": CUSTOMER}}], [{"id": "b", "customer": {"id": CUSTOMER}}]]
    for _ in range(2):
        for page in rows:
            reader.will_answer(200, page, headers={"Total-Pages": "2", "Total-Elements": "77"})
    found = Report()

    got = [row["id"] async for rows in ours.search.since("modified", NOW, NOW, found) for row in rows]

    assert (got, found.complete) == (["a", "b"], True)


OPERATIONS = st.sampled_from(["nothing", "change", "change_first", "change_last", "delete", "create_first", "create"])


def operate(tenant: Any, operation: str, place: int) -> None:
    """One thing that happens in a warehouse; where the row then stands is the tenant's business."""
    tenant.clock.advance(1)
    if operation.startswith("create"):
        tenant.add(f"new-{len(tenant.requests)}-{len(tenant.orders)}")
        if operation == "create_first":
            tenant.orders.insert(0, tenant.orders.pop())
    elif operation != "nothing" and tenant.orders:
        order = tenant.orders.pop(place % len(tenant.orders))
        if operation == "delete":
            return
        tenant.change(order)
        spot = {"change": place % (len(tenant.orders) + 1), "change_first": 0, "change_last": len(tenant.orders)}
        tenant.orders.insert(spot[operation], order)


@given(
    orders=st.integers(0, 9),
    page_size=st.integers(1, 4),
    happening=st.lists(st.tuples(OPERATIONS, st.integers(0, 20)), max_size=12),
)
@FIXTURES
def test_every_modified_order_is_seen_at_last_whatever_happens_between_pages(
    new_tenant: Any, read: Any, orders: int, page_size: int, happening: list[tuple[str, int]]
) -> None:
    tenant, ours, seen = new_tenant(), source(), {}
    tenant.page_size = page_size
    for number in range(orders):
        tenant.add(f"so-{number}")
    tenant.clock.advance(86_400)
    events = iter(happening)

    def one() -> None:
        event = next(events, None)
        if event is not None:
            operate(tenant, *event)

    async def follow() -> None:
        cursor = None
        for calm in (False, True):
            tenant.meanwhile = (lambda: None) if calm else one
            batches = await read(ours, tenant, cursor)
            cursor = next((batch.cursor for batch in batches if batch.cursor), cursor)
            seen.update({record.key: record.version for batch in batches for record in batch.records})
            tenant.clock.advance(3600)

    asyncio.run(follow())

    assert {order["id"]: seen.get(order["id"]) for order in tenant.orders} == {
        order["id"]: order["version"] for order in tenant.orders
    }


# ---------------------------------------------------------------- how times are written


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("understood", "mode"),
    [({"Text", "Date", "DateTime"}, "datetime"), ({"Text", "Date"}, "date"), ({"Text"}, "starts_with")],
)
async def test_search_falls_back_to_what_the_tenant_understands_and_remembers_it(
    tenant: Any, read: Any, understood: set[str], mode: str
) -> None:
    tenant.understands = understood
    ours, cursor = source(), tenant.clock.now().isoformat()
    tenant.add("so-1")
    tenant.clock.advance(60)

    first = await read(ours, tenant, cursor)
    asked = len(searches(tenant))
    again = await read(ours, tenant, cursor)

    assert keys(first) == keys(again) == ["so-1"]
    assert ours.search.mode == mode
    assert len(searches(tenant)) == asked + 1
    assert (f"time_filter: {mode}" in (first[-1].note or "")) == (mode != "datetime")


@pytest.mark.anyio
async def test_days_bring_no_older_orders_than_moments_do(tenant: Any, read: Any) -> None:
    tenant.add("this-morning")
    tenant.clock.advance(3 * 3600)
    tenant.add("just-now")

    for mode in ("datetime", "date", "starts_with"):
        batches = await read(source(), tenant, tenant.clock.now().isoformat(), time_filter=mode)
        assert keys(batches) == ["just-now"]


@pytest.mark.anyio
async def test_refusal_that_does_not_concern_the_condition_is_none_of_the_filter(
    reader: Any, connect: Any, tenant: Any
) -> None:
    ours = source(CUSTOMER)
    ours.bind(connect(), reader)
    reader.will_answer(400, [{"message": "Missing header: Accept-Version"}])

    with pytest.raises(ReadRefusedError):
        async for _ in ours.search.since("modified", NOW, NOW, Report()):
            pass

    assert ours.search.mode == "datetime"


@pytest.mark.anyio
async def test_search_gives_up_where_no_way_to_write_times_is_left(tenant: Any, read: Any) -> None:
    tenant.understands = set()

    with pytest.raises(ReadRefusedError):
        await read(source(), tenant)


@given(st.integers(0, 100), st.integers(-12, 14), st.integers(0, 86_399))
def test_days_cover_every_moment_of_the_window_in_any_zone(days: int, offset: int, seconds: int) -> None:
    start = NOW - timedelta(days=days)

    searched = list(conditions("starts_with", "/timestamps/modified/time", start, NOW))

    named = [one["value"]["value"] for search in searched for one in search["conditions"]]
    assert all(len(search["conditions"]) <= 31 for search in searched)
    assert len(named) == len(set(named)) == days + 3
    moment = min(start + timedelta(seconds=seconds), NOW) + timedelta(hours=offset)
    assert moment.date().isoformat() in named


# ---------------------------------------------------------------- what a status says


def test_document_says_where_the_order_stands(wire: Callable[..., Any]) -> None:
    stamps = {"modified": {"time": "2026-11-02T09:00:00-05:00"}}

    change = source().to_document(wire(status="PICKED", timestamps=stamps))

    assert (change.kind, change.id, change.reference) == ("sale_order", "so-1", "108900000000001")
    assert (change.status, change.known, change.at) == ("PICKED", True, datetime(2026, 11, 2, 14, 0, tzinfo=UTC))
    assert [(line.number, line.sku, line.quantity, line.unit) for line in change.lines or ()] == [
        ("item-1", "MUG-01", 2, "UNIT"),
        ("item-2", "CUP-02", 1, "UNIT"),
    ]


@pytest.mark.parametrize(
    ("status", "known"),
    [("DRAFT", True), ("PICKING_IN_PROGRESS", True), ("ON_THE_MOON", False), ("", False), (None, False)],
)
def test_document_says_whether_the_status_is_known(wire: Any, status: str | None, known: bool) -> None:
    change = source().to_document(wire(status=status))

    assert (change.status, change.known) == (status or "", known)


@pytest.mark.parametrize(
    ("changes", "stated"),
    [
        ({"status": "REJECTED", "items": []}, None),
        ({"status": "REJECTED", "items": None}, None),
        ({"items": []}, ()),
    ],
)
def test_lines_of_a_rejected_order_are_not_gone(wire: Any, changes: Any, stated: Any) -> None:
    assert source().to_document({**wire(), **changes}).lines == stated


def test_order_that_bears_no_items_at_all_states_no_lines(wire: Any) -> None:
    order = wire()
    del order["items"]

    assert source().to_document(order).lines is None


@pytest.mark.parametrize("stamp", [None, "yesterday", "2026-11-02T09:00:00", 5])
def test_order_without_a_time_that_bears_its_offset_is_rejected(wire: Any, stamp: Any) -> None:
    with pytest.raises(RejectedError, match="787061"):
        source().to_document(wire(timestamps={"modified": {"time": stamp}}))


def test_error_of_a_malformed_order_quotes_nothing(wire: Any) -> None:
    with pytest.raises(RejectedError) as caught:
        source().to_document(wire(references="Robin Sample"))

    assert "Robin" not in str(caught.value)
    assert caught.value.__cause__ is None
