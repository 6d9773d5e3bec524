"""Endpoints, paging, and reading what CartonCloud and what stands before it say."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from crossdock import TransientError
from crossdock_wms_cartoncloud.api import CartonCloudApi, ReadRefusedError, all_of, same_order
from crossdock_wms_cartoncloud.wire import parse_order, parse_problems, retry_after

TENANT = "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f"
CUSTOMER = "1B4E28BA-2FA1-11D2-883F-0016D3CCA427"


@pytest.fixture
def api(reader: Any) -> CartonCloudApi:
    return CartonCloudApi(reader, TENANT)


def test_search_condition_has_a_composite_root_and_compares_literally() -> None:
    condition = same_order("REF-1", "Acme Trading")

    assert condition == {
        "type": "AndCondition",
        "conditions": [
            {
                "type": "TextComparisonCondition",
                "field": {"type": "JsonField", "pointer": "/references/customer"},
                "value": {"type": "ValueField", "value": "REF-1"},
                "method": "EQUAL_TO",
            }
        ],
    }


def test_search_condition_narrows_to_the_customer_when_it_is_written_by_id() -> None:
    customer = same_order("REF-1", CUSTOMER)["conditions"][1]

    assert customer["field"]["pointer"] == "/customer/id"
    assert customer["value"]["value"] == CUSTOMER.lower()


def test_order_request_cannot_leave_its_place(api: CartonCloudApi) -> None:
    request = api.order_request("../../users?x=1")

    assert request.url.raw_path == f"/tenants/{TENANT}/outbound-orders/..%2F..%2Fusers%3Fx%3D1".encode()


@pytest.mark.anyio
async def test_search_turns_pages_and_counts_a_moved_row_once(api: CartonCloudApi, reader: Any, wire: Any) -> None:
    reader.will_answer(200, [wire(id="a"), wire(id="b")], headers={"total-pages": "2", "Page-Number": "1"})
    reader.will_answer(200, [wire(id="b"), wire(id="c")], headers={"TOTAL-PAGES": "2"})

    found = await api.search_orders(all_of())

    assert [order.id for order in found] == ["a", "b", "c"]
    assert [request.url.params["page"] for request in reader.sent] == ["1", "2"]
    assert all(request.url.params["size"] == "100" for request in reader.sent)


@pytest.mark.anyio
@pytest.mark.parametrize("headers", [{}, {"Total-Pages": "0"}, {"Total-Pages": "many"}])
async def test_search_reads_one_page_when_no_header_says_otherwise(
    api: CartonCloudApi, reader: Any, wire: Any, headers: dict[str, str]
) -> None:
    reader.will_answer(200, [wire()], headers=headers)

    assert len(await api.search_orders(all_of())) == 1


@pytest.mark.anyio
async def test_search_ends_at_an_empty_page(api: CartonCloudApi, reader: Any) -> None:
    reader.will_answer(200, [], headers={"Total-Pages": "9"})

    assert await api.search_orders(all_of()) == []


@pytest.mark.anyio
async def test_customers_are_paged_too(api: CartonCloudApi, reader: Any) -> None:
    reader.will_answer(200, [{"id": "c1", "name": "Acme"}], headers={"Total-Pages": "2"})
    reader.will_answer(200, [{"id": "c2", "name": "Beta"}], headers={"Total-Pages": "2"})

    assert [party.name for party in await api.customers()] == ["Acme", "Beta"]


@pytest.mark.anyio
async def test_a_refused_read_bears_its_status(api: CartonCloudApi, reader: Any) -> None:
    reader.will_answer(403, [{"message": "Forbidden"}])

    with pytest.raises(ReadRefusedError, match="to search outbound orders") as caught:
        await api.search_orders(all_of())

    assert caught.value.status == 403


@pytest.mark.anyio
async def test_an_unreadable_page_is_transient_and_not_quoted(api: CartonCloudApi, reader: Any) -> None:
    reader.will_answer(200, content=b"<html>Robin Sample</html>")

    with pytest.raises(TransientError) as caught:
        await api.search_orders(all_of())

    assert "Robin" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_parse_order_takes_nulls_numbers_as_text_and_fields_of_tomorrow() -> None:
    body = {
        "id": "so-1",
        "status": "A_STATUS_OF_TOMORROW",
        "references": None,
        "customer": None,
        "details": {"errors": None},
        "items": [{"id": None, "details": None, "measures": {"quantity": "52.000"}, "properties": None}],
        "new": 1,
    }

    order = parse_order(httpx.Response(200, json=body))

    assert order.items[0].measures.quantity == Decimal(52)
    assert order.items[0].sku == ""


def test_parse_order_takes_an_order_without_items_for_one_without_items() -> None:
    assert parse_order(httpx.Response(201, json={"id": "so-1", "status": "REJECTED"})).items == []


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Robin Sample</html>", b"[]", b"null", b'{"id": ""}', b'{"status": "PACKED"}', b'{"id": "so-1", "ite'],
)
def test_parse_order_raises_what_proves_nothing_when_it_cannot_read(body: bytes) -> None:
    with pytest.raises(ValueError, match="no sale order") as caught:
        parse_order(httpx.Response(201, content=body))

    assert "Robin" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([{"message": "No", "field": "/customer", "code": 11000}], [("No", "/customer", "11000")]),
        ([{"message": "No", "code": "10449", "type": None}], [("No", "", "10449")]),
        ({"message": "Gateway"}, [("Gateway", "", "")]),
        ({"error": "unauthorized", "error_description": "Bad token"}, [("Bad token", "", "")]),
        (["text", 3, None], []),
        ("text", []),
    ],
)
def test_parse_problems_takes_arrays_objects_and_nonsense(body: object, expected: list[tuple[str, ...]]) -> None:
    problems = parse_problems(httpx.Response(422, json=body))

    assert [(problem.message, problem.field, problem.code) for problem in problems] == expected


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"\xff\xfe", b"{"])
def test_parse_problems_finds_none_in_what_is_no_json(body: bytes) -> None:
    assert parse_problems(httpx.Response(502, content=body)) == []


@pytest.mark.parametrize("details", [None, "x", {}, {"duplicateId": 7}, {"duplicateId": ""}])
def test_parse_problems_takes_a_duplicate_without_its_id(details: object) -> None:
    body = [{"type": "duplicate", "details": details}]

    problem = parse_problems(httpx.Response(422, content=json.dumps(body).encode()))[0]

    assert (problem.type, problem.duplicate_id) == ("DUPLICATE", None)


@pytest.mark.parametrize(("text", "expected"), [("5", 5.0), ("", None), ("Mon, 02 Nov 2026", None), ("-1", None)])
def test_retry_after_reads_seconds(text: str, expected: float | None) -> None:
    assert retry_after(httpx.Response(429, headers={"Retry-After": text})) == expected
