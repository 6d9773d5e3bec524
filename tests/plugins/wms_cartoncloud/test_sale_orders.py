"""What is planned, and what the sink promises."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import (
    Effect,
    Known,
)
from crossdock.canonical import Money
from crossdock_wms_cartoncloud.body import effect_key
from crossdock_wms_cartoncloud.config import CartonCloudConnection
from crossdock_wms_cartoncloud.documents import SaleOrder, SaleOrderLine
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink

TENANT = "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f"
CUSTOMER = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
SKU_ERROR = {"message": "Widget (CUP-02) x 1 UNIT - Product not found", "isResolved": False}


def body(effect: Effect) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(effect.steps[0].content)
    return parsed


def test_plan_makes_one_request_that_creates(effect: Effect) -> None:
    (request,) = effect.steps

    assert (request.method, request.url.path) == ("POST", f"/tenants/{TENANT}/outbound-orders")
    assert effect.key == "Acme Trading/108900000000001"


def test_plan_names_the_tenant_that_the_sink_is_bound_to_now(
    sink: SaleOrderSink, sale_order: Any, reader: Any, connect: Callable[..., CartonCloudConnection]
) -> None:
    before = sink.plan(sale_order(), Known()).steps[0].url.path
    sink.bind(connect(tenant=CUSTOMER), reader)

    assert TENANT in before
    assert sink.plan(sale_order(), Known()).steps[0].url.path == f"/tenants/{CUSTOMER}/outbound-orders"


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


def test_documents_refuse_what_no_warehouse_can_send(sale_order: Callable[..., SaleOrder]) -> None:
    for lines in (("1", "MUG-01", 0), ("1", "MUG-01", -1), ("1", " ", 1), ("", "MUG-01", 1)):
        with pytest.raises(ValueError, match="1 validation error"):
            sale_order(lines)
