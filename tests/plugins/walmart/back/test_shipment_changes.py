"""What is in effect decides: changes of tracking, the edit window, refusals, probes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crossdock import Absent, Conflict, Done, HoldError, NothingToDo, NotYetError, RejectedError
from crossdock_walmart.shipments import ShipmentSink

pytestmark = pytest.mark.anyio

CONTENT = "INVALID_REQUEST_CONTENT.GMP_ORDER_API"


# ---------------------------------------------------------------- what is in effect


async def test_tracking_that_walmart_shows_already_is_looked_at_and_not_sent(desk, way, linked, shipped, whole):
    one = desk(ShipmentSink(), linked, shipped())

    settled = await one.deliver(whole)

    assert one.sent == []
    assert "nothing was sent" in settled.receipt.note


async def test_same_content_is_in_effect_already(desk, linked, open_, shipped, whole):
    one = desk(ShipmentSink(), linked, open_, afterwards=shipped())
    await one.deliver(whole)

    assert await one.deliver(whole) is None
    assert len(one.sent) == 1


async def test_change_names_the_old_number(desk, way, linked, open_, shipped, whole, sent_lines):
    one = desk(ShipmentSink(), linked, open_, afterwards=shipped())
    await one.deliver(whole)

    await one.deliver(whole.model_copy(update={"tracking_number": "T9", "carrier": "FedEx"}))

    change = one.sent[1]["orderShipment"]
    assert change["processMode"] == "PARTIAL_UPDATE"
    line = sent_lines(one.sent[1])["2"]
    assert line["currentTrackingInfo"] == {"trackingNumber": way.number}
    assert line["trackingInfo"]["trackingNumber"] == "T9"
    assert line["trackingInfo"]["carrierName"] == {"carrier": "FedEx"}
    assert line["statusQuantity"]["amount"] == "2"


async def test_number_that_goes_there_and_back_is_three_versions(desk, way, linked, open_, shipped, whole, sent_lines):
    one = desk(ShipmentSink(), linked, open_)
    other = whole.model_copy(update={"tracking_number": "T9"})

    for update, after in ((whole, shipped()), (other, shipped("T9")), (whole, shipped())):
        one.afterwards = after
        await one.deliver(update)

    assert one.latest.version == 3
    olds = [sent_lines(body)["2"].get("currentTrackingInfo", {}).get("trackingNumber") for body in one.sent]
    assert olds == [None, way.number, "T9"]


async def test_number_that_goes_back_is_sent_though_walmart_still_shows_it(desk, linked, open_, shipped, whole):
    one = desk(ShipmentSink(), linked, open_)
    one.afterwards = shipped()  # and Walmart's reads lag behind from here on
    await one.deliver(whole)
    await one.deliver(whole.model_copy(update={"tracking_number": "T9"}))

    await one.deliver(whole)

    assert len(one.sent) == 3


async def test_package_of_which_only_walmart_knows_is_changed_by_the_number_it_shows(
    desk, linked, shipped, whole, sent_lines
):
    one = desk(ShipmentSink(), linked, shipped("OLD1"))

    await one.deliver(whole)

    assert sent_lines(one.sent[0])["2"]["currentTrackingInfo"] == {"trackingNumber": "OLD1"}


async def test_number_of_another_package_is_not_taken_for_this_ones(desk, linked, shipped, whole, held_by):
    one = desk(ShipmentSink(), linked, shipped("OLD1"))

    with held_by("quantities_do_not_add_up"):
        await one.deliver(whole.model_copy(update={"other_numbers": ("OLD1",)}))

    assert one.sent == []


async def test_package_that_grew_ships_the_difference(desk, way, linked, open_, shipped, sent_lines):
    everything = way.update(("item-1", "KET-BLU", 2), ("item-2", "MUG-01", 1)).dispatched
    part = way.update(("item-1", "KET-BLU", 1), ("item-2", "MUG-01", 1), dispatched=everything)
    one = desk(ShipmentSink(), linked, open_, afterwards=shipped(kettles=1))
    await one.deliver(part)

    await one.deliver(way.update(("item-1", "KET-BLU", 2), ("item-2", "MUG-01", 1)))

    assert {n: line["statusQuantity"]["amount"] for n, line in sent_lines(one.sent[1]).items()} == {"2": "1"}
    assert one.latest.content["lines"] == {"2": "2", "5": "1"}


async def test_package_that_shrank_is_held(desk, way, linked, open_, shipped, whole, held_by):
    one = desk(ShipmentSink(), linked, open_, afterwards=shipped())
    await one.deliver(whole)

    with held_by("package_changed") as held:
        await one.deliver(
            way.update(("item-1", "KET-BLU", 1), ("item-2", "MUG-01", 1)).model_copy(
                update={"dispatched": whole.dispatched}
            )
        )

    assert "line 2 from 2 to 1" in held.value.message


# ---------------------------------------------------------------- the edit window


async def test_change_after_the_window_is_held_and_not_sent(desk, way, linked, open_, shipped, whole, held_by):
    one = desk(ShipmentSink(), linked, open_, afterwards=shipped())
    await one.deliver(whole)
    one.reader.now = way.kit.now + timedelta(hours=4, seconds=1)

    with held_by("edit_window_over") as held:
        await one.deliver(whole.model_copy(update={"tracking_number": "T9"}))

    assert "4 hours" in held.value.message
    assert len(one.sent) == 1


async def test_window_counts_from_the_first_shipment(desk, way, linked, open_, shipped, whole, held_by):
    one = desk(ShipmentSink(), linked, open_, afterwards=shipped())
    await one.deliver(whole)
    one.reader.now = way.kit.now + timedelta(hours=3)
    one.afterwards = shipped("T9")
    await one.deliver(whole.model_copy(update={"tracking_number": "T9"}))
    one.reader.now = way.kit.now + timedelta(hours=5)

    with held_by("edit_window_over"):
        await one.deliver(whole)


async def test_window_is_a_setting(desk, way, linked, open_, shipped, whole):
    one = desk(ShipmentSink(edit_window="6h"), linked, open_, afterwards=shipped())
    await one.deliver(whole)
    one.reader.now = way.kit.now + timedelta(hours=5)

    assert await one.deliver(whole.model_copy(update={"tracking_number": "T9"}))


async def test_window_of_what_only_walmart_knows_counts_from_its_status_date(
    desk, way, linked, shipped, whole, held_by
):
    late = int((way.kit.now - timedelta(hours=5)).timestamp() * 1000)

    with held_by("edit_window_over"):
        await desk(ShipmentSink(), linked, shipped("OLD1", statusDate=late)).plan(whole)


async def test_tracking_of_what_is_delivered_is_not_changed(desk, way, linked, open_, whole, held_by):
    delivered = way.wire(
        way.line("2", "KET-BLU", ("Delivered", 2, way.number)), way.line("5", "MUG-01", ("Delivered", 1, way.number))
    )
    one = desk(ShipmentSink(), linked, open_, afterwards=delivered)
    await one.deliver(whole)

    with held_by("edit_window_over") as held:
        await one.deliver(whole.model_copy(update={"tracking_number": "T9"}))

    assert "delivered" in held.value.message


# ---------------------------------------------------------------- refusals


async def test_refusal_because_it_is_done_is_a_receipt(desk, way, linked, open_, shipped, whole):
    one = desk(ShipmentSink(), linked, open_, answers=[way.kit.error(400, CONTENT)], afterwards=shipped())

    settled = await one.deliver(whole)

    assert settled.receipt.note == "Walmart showed it so already"


@pytest.mark.parametrize("field", ["trackingNumber", "carrier", "methodCode", "shipDateTime"])
async def test_refused_tracking_is_dead_until_it_is_mended(desk, way, linked, open_, whole, field):
    refused = way.kit.error(400, CONTENT, "1Z is Sample's number", field=f"trackingInfo.{field}")
    one = desk(ShipmentSink(), linked, open_, answers=[refused])

    with pytest.raises(RejectedError, match=field) as rejected:
        await one.deliver(whole)

    assert "Sample" not in str(rejected.value)


async def test_refusal_is_explained_by_how_the_order_stands(desk, way, linked, open_, whole):
    asked = way.wire(
        way.line("2", "KET-BLU", ("Acknowledged", 2), intentToCancel="BUYER"),
        way.line("5", "MUG-01", ("Acknowledged", 1)),
    )
    half = way.wire(way.line("2", "KET-BLU", ("Cancelled", 2)), way.line("5", "MUG-01", ("Acknowledged", 1)))
    gone = way.wire(way.line("2", "KET-BLU", ("Cancelled", 2)), way.line("5", "MUG-01", ("Cancelled", 1)))
    back = way.wire(way.line("2", "KET-BLU", ("Created", 2)), way.line("5", "MUG-01", ("Created", 1)))

    outcomes = []
    for after in (asked, half, gone, back):
        one = desk(ShipmentSink(), linked, open_, answers=[way.kit.error(400, CONTENT)], afterwards=after)
        with pytest.raises((HoldError, NothingToDo, NotYetError)) as refused:
            await one.deliver(whole)
        outcomes.append(refused.value.code)

    assert outcomes == ["cancel_requested", "cancelled_but_shipped", "cancelled", "not_acknowledged"]


async def test_refused_change_is_held_as_too_late(desk, way, linked, open_, shipped, whole, held_by):
    one = desk(ShipmentSink(), linked, open_, afterwards=shipped())
    await one.deliver(whole)
    one.answers = [way.kit.error(400, CONTENT)]

    with held_by("edit_window_over"):
        await one.deliver(whole.model_copy(update={"tracking_number": "T9"}))


async def test_success_that_is_not_this_order_proves_nothing(desk, way, linked, open_, whole):
    one = desk(ShipmentSink(), linked, open_, answers=[way.kit.answer({"order": {}})])

    with pytest.raises(ValueError, match="something else"):
        await one.deliver(whole)


# ---------------------------------------------------------------- probe


async def test_probe_of_a_first_shipment(desk, way, linked, open_, shipped, whole):
    one = desk(ShipmentSink(), linked, open_)
    effect = await one.plan(whole)

    def looked(raw):
        one.raw = raw
        return one.sink.probe(effect)

    half = way.wire(way.line("2", "KET-BLU", ("Shipped", 2, way.number)), way.line("5", "MUG-01", ("Acknowledged", 1)))
    assert isinstance(await looked(open_), Absent)
    assert isinstance(await looked(shipped()), Done)
    assert isinstance(await looked(shipped(way.number.lower())), Done)
    assert isinstance(await looked(shipped("BYHAND1")), Conflict)
    assert isinstance(await looked(half), Conflict)


async def test_probe_of_a_part_does_not_take_another_package_for_it(desk, way, linked, open_):
    everything = way.update(("item-1", "KET-BLU", 2), ("item-2", "MUG-01", 1)).dispatched
    second = way.update(
        ("item-1", "KET-BLU", 1), package="con-2", tracking_number="T2", dispatched=everything, other_numbers=("T1",)
    )
    one = desk(ShipmentSink(), linked, open_)
    effect = await one.plan(second)
    one.raw = way.wire(
        way.line("2", "KET-BLU", ("Acknowledged", 1), ("Shipped", 1, "T1")),
        way.line("5", "MUG-01", ("Acknowledged", 1)),
    )

    assert isinstance(await one.sink.probe(effect), Absent)


async def test_probe_of_a_change(desk, linked, open_, shipped, whole):
    one = desk(ShipmentSink(), linked, open_, afterwards=shipped())
    await one.deliver(whole)
    effect = await one.plan(whole.model_copy(update={"tracking_number": "T9"}))

    outcomes = []
    for number in (None, "T9", "T7"):
        one.raw = shipped() if number is None else shipped(number)
        outcomes.append(type(await one.sink.probe(effect)))

    assert outcomes == [Absent, Done, Conflict]


async def test_probe_of_a_change_of_carrier_or_url_alone(desk, way, linked, open_, shipped, whole):
    one = desk(ShipmentSink(), linked, open_, afterwards=shipped())
    await one.deliver(whole)

    def shown(carrier, url):
        return way.wire(
            way.line("2", "KET-BLU", ("Shipped", 2, way.number, carrier, url)),
            way.line("5", "MUG-01", ("Shipped", 1, way.number, carrier, url)),
        )

    carrier = await one.plan(whole.model_copy(update={"carrier": "FedEx"}))
    url = await one.plan(whole.model_copy(update={"tracking_url": "https://t.test/2"}))
    outcomes = []
    for effect, raw in (
        (carrier, shown("UPS", None)),
        (carrier, shown("FedEx", None)),
        (carrier, shown("DHL", None)),
        (url, shown("UPS", None)),
        (url, shown("UPS", "https://t.test/2")),
        (url, shown("UPS", "https://t.test/3")),
    ):
        one.raw = raw
        outcomes.append(type(await one.sink.probe(effect)))

    assert outcomes == [Absent, Done, Conflict, Absent, Done, Conflict]


async def test_an_absent_shipment_is_planned_as_it_was(desk, linked, open_, whole):
    one = desk(ShipmentSink(), linked, open_)

    first, second = await one.plan(whole), await one.plan(whole)

    assert (first.key, first.content) == (second.key, second.content)
    assert first.steps[0].content == second.steps[0].content
