from __future__ import annotations

import json
import re

import pytest


def test_order_is_created_with_what_the_service_adds(client, order_body):
    reply = client.create(order_body())

    order = reply.json
    assert reply.status == 201
    assert (order["status"], order["version"], order["type"]) == ("AWAITING_PICK_AND_PACK", 1, "OUTBOUND")
    assert order["references"]["customer"] == "PO-1"
    assert order["references"]["numericId"].isdigit()
    assert order["customer"]["name"] == "Acme Trading"
    assert order["details"]["deliver"]["method"] == {"type": "SHIPPING", "requestedService": "Standard"}
    assert order["details"]["deliver"]["address"]["country"]["iso2Code"] == "US"
    item = order["items"][0]
    assert item["details"]["product"]["references"]["code"] == "MUG-1"
    assert item["properties"] == {"sop_custom_field_1": "1"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+10:00", order["timestamps"]["modified"]["time"])
    assert client.order(order["id"]) == order


def test_order_goes_to_the_default_warehouse_and_may_split_unless_said(client, order_body):
    order = client.create(order_body(changes={"/warehouse": ..., "/details/allowSplitting": ...})).json

    assert order["warehouse"]["name"] == "Main"
    assert order["details"]["allowSplitting"] is True


@pytest.mark.parametrize(
    ("pointer", "value", "field", "code"),
    [
        ("/type", "INBOUND", "/type", None),
        ("/references", ..., "/references", None),
        ("/references/customer", " ", "/references/customer", None),
        ("/references/customer", 12, "/references/customer", None),
        ("/customer", ..., "/customer", None),
        ("/customer", {"name": "Nobody"}, "/customer", 11000),
        ("/customer", {"id": "x", "name": "Acme Trading"}, "/customer", 11000),
        ("/customer", {"references": {"code": "x"}, "name": "Acme Trading"}, "/customer", 11000),
        ("/warehouse", {"name": "sydney dc"}, "/warehouse", 10404),
        ("/details", ..., "/details", None),
        ("/details/deliver/address", ..., "/details/deliver/address", None),
        ("/details/deliver/address", {}, "/details/deliver/address", None),
        ("/details/deliver/address/country", {}, "/details/deliver/address/country", None),
        ("/details/deliver/address/contactName", None, "/details/deliver/address", None),
        ("/details/deliver/address/address1", "", "/details/deliver/address/address1", None),
        ("/details/deliver/address/city", ..., "/details/deliver/address/city", None),
        ("/details/deliver/address/country", None, "/details/deliver/address/country", None),
        (
            "/details/deliver/address/country",
            {"iso2Code": "XX", "iso3Code": "USA"},
            "/details/deliver/address/country",
            None,
        ),
        ("/details/deliver/address/phone", "1" * 65, "/details/deliver/address/phone", None),
        ("/details/deliver/address/email", ".jo@example.test", "/details/deliver/address/email", None),
        ("/details/deliver/address/email", "jo@", "/details/deliver/address/email", None),
        ("/details/deliver/address/email", "j o@example.test", "/details/deliver/address/email", None),
        ("/details/deliver/method/type", "COURIER", "/details/deliver/method/type", None),
        ("/details/deliver/requiredDate", "2026-11-23T00:00:00Z", "/details/deliver/requiredDate", None),
        ("/details/deliver/requiredDate", "2026-02-30", "/details/deliver/requiredDate", None),
        ("/details/allowSplitting", "no", "/details/allowSplitting", None),
        ("/details/invoiceValue", {"amount": -1, "currency": "USD"}, "/details/invoiceValue/amount", None),
        ("/items", [], "/items", None),
        ("/items/0", "MUG-1", "/items/0", None),
        ("/items/0/details", {"unitOfMeasure": {"type": "UNIT"}}, "/items/0/details/product", None),
        ("/items/0/measures/quantity", "2", "/items/0/measures/quantity", 10451),
        ("/items/0/measures/quantity", True, "/items/0/measures/quantity", 10451),
        ("/items/0/measures/quantity", -1, "/items/0/measures/quantity", 10452),
        ("/items/0/measures/quantity", 0, "/items/0/measures/quantity", 10453),
        (
            "/items/0/details/approximateUnitPrice",
            {"amount": 1},
            "/items/0/details/approximateUnitPrice/currency",
            None,
        ),
        (
            "/items/0/details/approximateUnitPrice",
            {"amount": 1, "currency": "AUD"},
            "/items/0/details/approximateUnitPrice/currency",
            None,
        ),
    ],
)
def test_order_is_refused_with_a_pointer_when_a_field_is_wrong(
    client, simulator, order_body, pointer, value, field, code
):
    reply = client.create(order_body(changes={pointer: value}))

    assert reply.status == 422
    assert [(problem["field"], problem.get("code")) for problem in reply.json] == [(field, code)]
    assert simulator.control("state")["sale_orders"] == []


def test_every_fault_of_an_order_is_named_at_once(client, order_body):
    reply = client.create(order_body(changes={"/customer": ..., "/items/0/measures/quantity": 0, "/type": "X"}))

    assert {problem["field"] for problem in reply.json} == {"/customer", "/items/0/measures/quantity", "/type"}


def test_invoice_value_may_be_foreign_currency(client, order_body):
    assert client.create(order_body(changes={"/details/invoiceValue": {"amount": 9, "currency": "EUR"}})).status == 201


def test_quantity_and_price_keep_their_decimals(client, order_body):
    body = order_body()
    raw = json.dumps(body).replace('"quantity": 2', '"quantity": 2.50').encode()

    reply = client.create(raw)

    assert b'"quantity":2.50' in reply.raw


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_order_is_refused_when_its_content_type_is_not_json(client, order_body, content_type):
    assert client.create(order_body(), {"Content-Type": content_type}).status == 415


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 100_000])
def test_order_is_refused_when_its_body_is_no_json_object(client, body):
    reply = client.create(body)

    assert (reply.status, reply.json) == (400, [{"message": reply.json[0]["message"]}])


def test_warehouse_must_be_allowed_for_the_customer(client, settings, order_body):
    settings(customer_warehouses={"Acme Trading": ["Melbourne DC"]})

    reply = client.create(order_body())

    assert (reply.status, reply.json[0]["code"]) == (422, 10405)


def test_duplicate_is_refused_with_the_id_of_the_first(client, simulator, order_body):
    first = client.create(order_body()).json

    reply = client.create(order_body())

    assert reply.status == 422
    assert reply.json[0]["type"] == "DUPLICATE"
    assert reply.json[0]["field"] == "/references/customer"
    assert reply.json[0]["details"] == {"duplicateId": first["id"]}
    assert [fact["count"] for fact in simulator.control("facts")] == [1]


def test_same_reference_of_another_customer_is_no_duplicate(client, simulator, order_body):
    client.create(order_body())

    reply = client.create(order_body(changes={"/customer": {"name": "Second Seller"}}))

    assert reply.status == 201
    assert [(fact["key"], fact["count"]) for fact in simulator.control("facts")] == [("PO-1", 1), ("PO-1", 1)]


def test_duplicates_that_are_allowed_count_two_in_the_facts(client, simulator, settings, order_body):
    settings(duplicates="allow")

    ids = {client.create(order_body()).json["id"] for _ in range(2)}

    (fact,) = simulator.control("facts")
    assert (fact["kind"], fact["key"], fact["revision"], fact["count"]) == ("sale_order", "PO-1", 1, 2)
    assert {order["id"] for order in client.find("PO-1")} == ids


def test_override_replaces_the_order_while_it_may(client, simulator, settings, order_body):
    settings(duplicates="override")
    first = client.create(order_body()).json

    second = client.create(order_body(lines={"CUP-9": 5})).json

    assert (second["id"], second["version"]) == (first["id"], 2)
    assert [item["measures"]["quantity"] for item in client.order(first["id"])["items"]] == [5]
    assert {fact["kind"]: fact["count"] for fact in simulator.control("facts")} == {"sale_order": 1, "overridden": 1}
    simulator.control("orders/PO-1", {"status": "PACKING_IN_PROGRESS"})
    assert client.create(order_body()).json[0]["type"] == "DUPLICATE"


def test_unknown_product_makes_a_rejected_order_without_items(client, settings, order_body):
    settings(catalogue="listed")

    reply = client.create(order_body())

    assert (reply.status, reply.json["status"]) == (228, "REJECTED")
    assert "items" not in reply.json
    message = "MUG-1 (MUG-1) x 2 UNIT - Product not found"
    assert reply.json["details"]["errors"] == [{"message": message, "isResolved": False}]


def test_unknown_product_drops_its_line_but_never_the_last_one(client, simulator, settings, order_body):
    settings(catalogue="listed", unknown_product="drop_line")
    simulator.control("products", {"products": [{"code": "MUG-1"}]})

    kept = client.create(order_body("PO-1", {"MUG-1": 1, "CUP-9": 1}))
    none = client.create(order_body("PO-2", {"CUP-9": 1}))

    assert kept.status == 201
    assert [item["details"]["product"]["references"]["code"] for item in kept.json["items"]] == ["MUG-1"]
    assert (none.status, none.json["status"]) == (228, "REJECTED")


@pytest.mark.parametrize("policy", ["422", 422])
def test_unknown_product_refuses_the_order_when_set_so(client, simulator, settings, order_body, policy):
    settings(catalogue="listed", unknown_product=policy)
    simulator.control("products", {"products": [{"code": "MUG-1"}]})

    reply = client.create(order_body("PO-1", {"MUG-1": 1, "CUP-9": 1}))

    assert reply.status == 422
    assert [(one["field"], one["code"]) for one in reply.json] == [("/items/1/details/product", 10449)]
    assert client.find("PO-1") == []


@pytest.mark.parametrize(
    ("product", "unit", "code"),
    [
        ({"references": {"code": ""}}, "UNIT", 10459),
        ({}, "UNIT", 10459),
        ({"id": "x", "references": {"code": "MUG-1"}}, "UNIT", 10449),
        ({"references": {"barcode": "none"}}, "UNIT", 10449),
        ({"name": "Twin"}, "UNIT", 10457),
        ({"references": {"code": "OLD-1"}}, "UNIT", 10450),
        ({"references": {"code": "MUG-1"}}, "PALLET", 10455),
    ],
)
def test_product_is_resolved_by_the_first_identifier_only(client, simulator, settings, order_body, product, unit, code):
    settings(unknown_product="422")
    products = [{"code": "T-1", "name": "Twin"}, {"code": "T-2", "name": "Twin"}, {"code": "OLD-1"}]
    made = simulator.control("products", {"products": [{**one, "customer": "Acme Trading"} for one in products]})
    old = made["products"][2]["id"]
    client.call("PATCH", f"warehouse-products/{old}", [{"op": "replace", "path": "/details/active", "value": False}])
    details = {"product": product or {"description": "nothing"}, "unitOfMeasure": {"type": unit}}

    reply = client.create(order_body(changes={"/items/0/details": details}))

    assert (reply.status, reply.json[0].get("code")) == (422, code)


def test_thirty_first_order_within_a_minute_is_too_many_and_says_nothing_more(client, simulator, order_body):
    with simulator.clock.at(simulator.clock.now()):
        statuses = [client.create(order_body(f"PO-{number}")).status for number in range(30)]
        refused = client.create(order_body("PO-31"))

    assert statuses == [201] * 30
    assert (refused.status, refused.json) == (429, [{"message": "Too many requests"}])
    assert "retry-after" not in refused.headers
    assert client.find("PO-31") == []
    simulator.control("clock", {"advance_s": 2})
    assert client.create(order_body("PO-31")).status == 201


def test_order_is_deleted_only_in_a_status_that_allows_it(client, simulator, order_body):
    free = client.create(order_body("PO-1")).json["id"]
    packed = client.create(order_body("PO-2")).json["id"]
    simulator.control("orders/PO-2", {"status": "PACKING_IN_PROGRESS"})

    assert client.call("DELETE", f"outbound-orders/{free}").status == 204
    assert client.call("DELETE", f"outbound-orders/{packed}").status == 422

    assert client.call("GET", f"outbound-orders/{free}").status == 404
    assert client.call("DELETE", f"outbound-orders/{free}").status == 404
    assert [fact["key"] for fact in simulator.control("facts") if fact["kind"] == "deleted"] == ["PO-1"]


def test_reference_is_free_again_when_its_order_is_deleted(client, simulator, order_body):
    first = client.create(order_body()).json["id"]
    client.call("DELETE", f"outbound-orders/{first}")

    assert client.create(order_body()).status == 201
    assert simulator.journal.facts("sale_order", "PO-1")[0].count == 2


def test_order_outside_the_scope_of_the_client_does_not_exist_for_it(client, settings, order_body):
    order = client.create(order_body()).json["id"]
    settings(client_customers=["Second Seller"])

    assert client.call("GET", f"outbound-orders/{order}").status == 404
    assert client.search("outbound-orders").json == []
    assert client.create(order_body("PO-2")).json[0]["code"] == 11000


def test_one_tenant_does_not_see_the_orders_of_another(client, simulator, new_client, order_body):
    order = client.create(order_body()).json["id"]

    other = new_client(simulator, "8f0c7a52-1111-4222-8333-944455556666")

    assert other.call("GET", f"outbound-orders/{order}").status == 404
    assert other.find("PO-1") == []
