"""Shipping packages, and changing their tracking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossdock import NothingToDo, NotYetError
from crossdock_walmart.shipments import ShipmentSink

pytestmark = pytest.mark.anyio

KETTLES = ("item-1", "2", "KET-BLU", 2)
MUG = ("item-2", "5", "MUG-01", 1)


# ---------------------------------------------------------------- the first shipment


async def test_package_ships_each_of_its_lines_with_its_quantity(desk, way, linked, open_, whole, sent_lines):
    one = desk(ShipmentSink(), linked, open_)

    settled = await one.deliver(whole)

    (body,) = one.sent
    lines = sent_lines(body)
    assert "processMode" not in body["orderShipment"]
    assert {number: line["statusQuantity"]["amount"] for number, line in lines.items()} == {"2": "2", "5": "1"}
    assert lines["2"]["trackingInfo"] == {
        "shipDateTime": int((way.kit.now - timedelta(minutes=10)).timestamp() * 1000),
        "carrierName": {"carrier": "UPS"},
        "methodCode": "Value",
        "trackingNumber": way.number,
    }
    assert settled.key == f"{way.order}/con-1"
    assert settled.receipt.identifiers["tracking_number"] == way.number


async def test_other_carrier_goes_with_its_url(desk, way, linked, open_, sent_lines):
    update = way.update(
        ("item-1", "KET-BLU", 2), ("item-2", "MUG-01", 1), other_carrier="Star Track", tracking_url="https://t.test/1"
    )
    one = desk(ShipmentSink(), linked, open_)

    await one.deliver(update)

    info = sent_lines(one.sent[0])["2"]["trackingInfo"]
    assert info["carrierName"] == {"otherCarrier": "Star Track"}
    assert info["trackingURL"] == "https://t.test/1"


@pytest.mark.parametrize(
    ("said", "told"),
    [("VALUE", "Value"), ("ONE_DAY", "OneDay"), ("WhiteGlove", "WhiteGlove"), (None, "Standard"), ("Drone", "Drone")],
)
async def test_method_is_the_orders_own_in_walmarts_spelling(desk, linked, open_, whole, said, told, sent_lines):
    open_["shippingInfo"]["methodCode"] = said
    one = desk(ShipmentSink(), linked, open_)

    await one.deliver(whole)

    assert sent_lines(one.sent[0])["2"]["trackingInfo"]["methodCode"] == told


@pytest.mark.parametrize(("offset_h", "expected_h"), [(5, 0), (-2, -2), (-1000, -24)])
async def test_ship_date_is_neither_in_the_future_nor_before_the_order(
    desk, way, linked, open_, offset_h, expected_h, sent_lines
):
    open_["orderDate"] = int((way.kit.now - timedelta(hours=24)).timestamp() * 1000)
    update = way.update(("item-1", "KET-BLU", 2), ("item-2", "MUG-01", 1)).model_copy(
        update={"shipped_at": way.kit.now + timedelta(hours=offset_h)}
    )
    one = desk(ShipmentSink(), linked, open_)

    await one.deliver(update)

    told = sent_lines(one.sent[0])["2"]["trackingInfo"]["shipDateTime"]
    assert datetime.fromtimestamp(told / 1000, UTC) == way.kit.now + timedelta(hours=expected_h)


async def test_packages_ship_in_parts_that_add_up(desk, way, linked, open_):
    everything = way.update(("item-1", "KET-BLU", 2), ("item-2", "MUG-01", 1)).dispatched
    first = way.update(("item-1", "KET-BLU", 1), dispatched=everything, other_numbers=("T2",))
    second = way.update(
        ("item-1", "KET-BLU", 1),
        ("item-2", "MUG-01", 1),
        package="con-2",
        tracking_number="T2",
        dispatched=everything,
        earlier=first.lines,
        other_numbers=(way.number,),
    )
    one = desk(ShipmentSink(), linked, open_)

    effects = [await one.plan(first), await one.plan(second)]

    assert [effect.key for effect in effects] == [f"{way.order}/con-1", f"{way.order}/con-2"]
    assert [effect.content["lines"] for effect in effects] == [{"2": "1"}, {"2": "1", "5": "1"}]


async def test_item_that_stands_for_two_lines_fills_them_one_after_another(desk, way):
    linked = way.links(("item-1", "2", "KET-BLU", 1), ("item-1", "3", "KET-BLU", 2))
    raw = way.wire(way.line("2", "KET-BLU", ("Acknowledged", 1)), way.line("3", "KET-BLU", ("Acknowledged", 2)))
    everything = way.update(("item-1", "KET-BLU", 3)).dispatched
    first = way.update(("item-1", "KET-BLU", 2), dispatched=everything)
    second = way.update(("item-1", "KET-BLU", 1), package="con-2", dispatched=everything, earlier=first.lines)
    one = desk(ShipmentSink(), linked, raw)

    effects = [await one.plan(first), await one.plan(second)]

    assert [effect.content["lines"] for effect in effects] == [{"2": "1", "3": "1"}, {"3": "1"}]


async def test_package_of_which_nobody_says_what_it_holds_is_the_whole_order(desk, way, linked, open_):
    effect = await desk(ShipmentSink(), linked, open_).plan(way.update())

    assert effect.content["lines"] == {"2": "2", "5": "1"}


# ---------------------------------------------------------------- whose


async def test_sale_order_without_a_link_is_not_ours_and_nothing_is_read(desk, open_, whole):
    one = desk(ShipmentSink(), None, open_)

    with pytest.raises(NothingToDo, match="not ours"):
        await one.plan(whole)

    assert one.reader.requests == []


async def test_link_found_by_a_mere_reference_is_not_ours(desk, way, open_, whole):
    linked = way.links(KETTLES, MUG, near="so-of-somebody-else")

    with pytest.raises(NothingToDo, match="not ours"):
        await desk(ShipmentSink(), linked, open_).plan(whole)


async def test_order_that_walmart_fulfils_is_left_alone(desk, linked, open_, whole):
    open_["shipNode"] = {"type": "WFSFulfilled"}

    with pytest.raises(NothingToDo, match="fulfils"):
        await desk(ShipmentSink(), linked, open_).plan(whole)


# ---------------------------------------------------------------- edited lines


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ([("item-1", "KET-BLU", 3), ("item-2", "MUG-01", 1)], "KET-BLU from 2 to 3"),
        ([("item-1", "KET-BLU", 1), ("item-2", "MUG-01", 1)], "KET-BLU from 2 to 1"),
        ([("item-1", "KET-BLU", 2)], "MUG-01 from 1 to 0"),
        ([("item-1", "KET-BLU", 2), ("item-2", "CUP-02", 1)], "CUP-02 from 0 to 1"),
        ([("item-1", "KET-BLU", 2), ("item-2", "MUG-01", 1), ("item-9", "NEW-01", 4)], "NEW-01 from 0 to 4"),
    ],
)
async def test_lines_that_staff_edited_are_held_before_anything_is_sent(desk, way, linked, open_, now, words, held_by):
    one = desk(ShipmentSink(), linked, open_)

    with held_by("lines_edited") as held:
        await one.deliver(way.update(*now))

    assert words in held.value.message
    assert one.sent == []
    assert all(way_out in (held.value.fix or "") for way_out in ("restore", "discard", "Seller Center"))


async def test_lines_that_were_entered_anew_are_the_same_lines(desk, way, linked, open_):
    effect = await desk(ShipmentSink(), linked, open_).plan(
        way.update(("item-7", "ket-blu", 2), ("item-8", "MUG-01", 1))
    )

    assert effect.content["lines"] == {"2": "2", "5": "1"}


async def test_edit_is_found_before_an_acknowledgement_is_waited_for(desk, way, linked, held_by):
    raw = way.wire(way.line("2", "KET-BLU", ("Created", 2)), way.line("5", "MUG-01", ("Created", 1)))

    with held_by("lines_edited"):
        await desk(ShipmentSink(), linked, raw).plan(way.update(("item-1", "KET-BLU", 2)))


async def test_what_was_cancelled_at_walmart_may_be_taken_out_in_the_warehouse(desk, way, linked):
    raw = way.wire(
        way.line("2", "KET-BLU", ("Acknowledged", 1), ("Cancelled", 1)), way.line("5", "MUG-01", ("Cancelled", 1))
    )

    effect = await desk(ShipmentSink(), linked, raw).plan(way.update(("item-1", "KET-BLU", 1)))

    assert effect.content["lines"] == {"2": "1"}


async def test_link_without_lines_is_held(desk, way, open_, whole, held_by):
    with held_by("lines_not_linked"):
        await desk(ShipmentSink(), way.links(), open_).plan(whole)


async def test_linked_line_that_walmart_does_not_show_is_held(desk, way, open_, whole, held_by):
    with held_by("line_not_found"):
        await desk(ShipmentSink(), way.links(("item-1", "77", "KET-BLU", 2)), open_).plan(whole)


async def test_link_by_hand_that_names_lines_alone_is_enough(desk, way, open_, whole):
    linked = way.links(KETTLES, MUG)
    bare = type(linked)([type(linked[0])(linked[0].near, linked[0].far, {"item-1": "2", "item-2": "5"})])

    effect = await desk(ShipmentSink(), bare, open_).plan(whole)

    assert effect.content["lines"] == {"2": "2", "5": "1"}


@pytest.mark.parametrize("quantity", ["0.5", "1.25"])
async def test_part_of_a_unit_is_held(desk, way, open_, quantity, held_by):
    linked = way.links(("item-1", "2", "KET-BLU", 2))

    with held_by("quantities_do_not_add_up"):
        await desk(ShipmentSink(), linked, open_).plan(
            way.update(("item-1", "KET-BLU", quantity), dispatched=way.update(("item-1", "KET-BLU", 2)).lines)
        )


async def test_packages_that_hold_more_than_their_line_are_held(desk, way, held_by):
    linked = way.links(("item-1", "2", "KET-BLU", 2), ("item-2", "3", "KET-BLU", 1))
    raw = way.wire(way.line("2", "KET-BLU", ("Acknowledged", 2)), way.line("3", "KET-BLU", ("Acknowledged", 1)))

    with held_by("quantities_do_not_add_up"):
        await desk(ShipmentSink(), linked, raw).plan(way.update(("item-1", "KET-BLU", 1), ("item-2", "KET-BLU", 2)))


# ---------------------------------------------------------------- how the order stands


async def test_order_that_is_not_acknowledged_is_waited_for_with_the_ship_by_date(desk, way, linked, whole):
    raw = way.wire(way.line("2", "KET-BLU", ("Created", 2)), way.line("5", "MUG-01", ("Created", 1)))

    with pytest.raises(NotYetError, match="not acknowledged") as waiting:
        await desk(ShipmentSink(), linked, raw).plan(whole)

    ship_by = datetime.fromtimestamp(way.kit.order["shippingInfo"]["estimatedShipDate"] / 1000, UTC)
    assert waiting.value.alert_at == ship_by
    assert waiting.value.deadline == ship_by + timedelta(days=4)


async def test_wholly_cancelled_order_is_skipped(desk, way, linked, whole):
    raw = way.wire(way.line("2", "KET-BLU", ("Cancelled", 2)), way.line("5", "MUG-01", ("Cancelled", 1)))

    with pytest.raises(NothingToDo, match="cancelled at Walmart"):
        await desk(ShipmentSink(), linked, raw).plan(whole)


@pytest.fixture
def partly_cancelled(way):
    return way.wire(
        way.line("2", "KET-BLU", ("Acknowledged", 1), ("Cancelled", 1)), way.line("5", "MUG-01", ("Acknowledged", 1))
    )


async def test_what_left_though_it_was_cancelled_is_held(desk, linked, partly_cancelled, whole, held_by):
    with held_by("cancelled_but_shipped") as held:
        await desk(ShipmentSink(), linked, partly_cancelled).plan(whole)

    assert "1 of line 2" in held.value.message


async def test_what_left_though_it_was_cancelled_is_left_out_where_that_is_wished(
    desk, linked, partly_cancelled, whole, sent_lines
):
    one = desk(ShipmentSink(cancelled_lines="leave_out"), linked, partly_cancelled)

    await one.deliver(whole)

    assert {n: line["statusQuantity"]["amount"] for n, line in sent_lines(one.sent[0]).items()} == {"2": "1", "5": "1"}


async def test_buyers_wish_to_cancel_holds_the_shipment(desk, linked, open_, whole, held_by):
    open_["orderLines"]["orderLine"][1]["intentToCancel"] = "BUYER"

    with held_by("cancel_requested") as held:
        await desk(ShipmentSink(), linked, open_).plan(whole)

    assert "line 5" in held.value.message
    assert "ship_despite_cancel_request: true" in (held.value.fix or "")


async def test_buyers_wish_is_overridden_on_its_line_alone_where_that_is_wished(desk, linked, open_, whole):
    open_["orderLines"]["orderLine"][1]["intentToCancel"] = "BUYER"
    one = desk(ShipmentSink(ship_despite_cancel_request=True), linked, open_)

    await one.deliver(whole)

    lines = one.sent[0]["orderShipment"]["orderLines"]["orderLine"]
    assert {line["lineNumber"]: line["intentToCancelOverride"] for line in lines} == {"2": False, "5": True}


async def test_more_than_is_open_is_held_with_what_is_shown(desk, way, linked, whole, held_by):
    raw = way.wire(
        way.line("2", "KET-BLU", ("Acknowledged", 1), ("Shipped", 1, "BYHAND1")),
        way.line("5", "MUG-01", ("Acknowledged", 1)),
    )

    with held_by("quantities_do_not_add_up") as held:
        await desk(ShipmentSink(), linked, raw).plan(whole)

    assert "BYHAND1" in held.value.message
