"""From a Walmart return to a return: what is money, since when, and what is none."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import CrossdockError, HoldError, RejectedError
from crossdock.canonical import Return
from crossdock.jsonio import dumps, loads
from crossdock.testing import check_document
from crossdock_walmart.returns import ReturnSource

SOURCE = ReturnSource(since=datetime(2026, 1, 1, tzinfo=UTC))


def usd(amount: str) -> dict[str, Any]:
    return {"currencyAmount": Decimal(amount), "currencyUnit": "USD"}


def each(quantity: Any) -> dict[str, Any]:
    return {"unitOfMeasure": "EACH", "measurementValue": quantity}


def slice_(refund: str | None, quantity: Any, status: str = "COMPLETED", at: str = "2026-03-02T05:45:45.000Z") -> Any:
    return {"status": status, "statusTime": at, "currentRefundStatus": refund, "quantity": each(quantity)}


def event(number: Any, tag: str, at: str | None) -> dict[str, Any]:
    return {"sequenceNo": number, "eventTag": tag, "eventDescription": "x", "eventTime": at, "references": []}


# Typed from Walmart's documentation of `GET /v3/returns` (read 2026-11); identifiers are invented.
RAW: dict[str, Any] = {
    "returnOrderId": "103700000000000001",
    "customerOrderId": "200010000000001",
    "customerEmailId": "0F0000000000000A@relay.example.test",
    "customerName": {"firstName": "Sample", "lastName": "Buyer"},
    "returnType": "REFUND",
    "returnOrderDate": "2026-02-21T01:01:08.000Z",
    "totalRefundAmount": usd("64.92"),
    "returnOrderLines": [
        {
            "returnOrderLineNumber": 1,
            "purchaseOrderId": "108900000000001",
            "purchaseOrderLineNumber": 2,
            "returnReason": "DAMAGED",
            "item": {"sku": "KET-BLU", "productName": "Blue kettle"},
            "charges": [
                {
                    "chargeCategory": "PRODUCT",
                    "chargeName": "ItemPrice",
                    "chargePerUnit": usd("19.99"),
                    "isDiscount": False,
                    "isBillable": True,
                    "tax": [{"taxName": "Tax1", "excessTax": usd("0"), "taxPerUnit": usd("1.65")}],
                    "excessCharge": usd("0"),
                }
            ],
            "quantity": each(3),
            "refundedQty": 1,
            "returnExpectedFlag": True,
            "isKeepIt": False,
            "status": "COMPLETED",
            "statusTime": "2026-03-02T05:45:45.000Z",
            "currentRefundStatus": "REFUND_INITIATED",
            "currentTrackingStatuses": [slice_("REFUND_INITIATED", 2), slice_("REFUND_COMPLETED", 1)],
            "returnTrackingDetail": [
                event(2, "REFUND_ISSUED", "2026-03-01T10:00:00.000Z"),
                event(1, "REFUND_INITIATED", "2026-02-28T10:00:00.000Z"),
                event(0, "RETURN_INITIATED", "2026-02-21T01:01:08.000Z"),
            ],
        }
    ],
}


def changed(**line: Any) -> dict[str, Any]:
    raw = deepcopy(RAW)
    raw["returnOrderLines"][0] |= line
    return raw


def read(raw: Any) -> Return:
    made = SOURCE.to_document(loads(dumps(raw)))
    check_document(made)
    return made


def charge(**members: Any) -> dict[str, Any]:
    given: dict[str, Any] = {**RAW["returnOrderLines"][0]["charges"][0], **members}
    return given


def test_return_points_at_the_order_line_that_was_sold():
    made = read(RAW)

    assert (made.channel, made.market, made.number) == ("walmart", "us", "103700000000000001")
    assert (made.customer_order, made.created_at) == ("200010000000001", datetime(2026, 2, 21, 1, 1, 8, tzinfo=UTC))
    (line,) = made.lines
    assert (line.number, line.order, line.order_line, line.sku) == ("1", "108900000000001", "2", "KET-BLU")
    assert (line.quantity, line.reason, line.goods_expected) == (Decimal(3), "DAMAGED", True)


def test_charges_are_for_the_whole_quantity():
    (charge,) = read(RAW).lines[0].charges

    assert (charge.kind, str(charge.amount), str(charge.tax)) == ("product", "59.97 USD", "4.95 USD")


def test_what_is_given_beyond_the_price_is_a_charge_of_its_own():
    taxes = [{"taxName": "Tax1", "excessTax": usd("0.40"), "taxPerUnit": usd("1.65")}]

    product, excess = read(changed(charges=[charge(excessCharge=usd("5.00"), tax=taxes)])).lines[0].charges

    assert (product.kind, str(product.amount)) == ("product", "59.97 USD")
    assert (excess.kind, str(excess.amount), str(excess.tax)) == ("excess", "5.00 USD", "0.40 USD")


def test_discount_lowers_what_is_paid_back_whichever_way_it_is_written():
    charges = [charge(chargePerUnit=usd(amount), isDiscount=True, tax=None) for amount in ("2", "-2")]

    assert [str(one.amount) for one in read(changed(charges=charges)).lines[0].charges] == ["-6 USD", "-6 USD"]


def test_what_is_not_billable_is_not_paid_back():
    assert read(changed(charges=[charge(isBillable=False)])).lines[0].charges == ()


def test_only_what_was_paid_is_refunded_and_what_has_begun_is_not():
    line = read(RAW).lines[0]

    assert line.refunded_quantity == Decimal(1)
    assert line.refunded_at == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    assert line.status == "completed"


def test_newest_refund_is_that_of_the_highest_sequence_in_whatever_order_events_come():
    events = [
        event(1, "REFUND_ISSUED", "2026-03-01T10:00:00.000Z"),
        event(5, "REFUND_ISSUED", "2026-03-09T10:00:00.000Z"),
        event(6, "DELIVERED_AFTER_INVOICE", "2026-03-20T10:00:00.000Z"),
        event(3, "REFUND_ISSUED", "2026-03-12T10:00:00.000Z"),
    ]

    line = read(changed(returnTrackingDetail=events)).lines[0]

    assert line.refunded_at == datetime(2026, 3, 9, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("events", [None, [], [event(0, "REFUND_ISSUED", None)], [event(0, "REFUND_ISSUED", "soon")]])
def test_without_an_event_the_paid_slice_says_when(events):
    slices = [
        slice_("REFUND_COMPLETED", 1, at="2026-03-04T00:00:00.000Z"),
        slice_("NOT_REFUNDED", 1, at="2026-03-08T00:00:00.000Z"),
    ]

    line = read(changed(returnTrackingDetail=events, currentTrackingStatuses=slices)).lines[0]

    assert line.refunded_at == datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize("slices", [None, []])
@pytest.mark.parametrize(
    ("single", "refunded"),
    [
        ({"refundedQty": 2, "currentRefundStatus": "REFUND_COMPLETED"}, 2),
        ({"refundedQty": None, "currentRefundStatus": "REFUND_COMPLETED"}, 3),
        ({"refundedQty": None, "currentRefundStatus": "NOT_REFUNDED"}, 0),
        ({"refundedQty": 0, "currentRefundStatus": None}, 0),
    ],
)
def test_single_fields_count_where_there_are_no_slices(slices, single, refunded):
    line = read(changed(currentTrackingStatuses=slices, **single)).lines[0]

    assert line.refunded_quantity == Decimal(refunded)


def test_slices_count_more_than_the_single_fields():
    slices = [slice_("REFUND_COMPLETED", 3)]

    line = read(changed(currentTrackingStatuses=slices, refundedQty=1, currentRefundStatus="NOT_REFUNDED")).lines[0]

    assert line.refunded_quantity == Decimal(3)


def test_cancelled_return_is_completed_at_walmart_and_moves_nothing():
    slices = [slice_("NOT_REFUNDED", 3)]
    events = [event(1, "RETURN_CANCELLED", "2026-03-01T10:00:00.000Z"), event(0, "RETURN_INITIATED", None)]

    line = read(changed(currentTrackingStatuses=slices, returnTrackingDetail=events)).lines[0]

    assert (line.status, line.refunded_quantity, line.refunded_at) == ("cancelled", Decimal(0), None)


def test_replacement_moves_no_money():
    line = read({**RAW, "returnType": "REPLACEMENT"}).lines[0]

    assert (line.refunded_quantity, line.refunded_at) == (Decimal(0), None)


@pytest.mark.parametrize("flags", [{"isKeepIt": True}, {"returnExpectedFlag": False}])
def test_what_the_buyer_keeps_is_not_expected(flags):
    assert read(changed(**flags)).lines[0].goods_expected is False


def test_unknown_word_for_a_refund_is_held_by_name_and_never_guessed():
    with pytest.raises(HoldError, match="'REFUND_LIMBO'") as held:
        read(changed(currentTrackingStatuses=[slice_("REFUND_LIMBO", 3)]))

    assert held.value.code == "unknown_refund_status"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"purchaseOrderId": None}, "no_order"),
        ({"purchaseOrderLineNumber": None}, "no_line_number"),
        ({"returnOrderLineNumber": " "}, "no_line_number"),
        ({"item": None}, "no_sku"),
        ({"quantity": None, "currentTrackingStatuses": None}, "no_quantity"),
        ({"currentTrackingStatuses": [slice_("NOT_REFUNDED", 4)]}, "statuses_do_not_add_up"),
        (
            {"charges": [charge(chargePerUnit={"currencyAmount": 1, "currencyUnit": "$"}, excessCharge=None)]},
            "no_currency",
        ),
        ({"charges": [charge(chargePerUnit={"currencyAmount": "x"})]}, "malformed_return"),
    ],
)
def test_return_names_its_fault(line, code):
    with pytest.raises(RejectedError) as refused:
        read(changed(**line))

    assert refused.value.code == code
    assert "Buyer" not in str(refused.value)


@pytest.mark.parametrize(
    "raw", [None, [], {}, "x", {**RAW, "returnOrderLines": None}, {**RAW, "returnOrderDate": None}]
)
def test_what_is_no_return_is_refused(raw):
    with pytest.raises(RejectedError):
        read(raw)


def places(tree: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [here, *(place for key, value in inner for place in places(value, (*here, key)))]


ODD = [
    None,
    True,
    -1,
    0,
    10**30,
    "",
    " ",
    "NaN",
    "2026-02-21",
    [],
    [None],
    {},
    {"currencyAmount": None},
    Decimal("1e-9"),
]


@given(place=st.sampled_from([place for place in places(RAW) if place]), value=st.sampled_from(ODD))
def test_any_odd_value_in_any_place_is_read_or_refused_by_name(place, value):
    raw = deepcopy(RAW)
    at = raw
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value

    made = None
    with suppress(CrossdockError):
        made = read(raw)

    for line in made.lines if made else ():
        assert Decimal(0) <= line.refunded_quantity <= line.quantity
        assert line.refunded_at is None or line.refunded_quantity


@given(
    st.lists(
        st.tuples(st.sampled_from(["NOT_REFUNDED", "REFUND_INITIATED", "REFUND_COMPLETED"]), st.integers(1, 9)),
        min_size=1,
    )
)
def test_refunded_is_what_the_paid_slices_add_up_to(slices):
    total = sum(quantity for _, quantity in slices)
    raw = changed(quantity=each(total), currentTrackingStatuses=[slice_(*one) for one in slices])

    paid = sum(quantity for refund, quantity in slices if refund == "REFUND_COMPLETED")
    assert read(raw).lines[0].refunded_quantity == Decimal(paid)
