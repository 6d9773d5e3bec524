"""Acknowledging and shipping against the simulator, over real HTTP, as core does it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crossdock import Absent, Done, Known, NothingToDo, NotYetError
from crossdock.canonical import Package, PackageLine, StatusChange
from crossdock.errors import AnswerLostError
from crossdock_walmart.acknowledgements import AcknowledgementSink
from crossdock_walmart.shipments import ShipmentSink

pytestmark = pytest.mark.anyio

UPS, FEDEX = "1Z5R89390357567127", "986578788855"


def holding(number, *lines, package="con-1", carrier="ups", **more):
    held = tuple(
        PackageLine(line=f"item-{line}", sku={4: "KET-BLU", 2: "MUG-01"}[line], quantity=Decimal(quantity))
        for line, quantity in lines
    )
    return Package(id=package, carrier=carrier, tracking_number=number, lines=held, **more)


def everything(number, **more):
    return holding(number, (4, 3), (2, 1), **more)


# ---------------------------------------------------------------- acknowledgements


async def test_order_is_acknowledged_once_and_never_again(store):
    async with store() as one:
        first = await one.acknowledge()
        again = [await one.acknowledge("PACKED"), await one.acknowledge("DRAFT")]

        assert first.receipt.id == one.order
        assert again == [None, None]
        assert one.done("acknowledged") == [1]
        assert {part[0] for parts in one.shown.values() for part in parts} == {"Acknowledged"}


async def test_order_that_the_warehouse_has_not_accepted_stays_as_it_is(store):
    async with store() as one:
        with pytest.raises(NotYetError):
            await one.acknowledge("AWAITING_STOCK")

        assert one.done("acknowledged") == []


async def test_acknowledgement_of_an_order_that_was_cancelled_is_skipped(store, control):
    async with store() as one:
        control("cancel", {"purchase_order_id": one.order})

        with pytest.raises(NothingToDo, match="cancelled"):
            await one.acknowledge()


async def test_order_that_is_cancelled_between_look_and_request_is_skipped(store, control):
    async with store() as one:
        sink = AcknowledgementSink()
        change = StatusChange(kind="sale_order", id="so-1", status="PACKED", at=await one.client.vendor_now())
        effect = await one.plan(sink, change)
        control("cancel", {"purchase_order_id": one.order})

        with pytest.raises(NothingToDo, match="cancelled"):
            await one.make(sink, effect)


async def test_acknowledgement_whose_answer_is_lost_is_found(store, control):
    async with store() as one:
        sink = AcknowledgementSink()
        change = StatusChange(kind="sale_order", id="so-1", status="PACKED", at=await one.client.vendor_now())
        effect = await one.plan(sink, change)
        before = await sink.probe(effect)
        control("faults", {"method": "POST", "path": "/v3/orders/*/acknowledge", "drop": "after"})
        with pytest.raises(AnswerLostError):
            await one.send(effect.steps[0])

        assert isinstance(before, Absent)
        assert isinstance(await sink.probe(effect), Done)


# ---------------------------------------------------------------- shipments


async def test_order_ships_whole(store):
    async with store() as one:
        await one.acknowledge()

        await one.ship(everything(UPS))

        assert one.shown == {"4": [("Shipped", "3", UPS)], "2": [("Shipped", "1", UPS)]}
        assert await one.ship(everything(UPS)) == [None]
        assert one.done("shipped") == [1]


async def test_order_ships_in_packages_and_parts_of_lines(store):
    async with store() as one:
        await one.acknowledge()
        first, second = holding(UPS, (4, 2)), holding(FEDEX, (4, 1), (2, 1), package="con-2", carrier="Federal Express")

        await one.ship(first, second)

        assert sorted(one.shown["4"]) == [("Shipped", "1", FEDEX), ("Shipped", "2", UPS)]
        assert one.shown["2"] == [("Shipped", "1", FEDEX)]


async def test_package_whose_number_comes_late_follows(store):
    async with store() as one:
        await one.acknowledge()
        first, late = holding(UPS, (4, 2)), holding(None, (4, 1), (2, 1), package="con-2")
        await one.ship(first, late)
        halfway = sorted(one.shown["4"])

        outcome = await one.ship(first, late.model_copy(update={"tracking_number": "1Z879E930346834440"}))

        assert halfway == [("Acknowledged", "1", None), ("Shipped", "2", UPS)]
        assert outcome[0] is None
        assert sorted(one.shown["4"]) == [("Shipped", "1", "1Z879E930346834440"), ("Shipped", "2", UPS)]
        assert one.done("shipped") == [1, 1]


async def test_order_that_is_not_acknowledged_waits(store):
    async with store() as one:
        with pytest.raises(NotYetError, match="not acknowledged"):
            await one.ship(everything(UPS))

        assert one.done("shipped") == []


async def test_another_carrier_goes_with_its_url(store):
    async with store() as one:
        await one.acknowledge()

        (settled,) = await one.ship(
            everything("ST1", carrier="Star Track", tracking_url="https://track.example.test/1")
        )

        assert settled.content["other_carrier"] == "Star Track"
        assert one.shown["2"] == [("Shipped", "1", "ST1")]


async def test_tracking_changes_there_and_back_again_each_sent_once(store):
    async with store() as one:
        await one.acknowledge()

        for number, carrier in ((UPS, "UPS"), (FEDEX, "FedEx"), (UPS, "UPS"), (UPS, "UPS")):
            await one.ship(everything(number, carrier=carrier))

        assert one.shown == {"4": [("Shipped", "3", UPS)], "2": [("Shipped", "1", UPS)]}
        assert len(one.done("shipped")) == 1
        assert sum(one.done("tracking_updated")) == 2
        assert one.effects[f"{one.order}/con-1"].version == 3


async def test_one_of_several_packages_changes_its_tracking_alone(store):
    async with store() as one:
        await one.acknowledge()
        second = holding(FEDEX, (4, 1), (2, 1), package="con-2", carrier="FedEx")
        await one.ship(holding(UPS, (4, 2)), second)

        outcome = await one.ship(holding("1Z879E930346834440", (4, 2)), second)

        assert outcome[1] is None
        assert sorted(one.shown["4"]) == [("Shipped", "1", FEDEX), ("Shipped", "2", "1Z879E930346834440")]


@pytest.mark.parametrize("hours", [1, 6])
async def test_late_change_is_held_with_nothing_sent(store, control, hours, held_by):
    async with store() as one:
        control("settings", {"tracking_edit_h": hours})
        await one.acknowledge()
        await one.ship(everything(UPS))
        control("clock", {"advance_s": hours * 3600 + 60})

        with held_by("edit_window_over"):
            await one.ship(everything(FEDEX, carrier="FedEx"), edit_window=f"{hours}h")

        assert one.shown["2"] == [("Shipped", "1", UPS)]


async def test_change_that_walmart_alone_finds_too_late_is_held(store, control, held_by):
    async with store() as one:
        control("settings", {"tracking_edit_h": 1})
        await one.acknowledge()
        await one.ship(everything(UPS))
        control("clock", {"advance_s": 2 * 3600})

        with held_by("edit_window_over") as held:
            await one.ship(everything(FEDEX, carrier="FedEx"))

        assert "Walmart refuses" in held.value.message


async def test_tracking_of_what_is_delivered_is_not_changed(store, control, held_by):
    async with store() as one:
        await one.acknowledge()
        await one.ship(everything(UPS))
        control("deliver", {"purchase_order_id": one.order})

        assert await one.ship(everything(UPS)) == [None]
        with held_by("edit_window_over"):
            await one.ship(everything(FEDEX, carrier="FedEx"))


# ---------------------------------------------------------------- cancels


async def test_order_that_was_cancelled_before_it_left_is_skipped(store, control):
    async with store() as one:
        await one.acknowledge()
        control("cancel", {"purchase_order_id": one.order})

        with pytest.raises(NothingToDo, match="cancelled"):
            await one.ship(everything(UPS))


async def test_line_that_was_cancelled_and_left_is_held(store, control, held_by):
    async with store() as one:
        await one.acknowledge()
        control("cancel", {"purchase_order_id": one.order, "lines": ["2"]})

        with held_by("cancelled_but_shipped"):
            await one.ship(everything(UPS))

        await one.ship(everything(UPS), cancelled_lines="leave_out")
        assert one.shown == {"4": [("Shipped", "3", UPS)], "2": [("Cancelled", "1", None)]}


async def test_line_that_was_cancelled_and_taken_out_is_left_out(store, control):
    async with store() as one:
        await one.acknowledge()
        control("cancel", {"purchase_order_id": one.order, "lines": ["2"]})

        await one.ship(holding(UPS, (4, 3)))

        assert one.shown["4"] == [("Shipped", "3", UPS)]


async def test_cancel_between_look_and_request_is_explained(store, control, held_by):
    async with store() as one:
        await one.acknowledge()
        sink = ShipmentSink()
        (update,) = await one.updates(everything(UPS))
        effect = await one.plan(sink, update)
        control("cancel", {"purchase_order_id": one.order, "lines": ["2"]})

        with held_by("cancelled_but_shipped"):
            await one.make(sink, effect)
        assert one.done("shipped") == []


async def test_buyers_wish_to_cancel_holds_until_it_is_overridden(store, control, held_by):
    async with store() as one:
        await one.acknowledge()
        control("cancel", {"purchase_order_id": one.order, "lines": ["2"], "intent": True})

        with held_by("cancel_requested"):
            await one.ship(everything(UPS))
        await one.ship(everything(UPS), ship_despite_cancel_request=True)

        assert one.shown["2"] == [("Shipped", "1", UPS)]


async def test_wish_that_comes_between_look_and_request_is_explained(store, control, held_by):
    async with store() as one:
        await one.acknowledge()
        sink = ShipmentSink()
        (update,) = await one.updates(everything(UPS))
        effect = await one.plan(sink, update)
        control("cancel", {"purchase_order_id": one.order, "lines": ["2"], "intent": True})

        with held_by("cancel_requested"):
            await one.make(sink, effect)


async def test_wish_that_comes_after_a_part_left_does_not_stop_its_change(store, control):
    async with store() as one:
        await one.acknowledge()
        rest = holding(None, (4, 1), (2, 1), package="con-2")
        await one.ship(holding(UPS, (4, 2)), rest)
        control("cancel", {"purchase_order_id": one.order, "lines": ["4"], "intent": True})

        await one.ship(holding(FEDEX, (4, 2), carrier="FedEx"), rest)

        assert sorted(one.shown["4"]) == [("Acknowledged", "1", None), ("Shipped", "2", FEDEX)]


# ---------------------------------------------------------------- what is lost on the way


async def test_shipment_whose_answer_is_lost_is_found_and_a_part_is_not_taken_for_another(store, control):
    async with store() as one:
        await one.acknowledge()
        first, second = holding(UPS, (4, 1)), holding(FEDEX, (4, 2), (2, 1), package="con-2", carrier="FedEx")
        sink = ShipmentSink()
        effects = [await one.plan(sink, update) for update in await one.updates(first, second)]
        control("faults", {"method": "POST", "path": "/v3/orders/*/shipping", "drop": "after"})
        with pytest.raises(AnswerLostError):
            await one.send(effects[0].steps[0])

        outcomes = [await sink.probe(effect) for effect in effects]

        assert [type(outcome) for outcome in outcomes] == [Done, Absent]


async def test_shipment_that_was_made_already_is_adopted_and_then_changed(store):
    async with store() as one:
        await one.acknowledge()
        await one.ship(everything(UPS))
        one.effects.clear()  # as with a store that was restored

        (adopted,) = await one.ship(everything(UPS))
        await one.ship(everything(FEDEX, carrier="FedEx"))

        assert "nothing was sent" in adopted.receipt.note
        assert one.done("shipped") == [1]
        assert one.shown["2"] == [("Shipped", "1", FEDEX)]


async def test_order_of_another_link_is_never_read(store):
    async with store() as one:
        sink = ShipmentSink()
        sink.bind(one.connection, one.client)
        (update,) = await one.updates(everything(UPS))

        assert await sink.observe(update.model_copy(update={"record": "so-9", "order": "x"}), Known(one.links)) is None
