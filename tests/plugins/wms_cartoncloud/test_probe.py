"""Telling whether a sale order is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crossdock import (
    Absent,
    CannotTell,
    Conflict,
    Done,
    Effect,
    HoldError,
    Known,
)
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink

TENANT = "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f"
CUSTOMER = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
SKU_ERROR = {"message": "Widget (CUP-02) x 1 UNIT - Product not found", "isResolved": False}


def stored(effect: Effect) -> Effect:
    """The effect as it comes back from the store: its memo went through JSON."""
    return Effect(key=effect.key, steps=effect.steps, memo=json.loads(json.dumps(effect.memo)))


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
@pytest.mark.parametrize(("status", "code"), [(403, "permission_missing"), (404, "tenant_unknown")])
async def test_probe_asks_a_person_where_the_client_may_not_search(
    sink: SaleOrderSink, effect: Effect, reader: Any, status: int, code: str
) -> None:
    reader.will_answer(status, [{"message": "no"}])

    with pytest.raises(HoldError, match=str(status)) as caught:
        await sink.probe(stored(effect))

    assert caught.value.code == code


@pytest.mark.anyio
@pytest.mark.parametrize("status", [400, 422])
async def test_probe_cannot_tell_when_the_search_is_refused(
    sink: SaleOrderSink, effect: Effect, reader: Any, status: int
) -> None:
    reader.will_answer(status, [{"message": "no"}])

    outcome = await sink.probe(stored(effect))

    assert isinstance(outcome, CannotTell)
    assert str(status) in outcome.reason


@pytest.mark.anyio
async def test_recognise_takes_a_sale_order_of_another_reference_and_links_its_lines(
    sink: SaleOrderSink, effect: Effect, reader: Any, wire: Any
) -> None:
    found = wire()
    found["references"]["customer"] = "PHONE-17"
    reader.will_answer(200, [found])

    outcome = await sink.recognise(stored(effect), "PHONE-17")

    assert isinstance(outcome, Done)
    assert (outcome.receipt.id, outcome.receipt.attention) == ("so-1", None)
    assert outcome.receipt.identifiers["reference"] == "PHONE-17"
    assert set(outcome.receipt.lines) == {"1", "2"}


@pytest.mark.anyio
async def test_recognise_reads_a_uuid_as_an_id_and_says_what_differs(
    sink: SaleOrderSink, effect: Effect, reader: Any, wire: Any
) -> None:
    found = wire()
    found["items"][0]["measures"]["quantity"] = 7
    reader.will_answer(200, found)

    outcome = await sink.recognise(stored(effect), TENANT)

    assert reader.sent[0].url.path.endswith(f"/outbound-orders/{TENANT}")
    assert isinstance(outcome, Done)
    assert outcome.receipt.attention is not None
    assert outcome.receipt.attention.code == "lines_differ"


@pytest.mark.anyio
async def test_recognise_takes_nothing_of_another_customer(
    sink: SaleOrderSink, effect: Effect, reader: Any, wire: Any
) -> None:
    found = wire()
    found["customer"] = {"id": TENANT, "name": "Somebody else"}
    reader.will_answer(200, [found])

    assert await sink.recognise(stored(effect), "PHONE-17") == Absent()
