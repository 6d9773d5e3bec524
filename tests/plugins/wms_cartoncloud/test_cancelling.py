"""What becomes of a sale order when the channel cancels: before, during and after the warehouse's work."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import (
    Absent,
    Answers,
    CannotTell,
    Conflict,
    CredentialsError,
    Done,
    Effect,
    HoldError,
    Known,
    Link,
    Links,
    NothingToDo,
    Receipt,
    Ref,
    TransientError,
)
from crossdock.jsonio import dumps, loads
from crossdock_wms_cartoncloud.body import cancellation_key, effect_key
from crossdock_wms_cartoncloud.cancelling import Sighting
from crossdock_wms_cartoncloud.documents import SaleOrderCancellation
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink
from crossdock_wms_cartoncloud.statuses import read_order

TENANT = "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f"
CANCELLED = SaleOrderCancellation(reference="108900000000001", customer="Acme Trading", channel="walmart")
LINES = {
    "1": {"id": "item-1", "sku": "MUG-01", "quantity": "2"},
    "2": {"id": "item-2", "sku": "CUP-02", "quantity": "1"},
}


def known(observed: Any = None, lines: Any = LINES, far: str = "so-1") -> Known:
    link = Link(Ref("walmart/1", "order", "108900000000001"), Ref("cc/1", "sale_order", far), lines=lines)
    return Known(Links([link]), observed=observed)


def seen(raw: Any) -> Sighting:
    return Sighting(None if raw is None else read_order(raw))


def stored(effect: Effect) -> Effect:
    """As the store gives it back."""
    return Effect(effect.key, effect.steps, memo=loads(dumps(effect.memo)))


@pytest.fixture
def deletion(sink: SaleOrderSink) -> Effect:
    return stored(sink.plan(CANCELLED, known()))


# ---------------------------------------------------------------- all of it


def test_plan_deletes_the_sale_order_that_we_made(sink: SaleOrderSink, wire: Any) -> None:
    effect = sink.plan(CANCELLED, known(seen(wire())))

    (request,) = effect.steps
    assert (request.method, request.url.path) == ("DELETE", f"/tenants/{TENANT}/outbound-orders/so-1")
    assert request.content == b""
    assert effect.key == "Acme Trading/108900000000001/cancelled"


def test_plan_deletes_the_newest_where_there_were_several(sink: SaleOrderSink) -> None:
    both = Known(Links([known().links[0], known(far="so-2").links[0]]))

    assert sink.plan(CANCELLED, both).steps[0].url.path.endswith("/so-2")


@pytest.mark.parametrize("status", ["DRAFT", "AWAITING_STOCK", "REJECTED", "AWAITING_PICK_AND_PACK"])
def test_plan_deletes_until_picking_begins(sink: SaleOrderSink, wire: Any, status: str) -> None:
    assert sink.plan(CANCELLED, known(seen(wire(status=status)))).steps[0].method == "DELETE"


@pytest.mark.parametrize(
    "status", ["PICKING_IN_PROGRESS", "PICKED", "PACKING_IN_PROGRESS", "PACKED", "DISPATCHED", "ON_THE_MOON", None]
)
def test_plan_holds_what_is_cancelled_too_late_with_status_and_ways_out(
    sink: SaleOrderSink, wire: Any, status: str | None
) -> None:
    with pytest.raises(HoldError, match=f"787061 is {status or 'without status'} already") as caught:
        sink.plan(CANCELLED, known(seen(wire(status=status))))

    assert caught.value.code == "cancelled_too_late"
    assert "discard" in (caught.value.fix or "")
    assert ("does not know" in str(caught.value)) == (status in ("ON_THE_MOON", None))


def test_plan_has_nothing_to_do_where_it_is_deleted_already(sink: SaleOrderSink) -> None:
    with pytest.raises(NothingToDo, match="deleted already"):
        sink.plan(CANCELLED, known(seen(None)))


def test_plan_has_nothing_to_do_where_nothing_was_created(sink: SaleOrderSink) -> None:
    with pytest.raises(NothingToDo, match="before it was created"):
        sink.plan(CANCELLED, Known())


@given(*[st.text(min_size=1)] * 4)
def test_key_of_a_cancellation_is_never_that_of_a_creation(c1: str, r1: str, c2: str, r2: str) -> None:
    assert cancellation_key(c1, r1) != effect_key(c2, r2)
    assert (cancellation_key(c1, r1) == cancellation_key(c2, r2)) == ((c1, r1) == (c2, r2))


@pytest.mark.anyio
async def test_observe_reads_the_sale_order_by_its_id(sink: SaleOrderSink, reader: Any, wire: Any) -> None:
    reader.will_answer(200, wire(status="PACKED"))
    reader.will_answer(404, [{"message": "Outbound order could not be found"}])

    there, gone = [await sink.observe(CANCELLED, known()) for _ in range(2)]

    assert reader.sent[0].url.path.endswith("/outbound-orders/so-1")
    assert there is not None
    assert there.order is not None
    assert there.order.status == "PACKED"
    assert gone == Sighting(None)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "body"), [(403, b'[{"message": "No"}]'), (404, b"<html>"), (200, b"[]"), (200, b'{"id": ""}')]
)
async def test_observe_that_cannot_look_decides_nothing(
    sink: SaleOrderSink, reader: Any, status: int, body: bytes
) -> None:
    reader.will_answer(status, content=body)

    with pytest.raises(TransientError):
        await sink.observe(CANCELLED, known())


@pytest.mark.anyio
async def test_observe_asks_nothing_where_nothing_was_cancelled(
    sink: SaleOrderSink, reader: Any, sale_order: Any
) -> None:
    assert await sink.observe(sale_order(), Known()) is None
    assert await sink.observe(sale_order(), known()) is None
    assert await sink.observe(CANCELLED, Known()) is None
    assert reader.sent == []


@pytest.mark.parametrize(("status", "body"), [(204, b""), (404, b'[{"message": "None"}]'), (404, b"[]")])
def test_receipt_of_a_deletion_keeps_the_link_as_it_is(
    sink: SaleOrderSink, deletion: Effect, status: int, body: bytes
) -> None:
    answers = Answers([httpx.Response(status, content=body)])

    receipt = sink.receipt(deletion, answers)

    assert sink.follow(deletion, answers) is None
    assert (receipt.kind, receipt.id, receipt.lines) == ("sale_order", "so-1", LINES)
    assert "deleted" in (receipt.note or "")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b"[]", HoldError),
        (403, b"", HoldError),
        (405, b"<html>", HoldError),
        (422, b'[{"field": "/status", "message": "Robin Sample\'s order", "code": 10401}]', HoldError),
        (422, b'[{"type": "DUPLICATE", "details": {"duplicateId": "so-9"}}]', HoldError),
        (409, b"", TransientError),
        (412, b"", TransientError),
        (429, b"", TransientError),
        (401, b"", CredentialsError),
    ],
)
def test_receipt_says_that_the_order_still_stands_where_it_is_refused(
    sink: SaleOrderSink, deletion: Effect, status: int, body: bytes, error: type[Exception]
) -> None:
    answers = Answers([httpx.Response(status, content=body)])

    assert sink.follow(deletion, answers) is None
    with pytest.raises(error) as caught:
        sink.receipt(deletion, answers)

    assert "Robin" not in str(caught.value)
    if isinstance(caught.value, HoldError):
        assert caught.value.code == "cancelled_not_deletable"
        assert str(status) in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>Hello</html>"), (200, b""), (404, b"<html>"), (500, b""), (302, b"")]
)
def test_receipt_proves_nothing_from_what_it_cannot_read(
    sink: SaleOrderSink, deletion: Effect, status: int, body: bytes
) -> None:
    with pytest.raises(ValueError, match="deleted"):
        sink.receipt(deletion, Answers([httpx.Response(status, content=body)]))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("AWAITING_STOCK", Absent),
        ("REJECTED", Absent),
        ("PACKED", Conflict),
        ("DISPATCHED", Conflict),
        (None, Conflict),
    ],
)
async def test_probe_of_a_deletion_tells_whether_the_order_stands(
    sink: SaleOrderSink, deletion: Effect, reader: Any, wire: Any, status: str | None, outcome: type[Any]
) -> None:
    reader.will_answer(200, wire(status=status))

    assert isinstance(await sink.probe(deletion), outcome)


@pytest.mark.anyio
async def test_probe_of_a_deletion_is_done_when_the_order_is_gone(
    sink: SaleOrderSink, deletion: Effect, reader: Any
) -> None:
    reader.will_answer(404, [{"message": "Outbound order could not be found"}])

    outcome = await sink.probe(deletion)

    assert isinstance(outcome, Done)
    assert outcome.receipt == sink.receipt(deletion, Answers([httpx.Response(204)]))
    assert isinstance(outcome.receipt, Receipt)


@pytest.mark.anyio
async def test_probe_of_a_deletion_cannot_tell_where_it_may_not_look(
    sink: SaleOrderSink, deletion: Effect, reader: Any
) -> None:
    reader.will_answer(403, [{"message": "Forbidden"}])

    assert isinstance(await sink.probe(deletion), CannotTell)


# ---------------------------------------------------------------- a part of it


@pytest.fixture
def reduced(sale_order: Any) -> Any:
    """One of two mugs was cancelled since."""
    return sale_order(("1", "MUG-01", 1), ("2", "CUP-02", 1), cancelled={"1": Decimal(1)})


@pytest.mark.anyio
async def test_observe_looks_where_a_part_was_cancelled(
    sink: SaleOrderSink, reader: Any, wire: Any, reduced: Any
) -> None:
    reader.will_answer(200, wire())

    assert await sink.observe(reduced, known()) == seen(wire())


def test_part_cancelled_after_creation_is_held_with_what_and_how_much(
    sink: SaleOrderSink, wire: Any, reduced: Any
) -> None:
    with pytest.raises(HoldError, match=r"1 x MUG-01 \(line 1\) of order 108900000000001 .* Walmart") as caught:
        sink.plan(reduced, known(seen(wire())))

    assert caught.value.code == "cancelled_after_creation"
    assert "lower MUG-01 by 1" in (caught.value.fix or "")
    assert caught.value.facts == {"lines": ["1"], "skus": ["MUG-01"]}


def test_line_that_is_cancelled_whole_is_named_too(sink: SaleOrderSink, wire: Any, sale_order: Any) -> None:
    document = sale_order(("1", "MUG-01", 2), cancelled={"2": Decimal(1)})

    with pytest.raises(HoldError, match=r"1 x CUP-02 \(line 2\)"):
        sink.plan(document, known(seen(wire())))


@pytest.mark.parametrize("status", ["AWAITING_PICK_AND_PACK", "DISPATCHED"])
def test_part_that_staff_took_out_clears_it(sink: SaleOrderSink, wire: Any, reduced: Any, status: str) -> None:
    changed = wire(("MUG-01", 1), ("CUP-02", 1), status=status)

    with pytest.raises(NothingToDo, match="states what is left"):
        sink.plan(reduced, known(seen(changed)))


def test_part_cancelled_after_dispatch_is_skipped_since_the_warehouse_wins(
    sink: SaleOrderSink, wire: Any, reduced: Any
) -> None:
    with pytest.raises(NothingToDo, match="the warehouse wins"):
        sink.plan(reduced, known(seen(wire(status="DISPATCHED"))))


def test_rejected_order_without_items_does_not_look_as_if_staff_had_changed_it(
    sink: SaleOrderSink, wire: Any, reduced: Any
) -> None:
    with pytest.raises(HoldError) as caught:
        sink.plan(reduced, known(seen({**wire(status="REJECTED"), "items": []})))

    assert caught.value.code == "cancelled_after_creation"


def test_rest_of_an_order_whose_sale_order_is_gone_is_held(sink: SaleOrderSink, reduced: Any) -> None:
    with pytest.raises(HoldError, match="1 x MUG-01, 1 x CUP-02 is still to be sent") as caught:
        sink.plan(reduced, known(seen(None)))

    assert caught.value.code == "cancelled_after_creation"


def test_part_cancelled_before_creation_was_never_sent(sink: SaleOrderSink, reduced: Any) -> None:
    sent = {**LINES, "1": {**LINES["1"], "quantity": "1"}}

    assert sink.plan(reduced, Known()).steps[0].method == "POST"
    assert sink.plan(reduced, known(lines=sent)).steps[0].method == "POST"


@pytest.mark.parametrize("lines", [{}, {"1": None}, {"1": "item-1"}, {"1": {"quantity": "many"}}, LINES])
def test_mapping_that_gives_less_today_is_no_cancellation(sink: SaleOrderSink, sale_order: Any, lines: Any) -> None:
    document = sale_order(("2", "CUP-02", 1), cancelled={} if lines == LINES else {"1": Decimal(1)})

    assert sink.plan(document, known(lines=lines)).steps[0].method == "POST"
