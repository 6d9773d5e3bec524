"""Duplicates are compared before they are adopted; what is refused says what happens next."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from crossdock import (
    Answers,
    CredentialsError,
    CrossdockError,
    Effect,
    HoldError,
    Receipt,
    RejectedError,
    TransientError,
)
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink

TENANT = "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f"
CUSTOMER = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
SKU_ERROR = {"message": "Widget (CUP-02) x 1 UNIT - Product not found", "isResolved": False}


def stored(effect: Effect) -> Effect:
    """The effect as it comes back from the store: its memo went through JSON."""
    return Effect(key=effect.key, steps=effect.steps, memo=json.loads(json.dumps(effect.memo)))


def read(sink: SaleOrderSink, effect: Effect, *responses: httpx.Response) -> Receipt:
    return sink.receipt(stored(effect), Answers(responses))


def refused(sink: SaleOrderSink, effect: Effect, status: int, problems: object) -> CrossdockError:
    with pytest.raises(CrossdockError) as caught:
        read(sink, effect, httpx.Response(status, json=problems))
    return caught.value


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
