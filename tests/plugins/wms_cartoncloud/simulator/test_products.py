from __future__ import annotations

import pytest

PRODUCT = {
    "scope": "WAREHOUSE",
    "type": "General",
    "name": "Mug",
    "references": {"code": "MUG-1", "barcode": "0001"},
    "customer": {"name": "Acme Trading"},
    "defaultUnitOfMeasure": "UNIT",
    "unitOfMeasures": {"UNIT": {"baseQty": 1}, "CTN": {"baseQty": 12}},
    "notifications": [{"type": "STOCK_LOW", "thresholdCount": 10}],
    "details": {"countryOfOrigin": "AU"},
}


@pytest.fixture
def product(client):
    reply = client.call("POST", "warehouse-products", PRODUCT)
    assert reply.status == 201
    return reply.json


def test_product_is_created_shown_and_ordered(client, settings, order_body, product):
    settings(catalogue="listed")

    order = client.create(order_body())

    assert client.call("GET", f"warehouse-products/{product['id']}").json == product
    assert order.json["items"][0]["details"]["product"]["id"] == product["id"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scope": None}, "/scope"),
        ({"type": ""}, "/type"),
        ({"name": None}, "/name"),
        ({"references": {}}, "/references"),
        ({"references": {"barcode": "1"}}, "/references/code"),
        ({"customer": None}, "/customer"),
        ({"defaultUnitOfMeasure": "PLT"}, "/defaultUnitOfMeasure"),
        ({"unitOfMeasures": {"UNIT": {}}}, "/unitOfMeasures/UNIT/baseQty"),
        ({"unitOfMeasures": {"UNIT": {"baseQty": 0}}}, "/unitOfMeasures/UNIT/baseQty"),
    ],
)
def test_product_is_refused_with_a_pointer(client, change, field):
    reply = client.call("POST", "warehouse-products", {**PRODUCT, **change})

    assert reply.status == 422
    assert field in [problem["field"] for problem in reply.json]


def test_code_of_another_product_is_a_duplicate(client, product):
    reply = client.call("POST", "warehouse-products", PRODUCT)

    assert (reply.status, reply.json[0]["details"]) == (422, {"duplicateId": product["id"]})


def test_fields_of_version_seven_are_hidden_before_it(client, product):
    path = f"warehouse-products/{product['id']}"

    assert "countryOfOrigin" not in product["details"]
    assert client.call("GET", path, headers={"Accept-Version": "7"}).json["details"]["countryOfOrigin"] == "AU"


def test_product_is_found_by_the_pointers_of_its_search(client, text, product):
    active = {
        "type": "BooleanComparisonCondition",
        "field": {"type": "JsonField", "pointer": "/details/active"},
        "value": {"type": "ValueField", "value": True},
    }

    assert client.search("warehouse-products", text("/code", "MUG-1"), active).json == [product]
    assert client.search("warehouse-products", text("/references/code", "MUG-1")).status == 422


def test_patch_adds_replaces_removes_and_appends(client, product):
    operations = [
        {"op": "replace", "path": "/references/code", "value": "MUG-2"},
        {"op": "add", "path": "/unitOfMeasures/PLT", "value": {"baseQty": 480}},
        {"op": "remove", "path": "/references/barcode"},
        {"op": "add", "path": "/notifications/-", "value": {"type": "STOCK_OUT"}},
    ]

    edited = client.call("PATCH", f"warehouse-products/{product['id']}", operations).json

    assert edited["references"] == {"code": "MUG-2"}
    assert edited["unitOfMeasures"]["PLT"] == {"baseQty": 480}
    assert len(edited["notifications"]) == 2
    assert client.call("POST", "warehouse-products", PRODUCT).status == 201


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "move", "path": "/name", "from": "/type"},
        {"op": "replace", "path": "name", "value": "x"},
        {"op": "replace", "path": "/name"},
        {"op": "replace", "path": "/id", "value": "x"},
        {"op": "replace", "path": "/details/none", "value": "x"},
        {"op": "add", "path": "/none/none", "value": "x"},
        {"op": "replace", "path": "/notifications/0", "value": {}},
        {"op": "remove", "path": "/notifications/0"},
        {"op": "remove", "path": "/name"},
        "text",
    ],
)
def test_patch_that_cannot_be_done_is_refused_and_changes_nothing(client, product, operation):
    path = f"warehouse-products/{product['id']}"

    assert client.call("PATCH", path, [operation]).status == 422
    assert client.call("GET", path).json == product


def test_patch_to_the_code_of_another_product_is_refused(client, product):
    other = client.call("POST", "warehouse-products", {**PRODUCT, "references": {"code": "CUP-9"}}).json
    operation = {"op": "replace", "path": "/references/code", "value": "MUG-1"}

    assert client.call("PATCH", f"warehouse-products/{other['id']}", [operation]).json[0]["type"] == "DUPLICATE"
