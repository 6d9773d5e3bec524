"""Reading the answer to a creation, and which item is which line."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import (
    Answers,
    Effect,
    Known,
    Receipt,
)
from crossdock_wms_cartoncloud.receipts import link_lines
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink
from crossdock_wms_cartoncloud.wire import Item

TENANT = "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f"
CUSTOMER = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
SKU_ERROR = {"message": "Widget (CUP-02) x 1 UNIT - Product not found", "isResolved": False}


def stored(effect: Effect) -> Effect:
    """The effect as it comes back from the store: its memo went through JSON."""
    return Effect(key=effect.key, steps=effect.steps, memo=json.loads(json.dumps(effect.memo)))


def read(sink: SaleOrderSink, effect: Effect, *responses: httpx.Response) -> Receipt:
    return sink.receipt(stored(effect), Answers(responses))


def test_receipt_of_a_created_order(sink: SaleOrderSink, effect: Effect, wire: Any) -> None:
    receipt = read(sink, effect, httpx.Response(201, json=wire()))

    assert (receipt.kind, receipt.id) == ("sale_order", "so-1")
    assert receipt.identifiers == {"reference": "108900000000001", "numeric_id": "787061"}
    assert receipt.lines == {
        "1": {"id": "item-1", "sku": "MUG-01", "quantity": "2"},
        "2": {"id": "item-2", "sku": "CUP-02", "quantity": "1"},
    }
    assert receipt.attention is None
    assert receipt.note == "status AWAITING_PICK_AND_PACK"


@pytest.mark.parametrize("quantity", ["2", "2.000", 2.0])
def test_receipt_takes_a_quantity_however_it_is_written(
    sink: SaleOrderSink, sale_order: Any, wire: Any, quantity: Any
) -> None:
    effect = sink.plan(sale_order(("1", "MUG-01", 2)), Known())

    assert read(sink, effect, httpx.Response(201, json=wire(("mug-01 ", quantity)))).attention is None


@pytest.mark.parametrize("status", [201, 228])
def test_receipt_of_a_rejected_order_asks_a_person_and_quotes_why(
    sink: SaleOrderSink, effect: Effect, wire: Any, status: int
) -> None:
    errors = [
        {"message": "MUG-01 out of stock for Robin Sample, 1 elm street", "isResolved": False},
        {"message": "An older one", "isResolved": True},
    ]
    answer = wire(status="REJECTED", items=[], details={"errors": errors})

    receipt = read(sink, effect, httpx.Response(status, json=answer))

    assert receipt.id == "so-1"
    assert receipt.attention is not None
    assert receipt.attention.code == "rejected_by_warehouse"
    assert "MUG-01 out of stock for […]" in receipt.attention.message
    assert "Robin" not in receipt.attention.message
    assert "elm" not in receipt.attention.message
    assert "older" not in receipt.attention.message
    assert "approve" in receipt.attention.fix
    assert {number: link["id"] for number, link in receipt.lines.items()} == {"1": None, "2": None}


@pytest.mark.parametrize("error", [SKU_ERROR, {"code": 10449}, {"message": "x", "code": "10459"}])
def test_receipt_names_an_unknown_sku(sink: SaleOrderSink, effect: Effect, wire: Any, error: Any) -> None:
    answer = wire(status="REJECTED", items=None, details={"errors": [error]})

    attention = read(sink, effect, httpx.Response(228, json=answer)).attention

    assert attention is not None
    assert attention.code == "unknown_sku"
    assert "add the product" in attention.fix


def test_receipt_only_notes_an_unknown_sku_where_settings_flag_it(
    sink: SaleOrderSink, sale_order: Any, wire: Any
) -> None:
    effect = sink.plan(sale_order(unknown_sku="flag"), Known())
    answer = wire(status="REJECTED", items=[], details={"errors": [SKU_ERROR]})

    receipt = read(sink, effect, httpx.Response(228, json=answer))

    assert receipt.attention is None
    assert "Product not found" in (receipt.note or "")


def test_receipt_holds_what_is_rejected_for_another_reason_even_where_settings_flag(
    sink: SaleOrderSink, sale_order: Any, wire: Any
) -> None:
    effect = sink.plan(sale_order(unknown_sku="flag"), Known())
    answer = wire(status="REJECTED", items=[], details={"errors": [{"message": "Out of stock"}]})

    attention = read(sink, effect, httpx.Response(228, json=answer)).attention

    assert attention is not None
    assert attention.code == "rejected_by_warehouse"


def test_receipt_of_an_order_with_issues_asks_a_person_though_it_is_not_rejected(
    sink: SaleOrderSink, effect: Effect, wire: Any
) -> None:
    attention = read(sink, effect, httpx.Response(228, json=wire())).attention

    assert attention is not None
    assert (attention.code, "without saying why" in attention.message) == ("rejected_by_warehouse", True)


@pytest.mark.parametrize(
    ("items", "differing"),
    [
        ([("MUG-01", 2)], "CUP-02: wanted 1, found 0"),
        ([("MUG-01", 1), ("CUP-02", 1)], "MUG-01: wanted 2, found 1"),
        ([("MUG-01", 2), ("CUP-02", 1), ("EXTRA", 1)], "EXTRA: wanted 0, found 1"),
    ],
)
def test_receipt_notices_lines_that_were_dropped_reduced_or_added(
    sink: SaleOrderSink, effect: Effect, wire: Any, items: Any, differing: str
) -> None:
    attention = read(sink, effect, httpx.Response(201, json=wire(*items))).attention

    assert attention is not None
    assert attention.code == "lines_differ"
    assert differing in attention.message


def test_receipt_of_an_order_kept_under_another_reference_is_done_and_asks_a_person(
    sink: SaleOrderSink, effect: Effect, wire: Any
) -> None:
    answer = wire(references={"customer": "ACME-108900000000001", "numericId": "787061"})

    receipt = read(sink, effect, httpx.Response(201, json=answer))

    assert receipt.attention is not None
    assert receipt.attention.code == "reference_differs"


@pytest.mark.parametrize("content", [b"", b"<html>ok</html>", b"[]", b'{"id": null}', b'{"id": "so-1", "items": [{'])
@pytest.mark.parametrize("status", [200, 201, 204, 228])
def test_receipt_claims_nothing_when_a_success_cannot_be_read(
    sink: SaleOrderSink, effect: Effect, status: int, content: bytes
) -> None:
    with pytest.raises(ValueError, match="no sale order"):
        read(sink, effect, httpx.Response(status, content=content))


@pytest.mark.parametrize("status", [302, 500, 503])
def test_receipt_claims_nothing_when_the_status_proves_nothing(
    sink: SaleOrderSink, effect: Effect, status: int
) -> None:
    with pytest.raises(ValueError, match=f"answered {status}"):
        read(sink, effect, httpx.Response(status))


def items(*stated: tuple[str, Any], **properties: Any) -> list[Item]:
    return [
        Item.model_validate(
            {
                "id": f"i{at}",
                "details": {"product": {"references": {"code": sku}}},
                "measures": {"quantity": quantity},
                "properties": {"sop_custom_field_1": properties[f"i{at}"]} if f"i{at}" in properties else {},
            }
        )
        for at, (sku, quantity) in enumerate(stated, start=1)
    ]


def expected(*lines: tuple[str, str, Any]) -> list[dict[str, Any]]:
    return [{"line": number, "sku": sku, "quantity": str(quantity)} for number, sku, quantity in lines]


def linked(lines: list[dict[str, Any]], found: list[Item], line_property: str | None = None) -> dict[str, Any]:
    return {number: link["id"] for number, link in link_lines(lines, found, line_property).items()}


def test_lines_of_one_sku_are_told_apart_by_quantity() -> None:
    assert linked(expected(("4", "A", 1), ("9", "A", 3)), items(("A", 3), ("A", 1))) == {"4": "i2", "9": "i1"}


def test_lines_alike_are_linked_in_sequence() -> None:
    assert linked(expected(("4", "A", 1), ("9", "A", 1)), items(("A", 1), ("A", 1))) == {"4": "i1", "9": "i2"}


def test_lines_are_linked_by_their_property_where_there_is_one() -> None:
    found = items(("A", 1), ("A", 1), i1="9", i2=4)

    assert linked(expected(("4", "A", 1), ("9", "A", 1)), found, "sop_custom_field_1") == {"4": "i2", "9": "i1"}


def test_a_reduced_line_keeps_its_item_and_a_dropped_one_has_none() -> None:
    lines = expected(("1", "A", 5), ("2", "B", 1))

    assert linked(lines, items(("A", 2))) == {"1": "i1", "2": None}


def test_merged_lines_share_their_item() -> None:
    assert linked(expected(("1", "A", 1), ("2", "A", 2)), items(("A", 3))) == {"1": "i1", "2": "i1"}


_STATED = st.tuples(st.sampled_from(["A", "a", "B", "C"]), st.integers(1, 3))


@given(st.lists(_STATED, min_size=1, max_size=6), st.lists(_STATED, max_size=6))
def test_each_line_is_linked_exactly_once(wanted: list[tuple[str, int]], there: list[tuple[str, int]]) -> None:
    lines = expected(*((str(at), sku, quantity) for at, (sku, quantity) in enumerate(wanted)))

    links = link_lines(lines, items(*there), None)

    assert list(links) == [line["line"] for line in lines]
    assert all(
        (link["id"] is None) == (link["sku"].lower() not in {sku.lower() for sku, _ in there})
        for link in links.values()
    )


@given(st.permutations([("1", "A", 1), ("2", "A", 2), ("3", "B", 1), ("4", "A", 2)]))
def test_no_item_stands_for_two_lines_when_all_are_there(lines: list[tuple[str, str, int]]) -> None:
    links = linked(expected(*lines), items(("B", 1), ("A", 2), ("A", 1), ("A", 2)))

    assert sorted(links.values()) == ["i1", "i2", "i3", "i4"]
