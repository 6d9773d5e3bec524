"""The usual order is read sooner, and never otherwise than any order is."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crossdock import RejectedError
from crossdock.canonical import Order
from crossdock.jsonio import dumps, loads
from crossdock.testing import check_document
from crossdock_walmart import orders
from crossdock_walmart.mapping import to_order
from crossdock_walmart.orders import OrderSource
from crossdock_walmart.simulator.generator import OrderGenerator, Wanted
from crossdock_walmart.usual import UnusualError, usual_order
from crossdock_walmart.wire import WalmartOrder

SOURCE = OrderSource(since=datetime(2026, 11, 1, tzinfo=UTC))
NUMBERS = [
    0, 7, -1, 1793523600000, 10**12 - 1, 4 * 10**12, 10**30, Decimal("10.10"), Decimal("-0.00"), Decimal("1E+3"),
    Decimal("1e-30"), Decimal("1e99999"), Decimal("12345678901234567890.5"), Decimal("NaN"), Decimal("sNaN"),
    Decimal("Infinity"),
]  # fmt: skip
TEXTS = [
    "", " ", "2", " 2 ", "2.50", "1_0", "1e2", "0x2", "-1", "NaN", "sNaN", "Infinity", "1.0000001", "10.10", "usd",
    "2026-11-01T09:00:00Z", "1793523600000", "Created", "Shipped", "\N{ARABIC-INDIC DIGIT TWO}", "x" * 40,
]  # fmt: skip
JSON = st.recursive(
    st.sampled_from([None, True, False, *NUMBERS, *TEXTS]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["amount", "currency", "sku"]), inner),
    max_leaves=4,
)
TRACKING = {
    "trackingNumber": "1Z9",
    "carrierName": {"carrier": None, "otherCarrier": "Star Track"},
    "shipDateTime": 1793600000123,
}
REFUND = {
    "refundId": "77",
    "refundCharges": {
        "refundCharge": [
            {
                "refundReason": "DamagedItem",
                "charge": {
                    "chargeType": "PRODUCT",
                    "chargeName": "Item Price",
                    "chargeAmount": {"currency": "USD", "amount": Decimal("-5.00")},
                    "tax": {"taxName": "Tax1", "taxAmount": {"currency": "USD", "amount": Decimal("-0.41")}},
                },
            }
        ]
    },
}


def places(tree: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything within."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [here, *(place for key, value in inner for place in places(value, (*here, key)))]


def put(tree: Any, place: tuple[Any, ...], value: Any, *, gone: bool = False) -> Any:
    """The same with something else, or nothing, in that place."""
    tree = deepcopy(tree)
    *path, last = place
    at = tree
    for key in path:
        at = at[key]
    if gone:
        del at[last]
    else:
        at[last] = value
    return tree


def usually(raw: Any) -> Order | None:
    try:
        return to_order(usual_order(raw))
    except (UnusualError, RejectedError):
        return None


def at_length(raw: Any) -> Order | None:
    try:
        return to_order(WalmartOrder.model_validate(raw))
    except (ValidationError, RejectedError):
        return None


def outcome(read: Callable[[Any], Order], raw: Any) -> Any:
    try:
        return repr(read(raw))
    except RejectedError as error:
        return error.code, error.message, error.facts


def check_both_agree(raw: Any) -> None:
    """What the strict reading gives is what the lenient one gives, to the digit."""
    usual = usually(raw)
    if usual is not None:
        assert repr(usual) == repr(at_length(raw))
        check_document(usual)


@pytest.fixture(scope="module")
def full(kit: Any) -> Any:
    """An order with something in each field."""
    line = ("orderLines", "orderLine", 1, "orderLineStatuses", "orderLineStatus", 0)
    order = put(kit.order, (*line, "trackingInfo"), TRACKING)
    order = put(order, (*line[:3], "refund"), REFUND)
    return put(order, ("shippingInfo", "postalAddress", "address2"), "Apt 1")


def test_usual_order_is_read_as_any_is(kit: Any, full: Any) -> None:
    for raw in (kit.order, full):
        assert usually(raw) is not None
        check_both_agree(raw)
        assert SOURCE.to_document(raw) == at_length(raw)


def test_orders_of_the_simulator_are_usual() -> None:
    make = OrderGenerator(Random(7)).make

    for _ in range(20):
        check_both_agree(
            raw := loads(dumps(make(Wanted("1011", "Main DC"), datetime(2026, 11, 1, tzinfo=UTC), None, None)))
        )
        assert usually(raw) is not None


def test_source_reads_the_usual_order_without_the_lenient_model(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(orders, "WalmartOrder")

    assert SOURCE.to_document(full).number == full["purchaseOrderId"]


def test_each_odd_value_in_each_place_is_read_alike_and_refused_in_the_same_words(full: Any) -> None:
    for place in [place for place in places(full) if place]:
        for value in [None, True, [], {}, *NUMBERS, *TEXTS]:
            raw = put(full, place, value)

            assert outcome(SOURCE.to_document, raw) == outcome(orders._read, raw)


@given(data=st.data())
def test_changed_order_is_read_alike_and_refused_in_the_same_words(full: Any, data: st.DataObject) -> None:
    raw = full
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from([place for place in places(raw) if place]))
        raw = put(raw, place, data.draw(JSON), gone=data.draw(st.booleans()))
        if not places(raw)[1:]:
            break

    check_both_agree(raw)
    assert outcome(SOURCE.to_document, raw) == outcome(orders._read, raw)


@given(milliseconds=st.integers(10**12, 4 * 10**12 - 1))
def test_usual_order_keeps_each_millisecond(kit: Any, milliseconds: int) -> None:
    usual = usually(put(kit.order, ("orderDate",), milliseconds))

    assert usual is not None
    assert usual.ordered_at == WalmartOrder.model_validate(put(kit.order, ("orderDate",), milliseconds)).order_date


@given(amount=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=2))
def test_usual_order_keeps_each_digit_of_an_amount(kit: Any, amount: Decimal) -> None:
    charge = ("orderLines", "orderLine", 0, "charges", "charge", 0, "chargeAmount", "amount")
    raw = loads(dumps(put(kit.order, charge, amount)))

    usual = usually(raw)

    assert usual is not None
    assert str(usual.lines[0].charges[0].amount) == f"{loads(dumps(amount))} USD"
