from __future__ import annotations

import copy

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# The fixtures are shared between examples on purpose: what one ugly body leaves behind must not break the next.
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "code", "references", "type", "amount"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value, at=()):
    """Every place in a document, as a path of keys."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*at, key))


def spoil(document, data):
    """One place of the document replaced by anything."""
    made = copy.deepcopy(document)
    path = data.draw(st.sampled_from([place for place in places(document) if place]))
    *parents, last = path
    holder = made
    for step in parents:
        holder = holder[step]
    holder[last] = data.draw(JSON)
    return made


@SHARED
@given(data=st.data())
def test_spoiled_order_is_created_or_refused_with_an_array_but_never_breaks(client, simulator, order_body, data):
    simulator.control("settings", {"duplicates": "allow", "quotas": "off"})

    reply = client.create(spoil(order_body(), data))

    assert reply.status in (201, 228, 422)
    if reply.status == 422:
        assert all(problem["field"].startswith("/") for problem in reply.json)
    else:
        assert client.order(reply.json["id"]) == reply.json


@SHARED
@given(data=st.data())
def test_spoiled_search_is_answered_or_refused_with_an_array_but_never_breaks(client, simulator, text, data):
    simulator.control("settings", {"quotas": "off"})
    condition = {"type": "AndCondition", "conditions": [text("/references/customer", "PO-1")]}

    reply = client.call("POST", "outbound-orders/search", spoil({"condition": condition}, data))

    assert reply.status in (200, 400, 422)
    assert isinstance(reply.json, list)


@SHARED
@given(data=st.data())
def test_spoiled_product_and_patch_never_break(client, simulator, order_body, data):
    simulator.control("settings", {"quotas": "off", "duplicates": "allow"})
    product = {
        "scope": "WAREHOUSE",
        "type": "General",
        "name": "Mug",
        "references": {"code": "MUG-1"},
        "customer": {"name": "Acme Trading"},
        "details": {"active": True},
        "defaultUnitOfMeasure": "UNIT",
        "unitOfMeasures": {"UNIT": {"baseQty": 1}},
    }
    known = simulator.control("products", {"products": [{"code": "CUP-9", "customer": "Acme Trading"}]})["products"][0]
    path = data.draw(
        st.sampled_from(["/details", "/details/active", "/unitOfMeasures", "/references", "/name", "/type"])
    )
    patch = [{"op": "add", "path": path, "value": data.draw(JSON)}]

    created = client.call("POST", "warehouse-products", spoil(product, data))
    patched = client.call("PATCH", f"warehouse-products/{known['id']}", patch)

    assert created.status in (201, 422)
    assert patched.status in (200, 422)
    assert client.search("warehouse-products").status == 200
    assert client.create(order_body(lines={"CUP-9": 1, "MUG-1": 1})).status in (201, 228)
