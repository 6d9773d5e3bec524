"""Planning, reading the answer, and telling whether it was done."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
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
    CrossdockError,
    Done,
    Effect,
    HoldError,
    Known,
    Receipt,
    RejectedError,
    TransientError,
)
from crossdock.canonical import Money
from crossdock_wms_cartoncloud.documents import SaleOrder, SaleOrderLine
from crossdock_wms_cartoncloud.receipts import link_lines
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink, effect_key
from crossdock_wms_cartoncloud.wire import Item

TENANT = "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f"
CUSTOMER = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
SKU_ERROR = {"message": "Widget (CUP-02) x 1 UNIT - Product not found", "isResolved": False}


@pytest.fixture
def effect(sink: SaleOrderSink, sale_order: Any) -> Effect:
    return sink.plan(sale_order(), Known())


def body(effect: Effect) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(effect.steps[0].content)
    return parsed


def stored(effect: Effect) -> Effect:
    """The effect as it comes back from the store: its memo went through JSON."""
    return Effect(key=effect.key, steps=effect.steps, memo=json.loads(json.dumps(effect.memo)))


def read(sink: SaleOrderSink, effect: Effect, *responses: httpx.Response) -> Receipt:
    return sink.receipt(stored(effect), Answers(responses))


def refused(sink: SaleOrderSink, effect: Effect, status: int, problems: object) -> CrossdockError:
    with pytest.raises(CrossdockError) as caught:
        read(sink, effect, httpx.Response(status, json=problems))
    return caught.value


# ---------------------------------------------------------------- plan


def test_plan_makes_one_request_that_creates(effect: Effect) -> None:
    (request,) = effect.steps

    assert (request.method, request.url.path) == ("POST", f"/tenants/{TENANT}/outbound-orders")
    assert effect.key == "Acme Trading/108900000000001"


def test_plan_writes_the_documented_body(sink: SaleOrderSink, sale_order: Any) -> None:
    order = sale_order(ship_by=date(2026, 11, 3), deliver_by=date(2026, 11, 8), line_property="sop_custom_field_1")

    assert body(sink.plan(order, Known())) == {
        "type": "OUTBOUND",
        "references": {"customer": "108900000000001"},
        "customer": {"name": "Acme Trading"},
        "warehouse": {"name": "Sydney DC"},
        "details": {
            "allowSplitting": False,
            "collect": {"requiredDate": "2026-11-03"},
            "deliver": {
                "address": {
                    "companyName": None,
                    "contactName": "Robin Sample",
                    "address1": "1 Elm Street",
                    "address2": "Apt 4",
                    "city": "Austin",
                    "state": {"code": "TX"},
                    "postcode": "78701",
                    "country": {"iso2Code": "US"},
                    "phone": "512-555-0100",
                    "email": "robin@example.test",
                },
                "method": {"type": "SHIPPING", "requestedService": "Standard"},
                "requiredDate": "2026-11-08",
            },
        },
        "items": [
            {
                "details": {"product": {"references": {"code": "MUG-01"}}},
                "measures": {"quantity": 2},
                "properties": {"sop_custom_field_1": "1"},
            },
            {
                "details": {"product": {"references": {"code": "CUP-02"}}},
                "measures": {"quantity": 1},
                "properties": {"sop_custom_field_1": "2"},
            },
        ],
    }


def test_plan_names_customer_and_warehouse_by_id_where_settings_do(sink: SaleOrderSink, sale_order: Any) -> None:
    planned = body(sink.plan(sale_order(customer=CUSTOMER.upper(), warehouse=CUSTOMER), Known()))

    assert planned["customer"] == planned["warehouse"] == {"id": CUSTOMER}


def test_plan_leaves_to_the_tenant_what_the_order_does_not_say(sink: SaleOrderSink, sale_order: Any) -> None:
    planned = body(sink.plan(sale_order(warehouse=None), Known()))

    assert "warehouse" not in planned
    assert "collect" not in planned["details"]
    assert "invoiceValue" not in planned["details"]
    assert "properties" not in planned


def test_plan_writes_what_another_mapper_may_add(sink: SaleOrderSink, sale_order: Any, address: Any) -> None:
    line = SaleOrderLine(number="1", sku="MUG-01", quantity=Decimal("0.50"), unit="CTN", properties={"batch": "B1"})
    far = address.model_copy(update={"region": "New South Wales"})
    order = sale_order().model_copy(update={"lines": (line,), "properties": {"source": "web"}, "address": far})

    planned = body(sink.plan(order, Known()))

    assert planned["properties"] == {"source": "web"}
    assert planned["details"]["deliver"]["address"]["state"] == {"name": "New South Wales"}
    assert planned["items"] == [
        {
            "details": {"product": {"references": {"code": "MUG-01"}}, "unitOfMeasure": {"type": "CTN"}},
            "measures": {"quantity": 0.5},
            "properties": {"batch": "B1"},
        }
    ]


def test_plan_states_the_value_of_the_order_exactly(sink: SaleOrderSink, sale_order: Any) -> None:
    third = Money(amount=Decimal(10) / 3, currency="USD")
    lines = tuple(SaleOrderLine(number=n, sku="A", quantity=Decimal(3), price=third) for n in ("1", "2"))

    planned = sink.plan(sale_order().model_copy(update={"lines": lines}), Known())

    assert b'"invoiceValue":{"amount":20.00,"currency":"USD"}' in planned.steps[0].content


@pytest.mark.parametrize("prices", [("USD", None), ("USD", "CAD"), (None, "USD")])
def test_plan_states_no_value_that_is_not_whole(
    sink: SaleOrderSink, sale_order: Any, prices: tuple[str | None, ...]
) -> None:
    lines = tuple(
        SaleOrderLine(
            number=str(n),
            sku="A",
            quantity=Decimal(1),
            price=Money(amount=Decimal(1), currency=currency) if currency else None,
        )
        for n, currency in enumerate(prices)
    )

    planned = body(sink.plan(sale_order().model_copy(update={"lines": lines}), Known()))

    assert "invoiceValue" not in planned["details"]


@pytest.mark.parametrize("spelling", ["2", "2.0", "2.000", "0.2E+1"])
def test_plan_writes_one_quantity_in_one_way(sink: SaleOrderSink, sale_order: Any, spelling: str) -> None:
    planned = sink.plan(sale_order(("1", "MUG-01", spelling)), Known())

    assert b'"quantity":2}' in planned.steps[0].content


def test_plan_is_a_pure_function(sink: SaleOrderSink, sale_order: Any) -> None:
    one, two = (sink.plan(sale_order(), Known()) for _ in range(2))

    assert (one.key, one.memo, one.steps[0].content) == (two.key, two.memo, two.steps[0].content)


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_effect_key_is_that_of_one_customer_and_reference(c1: str, r1: str, c2: str, r2: str) -> None:
    assert (effect_key(c1, r1) == effect_key(c2, r2)) == ((c1, r1) == (c2, r2))


# ---------------------------------------------------------------- settings


def test_sink_looks_first_unless_the_tenant_refuses_duplicates(reader: Any, connect: Any) -> None:
    vouched = SaleOrderSink()
    vouched.bind(connect(duplicates="reject"), reader)
    careful = SaleOrderSink()
    careful.bind(connect(), reader)

    assert (careful.probe_first, careful.refuses_duplicates) == (True, False)
    assert (vouched.probe_first, vouched.refuses_duplicates) == (False, True)


def test_absence_counts_after_deadline_and_read_lag(reader: Any, connect: Any) -> None:
    sink = SaleOrderSink()
    sink.bind(connect(timeout="20s", read_lag="1m"), reader)

    assert sink.settles_after == timedelta(seconds=80)
    assert sink.kind == "create"
    assert sink.not_done == {429}


# ---------------------------------------------------------------- receipt: created


def test_receipt_of_a_created_order(sink: SaleOrderSink, effect: Effect, wire: Any) -> None:
    receipt = read(sink, effect, httpx.Response(201, json=wire()))

    assert (receipt.kind, receipt.id) == ("sale_order", "so-1")
    assert receipt.identifiers == {"reference": "108900000000001", "numeric_id": "787061"}
    assert receipt.lines == {
        "1": {"item": "item-1", "sku": "MUG-01", "quantity": "2"},
        "2": {"item": "item-2", "sku": "CUP-02", "quantity": "1"},
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
    assert {number: link["item"] for number, link in receipt.lines.items()} == {"1": None, "2": None}


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


# ---------------------------------------------------------------- receipt: which item is which line


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
    return {number: link["item"] for number, link in link_lines(lines, found, line_property).items()}


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
        (link["item"] is None) == (link["sku"].lower() not in {sku.lower() for sku, _ in there})
        for link in links.values()
    )


@given(st.permutations([("1", "A", 1), ("2", "A", 2), ("3", "B", 1), ("4", "A", 2)]))
def test_no_item_stands_for_two_lines_when_all_are_there(lines: list[tuple[str, str, int]]) -> None:
    links = linked(expected(*lines), items(("B", 1), ("A", 2), ("A", 1), ("A", 2)))

    assert sorted(links.values()) == ["i1", "i2", "i3", "i4"]


# ---------------------------------------------------------------- receipt: duplicates


DUPLICATE = {
    "field": "/references/customer",
    "message": "A Sale Order with this Customer Reference already exists.",
    "type": "DUPLICATE",
    "details": {"duplicateId": "so-0"},
}


def duplicate(**changes: Any) -> httpx.Response:
    return httpx.Response(422, json=[{**DUPLICATE, **changes}])


def test_follow_reads_the_order_that_exists(sink: SaleOrderSink, effect: Effect) -> None:
    request = sink.follow(effect, Answers([duplicate()]))

    assert request is not None
    assert (request.method, request.url.path) == ("GET", f"/tenants/{TENANT}/outbound-orders/so-0")
    assert sink.follow(effect, Answers([duplicate(), httpx.Response(200)])) is None


def test_follow_searches_when_the_duplicate_bears_no_id(sink: SaleOrderSink, effect: Effect) -> None:
    unnamed = httpx.Response(422, json=[{"code": 10403, "message": "Import error"}])

    request = sink.follow(effect, Answers([unnamed]))

    assert request is not None
    assert request.url.path == f"/tenants/{TENANT}/outbound-orders/search"
    assert "108900000000001" in request.content.decode()


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(201, json={"id": "x"}), httpx.Response(422, json=[{"field": "/items"}]), httpx.Response(400)],
)
def test_follow_adds_nothing_to_other_answers(sink: SaleOrderSink, effect: Effect, answer: httpx.Response) -> None:
    assert sink.follow(effect, Answers([answer])) is None


def test_a_duplicate_that_is_ours_is_adopted(sink: SaleOrderSink, effect: Effect, wire: Any) -> None:
    receipt = read(sink, effect, duplicate(), httpx.Response(200, json=wire(id="so-0")))

    assert receipt.id == "so-0"
    assert receipt.attention is None
    assert "adopted" in (receipt.note or "")
    assert set(receipt.lines) == {"1", "2"}


def test_a_duplicate_found_by_search_is_adopted(sink: SaleOrderSink, effect: Effect, wire: Any) -> None:
    found = [wire(id="other", customer={"id": "c2", "name": "Beta"}), wire(id="so-0")]

    assert read(sink, effect, duplicate(details=None), httpx.Response(200, json=found)).id == "so-0"


@pytest.mark.parametrize(
    ("changes", "differing"),
    [
        ({"references": {"customer": "OTHER"}}, "reference: wanted 108900000000001, found OTHER"),
        ({"customer": {"id": "c2", "name": "Beta"}}, "customer: wanted Acme Trading, found Beta"),
        ({"customer": None}, "customer: wanted Acme Trading, found none stated"),
        ({"items": []}, "MUG-01: wanted 2, found 0"),
    ],
)
def test_a_duplicate_that_differs_is_held_naming_what(
    sink: SaleOrderSink, effect: Effect, wire: Any, changes: dict[str, Any], differing: str
) -> None:
    with pytest.raises(HoldError) as caught:
        read(sink, effect, duplicate(), httpx.Response(200, json=wire(id="so-0", **changes)))

    assert caught.value.code == "duplicate_differs"
    assert differing in caught.value.facts["differences"]


def test_a_rejected_duplicate_without_items_is_adopted_and_asks_a_person(
    sink: SaleOrderSink, effect: Effect, wire: Any
) -> None:
    answer = wire(id="so-0", status="REJECTED", items=None)

    receipt = read(sink, effect, duplicate(), httpx.Response(200, json=answer))

    assert receipt.attention is not None
    assert receipt.attention.code == "rejected_by_warehouse"


@pytest.mark.parametrize("status", [403, 404])
def test_a_duplicate_that_we_may_not_see_is_held(sink: SaleOrderSink, effect: Effect, status: int) -> None:
    with pytest.raises(HoldError) as caught:
        read(sink, effect, duplicate(), httpx.Response(status, json=[]))

    assert caught.value.code == "duplicate_unidentified"


def test_duplicates_that_cannot_be_told_apart_are_held(sink: SaleOrderSink, effect: Effect, wire: Any) -> None:
    with pytest.raises(HoldError, match="2 sale orders") as caught:
        read(sink, effect, duplicate(details=None), httpx.Response(200, json=[wire(id="a"), wire(id="b")]))

    assert caught.value.code == "duplicate_unidentified"


@pytest.mark.parametrize(
    "answer", [httpx.Response(500), httpx.Response(200, content=b"<html>"), httpx.Response(200, json=[3])]
)
def test_a_duplicate_that_cannot_be_read_yet_is_tried_again(
    sink: SaleOrderSink, effect: Effect, answer: httpx.Response
) -> None:
    with pytest.raises(TransientError):
        read(sink, effect, duplicate(), answer)


# ---------------------------------------------------------------- receipt: refused


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ({"field": "/customer", "message": "Customer not found"}, "customer_unknown"),
        ({"field": "/customer/name", "message": "no"}, "customer_unknown"),
        ({"code": 11000, "message": "no"}, "customer_unknown"),
        ({"field": "/warehouse/name", "message": "Warehouse not found"}, "warehouse_unknown"),
        ({"code": "10405"}, "warehouse_unknown"),
        ({"field": "/items/1/details/product/references/code", "message": "no"}, "unknown_sku"),
        ({"message": "Widget - Product not found"}, "unknown_sku"),
        ({"code": 10448, "message": "Not enough stock"}, "out_of_stock"),
        ({"field": "/details/deliver/address/state/code", "message": "no"}, "address_refused"),
    ],
)
def test_receipt_holds_what_a_person_can_mend(
    sink: SaleOrderSink, effect: Effect, problem: dict[str, Any], code: str
) -> None:
    error = refused(sink, effect, 422, [problem])

    assert isinstance(error, HoldError)
    assert error.code == code
    assert error.fix


def test_receipt_names_what_is_unknown(sink: SaleOrderSink, effect: Effect) -> None:
    customer = refused(sink, effect, 422, [{"field": "/customer", "message": "not found"}])
    warehouse = refused(sink, effect, 422, [{"field": "/warehouse", "message": "not found"}])
    sku = refused(sink, effect, 422, [{"field": "/items/1/details/product", "message": "not found"}])

    assert "'Acme Trading'" in customer.message
    assert "'Sydney DC'" in warehouse.message
    assert "CUP-02 of line 2" in sku.message


def test_receipt_names_no_line_that_is_not_ours(sink: SaleOrderSink, effect: Effect) -> None:
    error = refused(sink, effect, 422, [{"field": "/items/7/details/product", "message": "not found"}])

    assert (error.code, error.facts) == ("unknown_sku", {"skus": []})


def test_receipt_names_what_concerns_every_order_first(sink: SaleOrderSink, effect: Effect) -> None:
    problems = [{"field": "/details/deliver/address"}, {"field": "/items/0/details/product"}, {"field": "/customer"}]

    assert refused(sink, effect, 422, problems).code == "customer_unknown"


@pytest.mark.parametrize("status", [400, 409, 422])
def test_refusals_never_repeat_the_buyers_data(sink: SaleOrderSink, effect: Effect, status: int) -> None:
    message = (
        "'robin@example.test' of Sample, 1 Elm  Street, AUSTIN 78701 (tel 512-555-0100, other@example.test) is bad"
    )

    error = refused(sink, effect, status, [{"field": "/details/deliver/address/email", "message": message}])

    shown = f"{error.message} {error.fix} {error.facts}".lower()
    assert "/details/deliver/address/email" in shown
    assert "is bad" in shown
    for private in ("robin", "sample", "elm", "street", "austin", "78701", "0100", "other@"):
        assert private not in shown


@pytest.mark.parametrize(
    ("status", "problem"), [(400, {}), (405, {}), (406, {}), (422, {"field": "/type", "message": "no"})]
)
def test_receipt_rejects_what_will_never_work(
    sink: SaleOrderSink, effect: Effect, status: int, problem: dict[str, Any]
) -> None:
    error = refused(sink, effect, status, [problem])

    assert isinstance(error, RejectedError)
    assert f"108900000000001 ({status})" in error.message


@pytest.mark.parametrize("content", [b"", b"<html>no</html>", b'{"message": "no"}', b"[1]"])
def test_receipt_rejects_what_is_refused_in_another_form(sink: SaleOrderSink, effect: Effect, content: bytes) -> None:
    with pytest.raises(RejectedError):
        read(sink, effect, httpx.Response(422, content=content))


@pytest.mark.parametrize("status", [408, 409, 412, 423, 429])
def test_receipt_tries_again_what_may_work_later(sink: SaleOrderSink, effect: Effect, status: int) -> None:
    with pytest.raises(TransientError) as caught:
        read(sink, effect, httpx.Response(status, headers={"Retry-After": "3"}))

    assert caught.value.retry_after == 3.0


def test_receipt_names_the_missing_roles(sink: SaleOrderSink, effect: Effect) -> None:
    error = refused(sink, effect, 403, [{"message": "Forbidden"}])

    assert error.code == "permission_missing"
    assert "WMS Create Jobs" in str(error.fix)
    assert "TMS Create Jobs" in str(error.fix)


def test_receipt_holds_for_a_tenant_that_is_not_there(sink: SaleOrderSink, effect: Effect) -> None:
    assert refused(sink, effect, 404, []).code == "tenant_unknown"


def test_receipt_pauses_the_connection_when_the_token_is_refused(sink: SaleOrderSink, effect: Effect) -> None:
    assert isinstance(refused(sink, effect, 401, []), CredentialsError)


# ---------------------------------------------------------------- probe


@pytest.mark.anyio
async def test_probe_says_done_when_it_is_there(sink: SaleOrderSink, effect: Effect, reader: Any, wire: Any) -> None:
    reader.will_answer(200, [wire()])

    outcome = await sink.probe(stored(effect))

    assert isinstance(outcome, Done)
    assert (outcome.receipt.id, outcome.receipt.attention) == ("so-1", None)
    assert set(outcome.receipt.lines) == {"1", "2"}


@pytest.mark.anyio
async def test_probe_asks_for_the_exact_reference(sink: SaleOrderSink, effect: Effect, reader: Any) -> None:
    reader.will_answer(200, [])

    await sink.probe(stored(effect))

    (request,) = reader.sent
    assert request.url.path == f"/tenants/{TENANT}/outbound-orders/search"
    condition = json.loads(request.content)["condition"]
    assert condition["type"] == "AndCondition"
    assert [(c["field"]["pointer"], c["method"]) for c in condition["conditions"]] == [
        ("/references/customer", "EQUAL_TO")
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "found",
    [
        [],
        [{"references": {"customer": "1089000000000012"}}],
        [{"customer": {"id": "c2", "name": "Beta"}}],
    ],
)
async def test_probe_says_absent_when_there_is_none_of_ours(
    sink: SaleOrderSink, effect: Effect, reader: Any, wire: Any, found: list[dict[str, Any]]
) -> None:
    reader.will_answer(200, [wire(**changes) for changes in found])

    assert await sink.probe(stored(effect)) == Absent()


@pytest.mark.anyio
async def test_probe_finds_a_customer_whose_name_is_spelt_otherwise(
    sink: SaleOrderSink, effect: Effect, reader: Any, wire: Any
) -> None:
    reader.will_answer(200, [wire(customer={"id": "c1", "name": "ACME trading"})])

    assert isinstance(await sink.probe(stored(effect)), Done)


@pytest.mark.anyio
async def test_probe_compares_a_customer_by_id_where_settings_do(
    sink: SaleOrderSink, sale_order: Any, reader: Any, wire: Any
) -> None:
    effect = sink.plan(sale_order(customer=CUSTOMER.upper()), Known())
    reader.will_answer(200, [wire(customer={"id": CUSTOMER, "name": "Whoever"})])

    assert isinstance(await sink.probe(stored(effect)), Done)
    assert CUSTOMER in reader.sent[0].content.decode()


@pytest.mark.anyio
async def test_probe_cannot_tell_when_an_order_does_not_say_whose_it_is(
    sink: SaleOrderSink, effect: Effect, reader: Any, wire: Any
) -> None:
    reader.will_answer(200, [wire(customer=None)])

    assert isinstance(await sink.probe(stored(effect)), CannotTell)


@pytest.mark.anyio
async def test_probe_names_the_difference(sink: SaleOrderSink, effect: Effect, reader: Any, wire: Any) -> None:
    reader.will_answer(200, [wire(("MUG-01", 2), ("CUP-02", 4))])

    assert await sink.probe(stored(effect)) == Conflict(["CUP-02: wanted 1, found 4"])


@pytest.mark.anyio
async def test_probe_names_all_of_several(sink: SaleOrderSink, effect: Effect, reader: Any, wire: Any) -> None:
    reader.will_answer(200, [wire(id="a"), wire(id="b")])

    outcome = await sink.probe(stored(effect))

    assert isinstance(outcome, Conflict)
    assert "a, b" in outcome.differences[0]


@pytest.mark.anyio
async def test_probe_of_a_rejected_order_is_done_and_still_asks_a_person_until_it_is_approved(
    sink: SaleOrderSink, effect: Effect, reader: Any, wire: Any
) -> None:
    reader.will_answer(200, [wire(status="REJECTED", items=[], details={"errors": [SKU_ERROR]})])
    reader.will_answer(200, [wire(details={"errors": [{**SKU_ERROR, "isResolved": True}]})])

    rejected, approved = [await sink.probe(stored(effect)) for _ in range(2)]

    assert isinstance(rejected, Done)
    assert rejected.receipt.attention is not None
    assert rejected.receipt.attention.code == "unknown_sku"
    assert isinstance(approved, Done)
    assert approved.receipt.attention is None


@pytest.mark.anyio
@pytest.mark.parametrize("status", [400, 403, 404, 422])
async def test_probe_cannot_tell_when_the_search_is_refused(
    sink: SaleOrderSink, effect: Effect, reader: Any, status: int
) -> None:
    reader.will_answer(status, [{"message": "no"}])

    outcome = await sink.probe(stored(effect))

    assert isinstance(outcome, CannotTell)
    assert str(status) in outcome.reason


def test_documents_refuse_what_no_warehouse_can_send(sale_order: Callable[..., SaleOrder]) -> None:
    for lines in (("1", "MUG-01", 0), ("1", "MUG-01", -1), ("1", " ", 1), ("", "MUG-01", 1)):
        with pytest.raises(ValueError, match="1 validation error"):
            sale_order(lines)
