"""Watching what was dispatched: late and changed tracking, resets, and how few requests that costs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import NothingToDo, NotYetError
from crossdock.jsonio import dumps, loads
from crossdock_wms_cartoncloud.api import ReadRefusedError
from crossdock_wms_cartoncloud.dispatches import DispatchSource
from crossdock_wms_cartoncloud.listing import Report

DAY = 86_400
FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def source(**given: Any) -> DispatchSource:
    return DispatchSource(**{"customer": "Acme Trading", **given})


def records(batches: Any) -> dict[str, Any]:
    return {record.key: record for batch in batches for record in batch.records}


def cursor_of(batches: Any) -> Any:
    assert [batch.cursor for batch in batches[:-1]] == [None] * (len(batches) - 1)
    return loads(dumps(batches[-1].cursor))


def asked(tenant: Any, resource: str) -> list[Any]:
    return [one for one in tenant.requests if resource in one.url.path]


@pytest.mark.anyio
async def test_dispatched_orders_come_with_their_consignments(tenant: Any, read: Any) -> None:
    order = tenant.add("so-1", "DISPATCHED")
    tenant.add("so-2")
    mine = [tenant.consign("so-1", number) for number in ("A", "B")]
    tenant.consign("so-2", "C")
    tenant.consignments.reverse()

    batches = await read(source(), tenant)

    (record,) = records(batches).values()
    assert record.raw == {"sale_order": order, "consignments": mine}
    assert (record.key, record.version) == ("so-1", None)
    names = {"customer_reference": "PO-so-1", "numeric_id": "780", "consignment": "con-1", "consignment_2": "con-2"}
    assert record.identifiers == names
    assert batches[0].backfill
    assert "first read" in batches[-1].note


@pytest.mark.anyio
async def test_late_and_changed_tracking_is_seen_although_the_order_does_not_change(tenant: Any, read: Any) -> None:
    ours = source()
    tenant.add("so-1", "DISPATCHED")
    first = await read(ours, tenant)
    with pytest.raises(NotYetError):
        ours.to_document(records(first)["so-1"].raw)

    seen = []
    consignment = tenant.consign("so-1", None)
    for number in ("A", "B", "A"):
        tenant.clock.advance(3 * DAY)
        consignment["references"] = {"tracking": number}
        batches = await read(ours, tenant, cursor_of(first))
        seen += [ours.to_document(records(batches)["so-1"].raw).packages[0].tracking_number]

    assert seen == ["A", "B", "A"]


@pytest.mark.anyio
async def test_orders_are_watched_as_long_as_settings_say(tenant: Any, read: Any) -> None:
    ours = source(watch="2d")
    tenant.add("so-1", "DISPATCHED")
    cursor = cursor_of(await read(ours, tenant))
    tenant.clock.advance(DAY)
    watched = await read(ours, tenant, cursor)
    cursor = cursor_of(watched)
    tenant.clock.advance(DAY - 30)
    cursor = cursor_of(await read(ours, tenant, cursor))
    tenant.clock.advance(60)

    over = await read(ours, tenant, cursor)

    assert list(records(watched)) == ["so-1"]
    assert records(over) == {}
    assert cursor_of(over)["watched"] == {}
    assert asked(tenant, "outbound-orders/so-1") == []


@pytest.mark.anyio
async def test_what_was_dispatched_during_a_long_outage_is_not_missed(tenant: Any, read: Any) -> None:
    ours = source(watch="2d")
    cursor = cursor_of(await read(ours, tenant))
    tenant.add("so-1", "DISPATCHED")
    tenant.clock.advance(10 * DAY)

    assert list(records(await read(ours, tenant, cursor))) == ["so-1"]


@pytest.mark.anyio
async def test_order_that_staff_reset_is_noticed_and_stays_watched(tenant: Any, read: Any) -> None:
    ours = source()
    order = tenant.add("so-1", "DISPATCHED")
    tenant.consign("so-1", "A")
    cursor = cursor_of(await read(ours, tenant))
    stamps = order["timestamps"]
    order.update(status="PACKING_IN_PROGRESS", version=4, timestamps={"modified": stamps["modified"]})

    reset = await read(ours, tenant, cursor)
    order.update(status="DISPATCHED", version=5, timestamps=stamps)
    again = await read(ours, tenant, cursor_of(reset))

    raw = records(reset)["so-1"].raw
    assert (raw["sale_order"]["version"], raw["consignments"]) == (4, [])
    with pytest.raises(NothingToDo, match="PACKING_IN_PROGRESS"):
        ours.to_document(raw)
    assert "so-1" in cursor_of(reset)["watched"]
    assert ours.to_document(records(again)["so-1"].raw).packages[0].tracking_number == "A"


@pytest.mark.anyio
async def test_order_that_is_gone_is_watched_no_more(tenant: Any, read: Any) -> None:
    ours = source()
    tenant.add("so-1", "DISPATCHED")
    cursor = cursor_of(await read(ours, tenant))
    tenant.orders.clear()

    batches = await read(ours, tenant, cursor)

    assert records(batches) == {}
    assert cursor_of(batches)["watched"] == {}


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # it counts requests, whatever the event loop
async def test_2000_watched_orders_cost_60_requests(tenant: Any, read: Any) -> None:
    for number in range(2000):
        tenant.add(f"so-{number}", "DISPATCHED")
        tenant.consign(f"so-{number}", str(number))
    ours = source()
    cursor = cursor_of(await read(ours, tenant))
    tenant.requests.clear()

    batches = await read(ours, tenant, cursor)

    assert len(records(batches)) == 2000
    assert (len(asked(tenant, "outbound-orders")), len(asked(tenant, "consignments"))) == (20, 40)


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["datetime", "date", "starts_with"])
async def test_days_find_what_moments_find(tenant: Any, read: Any, mode: str) -> None:
    tenant.add("old", "DISPATCHED")
    tenant.clock.advance(14 * DAY + 3600)
    tenant.add("new", "DISPATCHED")

    assert list(records(await read(source(), tenant, time_filter=mode))) == ["new"]


@pytest.mark.anyio
async def test_fewer_orders_are_named_where_the_tenant_takes_no_more(tenant: Any, read: Any) -> None:
    tenant.most_conditions = 7
    for number in range(20):
        tenant.add(f"so-{number}", "DISPATCHED")
        tenant.consign(f"so-{number}", f"T{number}")
    ours = source()

    found = records(await read(ours, tenant))

    assert [one.raw["consignments"][0]["references"]["tracking"] for one in found.values()] == [
        f"T{number}" for number in range(20)
    ]
    assert ours.consignments.together <= 7


@pytest.mark.anyio
async def test_consignment_that_does_not_name_its_order_is_told_by_the_question(reader: Any, connect: Any) -> None:
    ours = source(customer="1b4e28ba-2fa1-11d2-883f-0016d3cca427")
    ours.bind(connect(), reader)
    one, two = ({"id": key, "references": {"tracking": key}} for key in ("con-1", "con-2"))
    for page in ([one, two], [one], [two]):
        reader.will_answer(200, page, headers={"Total-Pages": "1", "Total-Elements": str(len(page))})

    found = await ours.consignments.of(["so-1", "so-2"], Report())

    assert found == {"so-1": [one], "so-2": [two]}


@pytest.mark.anyio
async def test_missing_role_is_named(reader: Any, connect: Any) -> None:
    ours = source(customer="1b4e28ba-2fa1-11d2-883f-0016d3cca427")
    ours.bind(connect(), reader)
    reader.will_answer(403, [{"message": "Forbidden"}])

    with pytest.raises(ReadRefusedError) as caught:
        await ours.consignments.of(["so-1"], Report())

    assert "TMS View Jobs" in (caught.value.fix or "")


@pytest.mark.anyio
async def test_fetch_gives_one_order_with_its_consignments_and_none_of_another_customer(tenant: Any, read: Any) -> None:
    ours = source()
    await read(ours, tenant)
    order = tenant.add("so-1", "DISPATCHED")
    consignment = tenant.consign("so-1", "A")
    tenant.add("so-2", "DISPATCHED", customer={"id": "cust-2", "name": "Beta"})

    found = await ours.fetch("so-1")

    assert found.raw == {"sale_order": order, "consignments": [consignment]}
    assert await ours.fetch("so-2") is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=8), st.integers(1, 3))
@FIXTURES
def test_no_order_and_no_consignment_of_another_customer_is_ever_yielded(
    new_tenant: Any, read: Any, orders: list[tuple[bool, int]], page_size: int
) -> None:
    tenant = new_tenant()
    tenant.careless, tenant.page_size = True, page_size
    for number, (ours, consignments) in enumerate(orders):
        whose = {"id": "cust-1", "name": "Acme Trading"} if ours else {"id": "cust-2", "name": "Acme Trading"}
        tenant.add(f"so-{number}", "DISPATCHED", customer=whose)
        for _ in range(consignments):
            tenant.consign(f"so-{number}", f"T{number}")

    found = records(asyncio.run(read(source(), tenant)))

    wanted = {f"so-{number}": [f"T{number}"] * count for number, (ours, count) in enumerate(orders) if ours}
    assert {
        key: [one["references"]["tracking"] for one in record.raw["consignments"]] for key, record in found.items()
    } == wanted
    named = [json.dumps(json.loads(one.content)) for one in asked(tenant, "consignments")]
    assert not [key for number, (ours, _) in enumerate(orders) if not ours for key in named if f'"so-{number}"' in key]


@pytest.mark.anyio
async def test_nothing_is_yielded_of_consignments_that_moved_while_they_were_read(tenant: Any, read: Any) -> None:
    tenant.page_size = 2
    tenant.add("so-1", "DISPATCHED")
    for number in range(9):
        tenant.consign("so-1", f"T{number}")

    def churn() -> None:
        if "consignments" in tenant.requests[-1].url.path:
            del tenant.consignments[0]
            tenant.consign("so-1", f"N{len(tenant.requests)}")
            tenant.consign("so-1", f"M{len(tenant.requests)}")

    tenant.meanwhile = churn

    batches = await read(source(), tenant)

    assert records(batches) == {}
    assert batches[-1].cursor is None
    assert "kept moving" in batches[-1].note


@pytest.mark.parametrize("given", [{"customer": " "}, {"watch": 14}, {"tracking_fields": {}}, {"fields": {}}])
def test_settings_refuse_what_they_do_not_know(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        source(**given)
