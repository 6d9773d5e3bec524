"""The usual answer is read sooner, and never otherwise than any answer is."""

from __future__ import annotations

import copy
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import Answers, Known
from crossdock_wms_cartoncloud import sale_orders
from crossdock_wms_cartoncloud.receipts import receipt
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink
from crossdock_wms_cartoncloud.usual import usual_receipt
from crossdock_wms_cartoncloud.wire import parse_order

MEMO: dict[str, Any] = {
    "reference": "108900000000001",
    "customer": "Acme Trading",
    "unknown_sku": "hold",
    "line_property": None,
    "warehouse": "Sydney DC",
    "lines": [{"line": "2", "sku": "MUG-01", "quantity": "2"}, {"line": "5", "sku": "Cup", "quantity": "1.50"}],
}
ANSWER: dict[str, Any] = {
    "id": "so-1",
    "type": "OUTBOUND",
    "status": "AWAITING_PICK_AND_PACK",
    "references": {"customer": "108900000000001", "numericId": "787061", "code": None, "tracking": None},
    "customer": {"id": "cust-1", "name": "Acme Trading", "references": {"code": "ACME"}},
    "warehouse": {"id": "wh-1", "name": "Sydney DC", "references": None},
    "details": {"errors": [], "deliver": {"method": {"requestedService": "Standard"}, "address": {"city": "Austin"}}},
    "items": [
        {
            "id": "item-1",
            "references": {"numericId": 1},
            "details": {
                "product": {"id": "p-1", "name": "Mug", "references": {"code": "MUG-01"}},
                "unitOfMeasure": {"type": "EACH"},
            },
            "measures": {"quantity": 2},
            "properties": {"colour": "blue"},
        },
        {"id": "item-2", "details": {"product": {"name": "Cup"}}, "measures": {"quantity": "1.5"}, "properties": None},
    ],
    "properties": {},
    "timestamps": {"created": {"time": "2026-11-02T09:00:00Z"}, "modified": {"time": None}, "dispatched": None},
}
SCALARS = st.sampled_from(
    [None, True, 0, 7, 2.0, "", " ", "2", "NaN", "sNaN", "Infinity", "REJECTED", "MUG-01", "108900000000001", "x"]
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
)


def places(tree: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything within."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [here, *(place for key, value in inner for place in places(value, (*here, key)))]


@st.composite
def changed(draw: st.DrawFn, tree: Any) -> Any:
    """The same with something else, or nothing, in one place or two."""
    for _ in range(draw(st.integers(1, 2))):
        tree = copy.deepcopy(tree)
        *path, last = draw(st.sampled_from([place for place in places(tree) if place] or [(None,)]))
        at = tree
        for key in path:
            at = at[key]
        if last is None or draw(st.booleans()):
            at.pop(last, None) if isinstance(at, dict) else at.clear()
        else:
            at[last] = draw(JSON)
    return tree


def read(answer: Any, memo: Any) -> Any:
    """What any answer means; None where it cannot be read."""
    try:
        order = parse_order(httpx.Response(201, content=json.dumps(answer)))
    except ValueError:
        return None
    return receipt(order, memo, redact=str)


def test_usual_answer_gives_the_receipt_that_any_reading_gives() -> None:
    usual = usual_receipt(json.dumps(ANSWER).encode(), MEMO)

    assert usual is not None
    assert usual == read(ANSWER, MEMO)
    assert usual.identifiers == {"reference": "108900000000001", "numeric_id": "787061"}
    assert usual.lines["5"] == {"id": "item-2", "sku": "Cup", "quantity": "1.50"}


@given(changed(ANSWER))
def test_changed_answer_gives_the_receipt_that_any_reading_gives_or_none(answer: Any) -> None:
    usual = usual_receipt(json.dumps(answer).encode(), MEMO)

    assert usual is None or usual == read(answer, MEMO)


@given(changed(MEMO["lines"]), st.sampled_from([None, "", "colour"]), st.sampled_from(["108900000000001", "other"]))
def test_other_wishes_give_the_receipt_that_any_reading_gives_or_none(
    lines: Any, line_property: Any, name: str
) -> None:
    texts = all(isinstance(line, dict) and line.keys() == {"line", "sku", "quantity"} for line in lines)
    if not texts or not all(isinstance(text, str) for line in lines for text in line.values()):
        return
    memo = {**MEMO, "lines": lines, "line_property": line_property, "reference": name}

    usual = usual_receipt(json.dumps(ANSWER).encode(), memo)

    assert usual is None or usual == read(ANSWER, memo)


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"<html>", b"\xff\xfe", b'{"id":"so-1"', b'{"id":"\xff"}'])
def test_what_is_no_order_gives_none(content: bytes) -> None:
    assert usual_receipt(content, MEMO) is None


def test_sink_reads_the_usual_answer_without_the_lenient_model(
    sink: SaleOrderSink, sale_order: Any, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    effect = sink.plan(sale_order(), Known())
    monkeypatch.delattr(sale_orders, "parse_order")

    assert sink.receipt(effect, Answers((httpx.Response(201, json=wire()),))).id == "so-1"
