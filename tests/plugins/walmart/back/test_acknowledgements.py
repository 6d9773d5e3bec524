"""Acknowledging an order once the warehouse has accepted it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossdock import (
    Absent,
    CredentialsError,
    Done,
    HoldError,
    Known,
    NothingToDo,
    NotYetError,
    RejectedError,
    TransientError,
)
from crossdock_walmart.acknowledgements import AcknowledgementSink

pytestmark = pytest.mark.anyio

CONTENT = "INVALID_REQUEST_CONTENT.GMP_ORDER_API"


@pytest.fixture
def linked(way):
    return way.links(("item-1", "2", "KET-BLU", 2), ("item-2", "5", "MUG-01", 1))


@pytest.fixture
def created(way):
    return way.wire(way.line("2", "KET-BLU", ("Created", 2)), way.line("5", "MUG-01", ("Created", 1)))


@pytest.fixture
def acknowledged(way):
    return way.wire(way.line("2", "KET-BLU", ("Acknowledged", 2)), way.line("5", "MUG-01", ("Shipped", 1, "T1")))


@pytest.fixture
def cancelled(way):
    return way.wire(way.line("2", "KET-BLU", ("Cancelled", 2)), way.line("5", "MUG-01", ("Cancelled", 1)))


# ---------------------------------------------------------------- when


async def test_acknowledgement_is_one_request_without_a_body(desk, way, linked, created):
    effect = await desk(AcknowledgementSink(), linked, created).plan(way.status())

    (step,) = effect.steps
    assert (step.method, step.url.path, step.content) == ("POST", f"/v3/orders/{way.order}/acknowledge", b"")
    assert effect.key == way.order


@pytest.mark.parametrize("status", ["DRAFT", "AWAITING_STOCK", "REJECTED", " awaiting_stock "])
async def test_acknowledgement_waits_with_its_deadline_until_the_warehouse_accepts(desk, way, linked, created, status):
    with pytest.raises(NotYetError) as waiting:
        await desk(AcknowledgementSink(), linked, created).plan(way.status(status))

    ordered = datetime.fromtimestamp(way.kit.order["orderDate"] / 1000, UTC)
    assert waiting.value.deadline == ordered + timedelta(hours=4)
    assert waiting.value.alert_at == ordered + timedelta(hours=3)
    assert status.strip() in waiting.value.message


async def test_alert_and_statuses_are_settings(desk, way, linked, created):
    sink = AcknowledgementSink(not_yet=("PACKED",), alert_after="90m")

    with pytest.raises(NotYetError) as waiting:
        await desk(sink, linked, created).plan(way.status("PACKED"))

    assert waiting.value.deadline - waiting.value.alert_at == timedelta(hours=2, minutes=30)
    assert (await desk(sink, linked, created).plan(way.status("DRAFT"))).key == way.order


async def test_unknown_status_is_held_by_name(desk, way, linked, created):
    with pytest.raises(HoldError, match="QUARANTINED") as held:
        await desk(AcknowledgementSink(), linked, created).plan(way.status("QUARANTINED", known=False))

    assert held.value.code == "unknown_status"
    assert "not_yet" in (held.value.fix or "")


async def test_unknown_status_that_is_configured_as_not_yet_waits(desk, way, linked, created):
    sink = AcknowledgementSink(not_yet=("QUARANTINED",))

    with pytest.raises(NotYetError):
        await desk(sink, linked, created).plan(way.status("QUARANTINED", known=False))


@pytest.mark.parametrize(("status", "known"), [("DRAFT", True), ("QUARANTINED", False)])
async def test_imported_acknowledges_in_any_status(desk, way, linked, created, status, known):
    sink = AcknowledgementSink(when="imported")

    assert (await desk(sink, linked, created).plan(way.status(status, known=known))).key == way.order


async def test_never_reads_and_sends_nothing(desk, way, linked, created):
    one = desk(AcknowledgementSink(when="never"), linked, created)

    with pytest.raises(NothingToDo, match="never"):
        await one.plan(way.status())

    assert one.reader.requests == []


# ---------------------------------------------------------------- whose


async def test_sale_order_without_a_link_is_not_ours_and_nothing_is_read(desk, way, created):
    one = desk(AcknowledgementSink(), None, created)

    with pytest.raises(NothingToDo, match="not ours"):
        await one.plan(way.status())

    assert one.reader.requests == []


async def test_link_of_another_sale_order_with_the_same_reference_is_not_ours(desk, way, created):
    found = way.links(("item-1", "2", "KET-BLU", 2), near="so-of-somebody-else")

    with pytest.raises(NothingToDo, match="not ours"):
        await desk(AcknowledgementSink(), found, created).plan(way.status())


async def test_link_into_another_account_is_not_ours(desk, way, created):
    found = way.links(("item-1", "2", "KET-BLU", 2), account="walmart:elsewhere")

    with pytest.raises(NothingToDo, match="not ours"):
        await desk(AcknowledgementSink(), found, created).plan(way.status())


async def test_order_that_walmart_fulfils_is_left_alone(desk, way, linked, created):
    created["shipNode"] = {"type": "WFSFulfilled"}

    with pytest.raises(NothingToDo, match="fulfils"):
        await desk(AcknowledgementSink(), linked, created).plan(way.status())


# ---------------------------------------------------------------- what became of it meanwhile


async def test_order_that_was_cancelled_meanwhile_is_skipped(desk, way, linked, cancelled):
    with pytest.raises(NothingToDo, match="cancelled at Walmart"):
        await desk(AcknowledgementSink(), linked, cancelled).plan(way.status())


@pytest.mark.parametrize("status", ["AWAITING_PICK_AND_PACK", "DRAFT", "QUARANTINED"])
async def test_order_that_is_acknowledged_is_skipped_whatever_the_warehouse_says(
    desk, way, linked, acknowledged, status
):
    with pytest.raises(NothingToDo, match="already acknowledged"):
        await desk(AcknowledgementSink(), linked, acknowledged).plan(way.status(status, known=status != "QUARANTINED"))


@pytest.mark.parametrize("status", ["PACKED", "DRAFT", "QUARANTINED"])
async def test_later_statuses_change_nothing_of_what_is_acknowledged(desk, way, linked, created, acknowledged, status):
    one = desk(AcknowledgementSink(), linked, created)
    one.answers = [way.kit.answer({"order": acknowledged})]
    await one.deliver(way.status())
    one.raw = acknowledged

    assert await one.deliver(way.status(status, known=status != "QUARANTINED")) is None
    assert len(one.sent) == 1


async def test_order_that_is_gone_is_held(desk, way, linked):
    with pytest.raises(HoldError) as held:
        await desk(AcknowledgementSink(), linked, None).plan(way.status())

    assert held.value.code == "order_not_found"


async def test_order_that_cannot_be_understood_is_held_without_its_data(desk, way, linked, created):
    created["orderDate"] = "Sample Buyer"

    with pytest.raises(HoldError) as held:
        await desk(AcknowledgementSink(), linked, created).plan(way.status())

    assert held.value.code == "order_not_understood"
    assert "Sample" not in f"{held.value} {held.value.fix} {held.value.facts} {held.value.__cause__}"


# ---------------------------------------------------------------- answers


async def test_receipt_bears_a_kind_of_its_own(desk, way, linked, created):
    settled = await desk(AcknowledgementSink(), linked, created).deliver(way.status())

    assert (settled.receipt.kind, settled.receipt.id) == ("acknowledgement", way.order)


async def test_refusal_because_it_is_done_is_a_receipt(desk, way, linked, created, acknowledged):
    one = desk(AcknowledgementSink(), linked, created, answers=[way.kit.error(400, CONTENT)], afterwards=acknowledged)

    settled = await one.deliver(way.status())

    assert settled.receipt.note == "it was acknowledged already"


async def test_refusal_of_a_cancelled_order_is_nothing_to_do(desk, way, linked, created, cancelled):
    one = desk(AcknowledgementSink(), linked, created, answers=[way.kit.error(400, CONTENT)], afterwards=cancelled)

    with pytest.raises(NothingToDo, match="cancelled"):
        await one.deliver(way.status())


async def test_refusal_of_an_order_that_is_half_done_is_held(desk, way, linked, created):
    mixed = way.wire(way.line("2", "KET-BLU", ("Shipped", 2, "T1")), way.line("5", "MUG-01", ("Created", 1)))
    one = desk(AcknowledgementSink(), linked, created, answers=[way.kit.error(400, CONTENT)], afterwards=mixed)

    with pytest.raises(HoldError) as held:
        await one.deliver(way.status())

    assert held.value.code == "acknowledgement_refused"


async def test_refusal_that_cannot_be_looked_into_is_tried_again(desk, way, linked, created):
    down = way.kit.answer({"no": "order"})
    one = desk(AcknowledgementSink(), linked, created, answers=[way.kit.error(400, CONTENT)], afterwards=down)

    with pytest.raises(TransientError, match="asked how it stands"):
        await one.deliver(way.status())


@pytest.mark.parametrize(
    ("status", "code", "field", "expected"),
    [
        (400, "INVALID_REQUEST_PARAM.GMP_ORDER_API", "purchaseOrderId", RejectedError),
        (403, "FORBIDDEN.GMP_GATEWAY_API", "", HoldError),
        (404, "CONTENT_NOT_FOUND.GMP_ORDER_API", "", HoldError),
        (404, "URI_NOT_FOUND.GMP_GATEWAY_API", "", TransientError),
        (401, "UNAUTHORIZED.GMP_GATEWAY_API", "", CredentialsError),
        (423, "RESOURCE_IS_LOCKED.GMP_ORDER_API", "", TransientError),
    ],
)
async def test_refusals_say_what_happens_next(desk, way, linked, created, status, code, field, expected):
    one = desk(AcknowledgementSink(), linked, created)
    one.answers = [way.kit.error(status, code, "Sample Buyer said no", field=field)]

    with pytest.raises(expected) as refused:
        await one.deliver(way.status())

    assert "Sample" not in f"{refused.value} {refused.value.facts}"


async def test_refusal_like_an_outage_is_tried_again(desk, way, linked, created):
    one = desk(AcknowledgementSink(), linked, created)
    one.answers = [way.kit.error(400, "INVALID_REQUEST.GMP_ORDER_API", "Invalid Request")]

    with pytest.raises(TransientError, match="outage"):
        await one.deliver(way.status())


@pytest.mark.parametrize("body", [{"order": {"purchaseOrderId": "1"}}, {"order": None}, [], {}])
async def test_success_that_is_not_this_order_proves_nothing(desk, way, linked, created, body):
    one = desk(AcknowledgementSink(), linked, created)
    one.answers = [way.kit.answer(body)]

    with pytest.raises(ValueError, match="something else"):
        await one.deliver(way.status())


# ---------------------------------------------------------------- probe


async def test_probe_finds_it_by_what_waits_no_more(desk, way, linked, created, acknowledged, cancelled):
    one = desk(AcknowledgementSink(), linked, created)
    effect = await one.plan(way.status())

    before = await one.sink.probe(effect)
    one.raw = acknowledged
    after = await one.sink.probe(effect)
    one.raw = cancelled

    assert isinstance(before, Absent)
    assert isinstance(after, Done)
    assert isinstance(await one.sink.probe(effect), Done)


async def test_plan_without_a_look_plans_nothing(way, linked, desk, created):
    one = desk(AcknowledgementSink(), linked, created)

    with pytest.raises(NothingToDo):
        one.sink.plan(way.status(), Known(linked))
