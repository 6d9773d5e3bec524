"""Statuses, dispatches and cancels against the simulator, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx
import pytest

from crossdock import (
    Absent,
    Answers,
    Context,
    Cursor,
    Done,
    HoldError,
    Known,
    Link,
    Links,
    NothingToDo,
    NotYetError,
    Ref,
)
from crossdock.clock import SystemClock
from crossdock.http import Client
from crossdock.testing import client_for
from crossdock_wms_cartoncloud.dispatches import DispatchSource, TrackingFields
from crossdock_wms_cartoncloud.sale_order import SaleOrderMapper
from crossdock_wms_cartoncloud.sale_order_statuses import SaleOrderStatusSource
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink

CartonCloudSimulator = pytest.importorskip("crossdock_wms_cartoncloud.simulator").CartonCloudSimulator
pytestmark = pytest.mark.anyio

UPS = {"carrier": "UPS", "number": "1Z9", "url": "https://ups.example.test/1Z9"}
MAPPER = SaleOrderMapper(customer="Acme Trading", default_warehouse="Sydney DC")


class World:
    """A simulator, a client of one tenant, and what a warehouse's staff does."""

    def __init__(self, url: str, connection: Any, client: Client) -> None:
        self.url, self.connection, self.client = url, connection, client
        self.sink = SaleOrderSink()
        self.sink.bind(connection, client)

    def control(self, verb: str, **body: Any) -> Any:
        return httpx.post(f"{self.url}/_sim/{verb}", json=body).raise_for_status().json()

    def sale_orders(self) -> list[Any]:
        orders: list[Any] = httpx.get(f"{self.url}/_sim/state").raise_for_status().json()["sale_orders"]
        return orders

    def bound(self, source: Any) -> Any:
        source.bind(self.connection, self.client)
        return source

    async def create(self, document: Any) -> Known:
        """Make a sale order, and give what the engine then knows."""
        effect = self.sink.plan(document, Known())
        answer = await self.client.perform(effect.steps[0], correlation_id="1")
        receipt = self.sink.receipt(effect, Answers([answer]))
        near, far = Ref("walmart/1", "order", document.reference), Ref("cc/1", receipt.kind, receipt.id)
        return Known(Links([Link(near, far, receipt.lines)]))

    async def plan(self, document: Any, known: Known) -> Any:
        """Look, then plan, as core does."""
        return self.sink.plan(document, Known(known.links, None, await self.sink.observe(document, known)))

    async def read(self, source: Any, cursor: Any = None) -> tuple[dict[str, Any], Any, list[str]]:
        async with aclosing(source.read(Cursor(cursor, await self.client.vendor_now()))) as batches:
            found = [batch async for batch in batches]
        records = {record.identifiers["customer_reference"]: record for batch in found for record in batch.records}
        return records, found[-1].cursor, [batch.note for batch in found if batch.note]


@pytest.fixture
def url() -> Iterator[str]:
    with CartonCloudSimulator(seed=1).running() as address:
        yield address


@pytest.fixture
def opened(url: str, connect: Any) -> Callable[..., Any]:
    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[World]:
        connection = connect(base_url=url, quotas="off", **settings)
        async with client_for(connection, clock=SystemClock()) as client:
            yield World(url, connection, client)

    return opened


def mapped(order: Any, known: Known) -> Any:
    return MAPPER.map(order, Context(key=order.number, pipeline="orders", links=known.links))


# ---------------------------------------------------------------- statuses


@pytest.mark.parametrize("supported", ["all", "starts_with_only"])
async def test_status_is_followed_to_dispatch_and_back(opened: Any, sale_order: Any, supported: str) -> None:
    async with opened() as world:
        world.control("settings", time_filter=supported)
        await world.create(sale_order())
        source, cursor, statuses = world.bound(SaleOrderStatusSource(customer="acme trading")), None, []
        moves = ({}, {"status": "PACKING_IN_PROGRESS"}, {"status": "DISPATCHED"}, {"status": "PACKED", "force": True})
        for move in (*moves, {"status": "AWAITING_PICK_AND_PACK", "reset": True}):
            if move:
                world.control("orders/108900000000001", **move)
            records, cursor, _ = await world.read(source, cursor)
            record = records["108900000000001"]
            statuses.append((record.version, source.to_document(record.raw).status))

    versions = [version for version, _ in statuses]
    assert [status for _, status in statuses] == [
        "AWAITING_PICK_AND_PACK", "PACKING_IN_PROGRESS", "DISPATCHED", "PACKED", "AWAITING_PICK_AND_PACK",
    ]  # fmt: skip
    assert versions == sorted(set(versions))
    assert source.search.mode == ("datetime" if supported == "all" else "starts_with")


async def test_orders_of_another_customer_stay_outside(opened: Any, sale_order: Any) -> None:
    async with opened() as world:
        await world.create(sale_order())
        await world.create(sale_order(customer="Second Seller"))
        for reference in ("108900000000001",):
            world.control(f"orders/{reference}", status="DISPATCHED", customer="Second Seller", tracking=UPS)
        theirs = next(one for one in world.sale_orders() if one["customer"]["name"] == "Second Seller")
        statuses = world.bound(SaleOrderStatusSource(customer="Acme Trading"))
        dispatches = world.bound(DispatchSource(customer="Acme Trading"))

        records, _, _ = await world.read(statuses)
        shipped, _, _ = await world.read(dispatches)

        assert [record.raw["customer"]["name"] for record in records.values()] == ["Acme Trading"]
        assert shipped == {}
        assert await statuses.fetch(theirs["id"]) is None
        assert await dispatches.fetch(theirs["id"]) is None


async def test_rejected_order_states_no_lines(opened: Any, sale_order: Any) -> None:
    async with opened() as world:
        await world.create(sale_order())
        world.control("orders/108900000000001", status="REJECTED", errors=["Address is a lighthouse"])
        source = world.bound(SaleOrderStatusSource(customer="Acme Trading"))

        records, _, _ = await world.read(source)

    change = source.to_document(records["108900000000001"].raw)
    assert (change.status, change.known, change.lines) == ("REJECTED", True, None)


async def test_every_order_is_read_over_many_pages(opened: Any, sale_order: Any) -> None:
    async with opened() as world:
        world.control("settings", max_page_size=3, quotas="off")
        for number in range(10):
            await world.create(sale_order(reference=f"PO-{number}"))

        records, _, notes = await world.read(world.bound(SaleOrderStatusSource(customer="Acme Trading")))

    assert sorted(records) == [f"PO-{number}" for number in range(10)]
    assert ["first read" in note for note in notes] == [True]


async def test_change_that_the_search_shows_late_is_read_next_time(opened: Any, sale_order: Any) -> None:
    async with opened() as world:
        await world.create(sale_order())
        source = world.bound(SaleOrderStatusSource(customer="Acme Trading"))
        world.control("clock", advance_s=60)
        world.control("settings", read_lag_s=30)
        world.control("orders/108900000000001", status="PACKING_IN_PROGRESS")
        early, cursor, _ = await world.read(source)
        world.control("clock", advance_s=31)
        late, _, _ = await world.read(source, cursor)

    assert early["108900000000001"].version < late["108900000000001"].version


# ---------------------------------------------------------------- dispatches


@pytest.mark.parametrize("consignments", ["packed", "import", "picked"])
async def test_dispatch_with_tracking_is_a_shipment_whose_lines_the_links_know(
    opened: Any, sale_order: Any, consignments: str
) -> None:
    async with opened() as world:
        world.control("settings", consignments=consignments)
        known = await world.create(sale_order())
        world.control("orders/108900000000001", status="DISPATCHED", tracking=UPS)
        source = world.bound(DispatchSource(customer="Acme Trading"))

        records, _, _ = await world.read(source)

    document = source.to_document(records["108900000000001"].raw)
    (package,) = document.packages
    assert document.order == "108900000000001"
    assert (package.carrier, package.tracking_number, package.tracking_url) == tuple(UPS.values())
    (link,) = known.links
    assert records["108900000000001"].key == link.far.id
    assert {line.line: (line.sku, str(line.quantity)) for line in package.lines} == {
        one["id"]: (one["sku"], one["quantity"]) for one in link.lines.values()
    }


async def test_late_then_changed_tracking_is_seen_each_time(opened: Any, sale_order: Any) -> None:
    async with opened() as world:
        await world.create(sale_order())
        world.control("orders/108900000000001", status="DISPATCHED")
        source = world.bound(DispatchSource(customer="Acme Trading"))
        records, cursor, _ = await world.read(source)
        with pytest.raises(NotYetError) as waiting:
            source.to_document(records["108900000000001"].raw)
        seen = []
        for number in ("A", "B", "A"):
            world.control("orders/108900000000001", tracking={"carrier": "UPS", "number": number})
            records, cursor, _ = await world.read(source, cursor)
            seen.append(source.to_document(records["108900000000001"].raw).packages[0].tracking_number)

    assert seen == ["A", "B", "A"]
    assert waiting.value.alert_at is not None


async def test_second_consignment_is_a_second_package(opened: Any, sale_order: Any) -> None:
    async with opened() as world:
        await world.create(sale_order())
        world.control("orders/108900000000001", status="DISPATCHED", tracking=UPS)
        world.control("orders/108900000000001", tracking={"carrier": "UPS", "number": "1Z10", "add": True})
        source = world.bound(DispatchSource(customer="Acme Trading"))

        records, _, _ = await world.read(source)

    document = source.to_document(records["108900000000001"].raw)
    assert [package.tracking_number for package in document.packages] == ["1Z9", "1Z10"]
    assert sum(line.quantity for package in document.packages for line in package.lines) == 3


async def test_custom_fields_are_read_where_no_consignment_is_ever_made(opened: Any, sale_order: Any) -> None:
    fields = TrackingFields(carrier="carrier_name", number="tracking_number", url="tracking_url")
    async with opened() as world:
        world.control("settings", consignments="never")
        await world.create(sale_order())
        world.control("orders/108900000000001", status="DISPATCHED", tracking=UPS)
        source = world.bound(DispatchSource(customer="Acme Trading", tracking_fields=fields))

        records, _, _ = await world.read(source)

    (package,) = source.to_document(records["108900000000001"].raw).packages
    assert (package.carrier, package.tracking_number, package.tracking_url) == tuple(UPS.values())


@pytest.mark.parametrize("supported", ["all", "starts_with_only"])
async def test_reset_is_noticed_and_dispatched_again(opened: Any, sale_order: Any, supported: str) -> None:
    async with opened() as world:
        world.control("settings", time_filter=supported)
        await world.create(sale_order())
        world.control("orders/108900000000001", status="DISPATCHED", tracking=UPS)
        source = world.bound(DispatchSource(customer="Acme Trading"))
        _, cursor, _ = await world.read(source)
        world.control("orders/108900000000001", status="AWAITING_PICK_AND_PACK", reset=True)
        reset, cursor, _ = await world.read(source, cursor)
        world.control("orders/108900000000001", status="DISPATCHED")
        again, _, _ = await world.read(source, cursor)

    with pytest.raises(NothingToDo, match="reset by staff"):
        source.to_document(reset["108900000000001"].raw)
    assert source.to_document(again["108900000000001"].raw).packages[0].tracking_number == "1Z9"


async def test_lines_that_staff_edited_come_as_they_are_now(opened: Any, sale_order: Any) -> None:
    async with opened() as world:
        await world.create(sale_order())
        world.control("edit/108900000000001", lines=[{"sku": "MUG-01", "quantity": 1}, {"sku": "NEW", "quantity": 4}])
        world.control("orders/108900000000001", status="DISPATCHED", tracking=UPS)
        source = world.bound(DispatchSource(customer="Acme Trading"))

        records, _, _ = await world.read(source)

    (package,) = source.to_document(records["108900000000001"].raw).packages
    assert [(line.sku, line.quantity) for line in package.lines] == [("MUG-01", 1), ("NEW", 4)]


async def test_connection_test_names_the_role_that_dispatches_need(opened: Any) -> None:
    used = frozenset({"wms_cartoncloud.dispatches"})
    async with opened() as world:
        granted = await world.connection.test(world.client, used)
        world.control("settings", roles=["WMS Create Jobs"])
        report = await world.connection.test(world.client, used)

    assert granted.granted == ("role WMS Create Jobs", "role TMS View Jobs")
    assert report.missing == ("role TMS View Jobs",)
    assert report.granted == ("role WMS Create Jobs",)


# ---------------------------------------------------------------- cancels


async def test_order_cancelled_in_time_is_deleted_once(opened: Any, order: Any, line: Any) -> None:
    cancelled = order(line(statuses={"cancelled": 2}))
    async with opened() as world:
        known = await world.create(mapped(order(), Known()))
        effect = await world.plan(mapped(cancelled, known), known)
        before = await world.sink.probe(effect)
        answers = [await world.client.perform(effect.steps[0], correlation_id="2") for _ in range(2)]
        receipts = [world.sink.receipt(effect, Answers([answer])) for answer in answers]
        after = await world.sink.probe(effect)

        with pytest.raises(NothingToDo, match="deleted already"):
            await world.plan(mapped(cancelled, known), known)
        left = world.sale_orders()

    assert before == Absent()
    assert [answer.status_code for answer in answers] == [204, 404]
    assert receipts[0] == receipts[1]
    assert after == Done(receipts[0])
    assert receipts[0].lines == known.links[0].lines
    assert left == []


async def test_cancelling_an_order_that_never_came_asks_and_plans_nothing(opened: Any, order: Any, line: Any) -> None:
    with pytest.raises(NothingToDo, match="before it was created"):
        mapped(order(line(statuses={"cancelled": 2})), Known())


async def test_order_cancelled_too_late_is_held_until_staff_reset_it(opened: Any, order: Any, line: Any) -> None:
    cancelled = order(line(statuses={"cancelled": 2}))
    async with opened() as world:
        known = await world.create(mapped(order(), Known()))
        world.control("orders/108900000000001", status="PACKING_IN_PROGRESS")
        with pytest.raises(HoldError) as caught:
            await world.plan(mapped(cancelled, known), known)
        world.control("orders/108900000000001", status="AWAITING_PICK_AND_PACK", reset=True)
        effect = await world.plan(mapped(cancelled, known), known)

    assert caught.value.code == "cancelled_too_late"
    assert "PACKING_IN_PROGRESS" in str(caught.value)
    assert effect.steps[0].method == "DELETE"


async def test_order_that_the_tenant_does_not_let_delete_is_held(opened: Any, order: Any, line: Any) -> None:
    async with opened() as world:
        world.control("settings", delete_statuses=["DRAFT"])
        known = await world.create(mapped(order(), Known()))
        effect = await world.plan(mapped(order(line(statuses={"cancelled": 2})), known), known)
        answer = await world.client.perform(effect.steps[0], correlation_id="2")
        with pytest.raises(HoldError) as caught:
            world.sink.receipt(effect, Answers([answer]))
        left = world.sale_orders()

    assert caught.value.code == "cancelled_not_deletable"
    assert len(left) == 1


async def test_lost_answer_to_a_deletion_is_found_by_the_probe(opened: Any, order: Any, line: Any) -> None:
    async with opened() as world:
        known = await world.create(mapped(order(), Known()))
        effect = await world.plan(mapped(order(line(statuses={"cancelled": 2})), known), known)
        world.control("faults", method="DELETE", path="/tenants/*/outbound-orders/*", drop="after")
        with pytest.raises(Exception, match="answer"):
            await world.client.perform(effect.steps[0], correlation_id="2")
        probed = await world.sink.probe(effect)

    assert isinstance(probed, Done)


async def test_part_cancelled_is_held_until_staff_take_it_out(opened: Any, order: Any, line: Any) -> None:
    reduced = order(line(quantity=2, statuses={"created": 1, "cancelled": 1}))
    async with opened() as world:
        known = await world.create(mapped(order(), Known()))
        with pytest.raises(HoldError) as caught:
            await world.plan(mapped(reduced, known), known)
        world.control("edit/108900000000001", lines=[{"sku": "MUG-01", "quantity": 1}])
        with pytest.raises(NothingToDo, match="states what is left"):
            await world.plan(mapped(reduced, known), known)

    assert caught.value.code == "cancelled_after_creation"


async def test_part_cancelled_after_dispatch_is_skipped(opened: Any, order: Any, line: Any) -> None:
    reduced = order(line(quantity=2, statuses={"created": 1, "cancelled": 1}))
    async with opened() as world:
        known = await world.create(mapped(order(), Known()))
        world.control("orders/108900000000001", status="DISPATCHED")
        with pytest.raises(NothingToDo, match="the warehouse wins"):
            await world.plan(mapped(reduced, known), known)
