from __future__ import annotations

import base64

import pytest

TOKEN = "/uaa/oauth/token"
FORM = "application/x-www-form-urlencoded"
GRANT = b"grant_type=client_credentials"


def basic(pair: bytes) -> str:
    return "Basic " + base64.b64encode(pair).decode()


def test_token_is_granted_to_any_id_and_secret(client):
    reply = client.send("POST", TOKEN, GRANT, {"Authorization": basic(b"who:ever"), "Content-Type": FORM})

    assert reply.status == 200
    assert reply.json["token_type"] == "bearer"
    assert reply.json["expires_in"] == 3600


def test_token_is_refused_without_a_version_header(client):
    headers = {"Authorization": basic(b"who:ever"), "Content-Type": FORM, "Accept-Version": None}

    reply = client.send("POST", TOKEN, GRANT, headers)

    assert (reply.status, list(reply.json[0])) == (400, ["message"])


@pytest.mark.parametrize("authorization", [None, "Bearer x", "Basic ???", basic(b"nosecret:"), basic(b"bad:secret")])
def test_token_is_refused_with_an_oauth_error_for_bad_credentials(client, settings, authorization):
    settings(refused_clients=["bad"])

    reply = client.send("POST", TOKEN, GRANT, {"Authorization": authorization, "Content-Type": FORM})

    assert (reply.status, reply.json["error"]) == (401, "invalid_client")


def test_token_is_refused_for_another_grant_type(client):
    reply = client.send("POST", TOKEN, b"grant_type=password", {"Authorization": basic(b"a:b"), "Content-Type": FORM})

    assert (reply.status, reply.json["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(("version", "status"), [(None, 400), ("2", 406), ("x", 406), ("", 406), ("1", 200)])
def test_call_needs_version_one(client, version, status):
    assert client.call("GET", "customers", headers={"Accept-Version": version}).status == status


def test_product_endpoints_know_version_eight_and_not_nine(client):
    assert client.search("warehouse-products", headers={"Accept-Version": "8"}).status == 200
    assert client.search("warehouse-products", headers={"Accept-Version": "9"}).status == 406


@pytest.mark.parametrize("authorization", [None, "Bearer nonsense", "Basic YTpi"])
def test_call_is_refused_with_an_array_without_a_good_token(client, authorization):
    reply = client.call("GET", "customers", headers={"Authorization": authorization})

    assert reply.status == 401
    assert [list(problem) for problem in reply.json] == [["message"]]


def test_token_ends_when_its_lifetime_is_over(client, simulator):
    simulator.control("clock", {"advance_s": 3599})
    assert client.call("GET", "customers").status == 200

    simulator.control("clock", {"advance_s": 2})

    assert client.call("GET", "customers").status == 401


def test_token_ends_when_told_and_a_new_one_is_good(client, simulator):
    assert simulator.control("expire-tokens", {}) == {"expired": 1}
    assert client.call("GET", "customers").status == 401

    client.token = client.new_token()

    assert client.call("GET", "customers").status == 200


def test_tenant_may_be_any_uuid_and_starts_with_the_default_world(simulator, new_client):
    client = new_client(simulator, "8f0c7a52-1111-4222-8333-944455556666")

    names = [customer["name"] for customer in client.call("GET", "customers").json]

    assert names == ["Acme Trading", "Second Seller"]
    assert client.tenant in [tenant["id"] for tenant in client.send("GET", "/uaa/userinfo").json["tenants"]]


@pytest.mark.parametrize("tenant", ["acme", "00000000-0000-0000-0000-00000000000g"])
def test_tenant_that_is_no_uuid_is_not_found(simulator, new_client, tenant):
    reply = new_client(simulator, tenant).call("GET", "customers")

    assert (reply.status, reply.json) == (404, [{"message": "Tenant could not be found"}])


def test_tenant_that_is_not_listed_is_not_found(client, settings):
    settings(tenants=["8f0c7a52-1111-4222-8333-944455556666"])

    assert client.call("GET", "customers").status == 404


@pytest.mark.parametrize(
    ("missing", "method", "path"),
    [
        ("WMS Create Jobs", "POST", "outbound-orders"),
        ("WMS Create Jobs", "POST", "outbound-orders/search"),
        ("WMS Create Jobs", "DELETE", "outbound-orders/x"),
        ("WMS Create Jobs", "GET", "customers"),
        ("TMS View Jobs", "POST", "consignments/search"),
        ("WMS Add Product", "POST", "warehouse-products"),
        ("WMS Edit Product", "PATCH", "warehouse-products/x"),
    ],
)
def test_call_is_forbidden_without_its_role(client, settings, missing, method, path):
    roles = {"WMS Create Jobs", "TMS View Jobs", "WMS Add Product", "WMS Edit Product"} - {missing}
    settings(roles=sorted(roles))

    reply = client.call(method, path, {})

    assert (reply.status, reply.json) == (403, [{"message": "Access is denied"}])


def test_unknown_path_and_wrong_method_are_answered_with_arrays(client):
    assert client.call("GET", "sale-orders").json == [{"message": "Not found"}]

    reply = client.call("PUT", "outbound-orders/x", {})

    assert (reply.status, reply.json) == (405, [{"message": "Request method 'PUT' not supported"}])


def test_ids_are_the_same_for_the_same_seed_and_after_a_reset(client, simulator, order_body):
    before = (client.create(order_body()).json["id"], client.call("GET", "customers").json)

    simulator.control("reset", {})
    client.token = client.new_token()

    assert (client.create(order_body()).json["id"], client.call("GET", "customers").json) == before


def test_customer_is_shown_by_id_only_in_scope(client, settings):
    acme, second = client.call("GET", "customers").json
    settings(client_customers=["Acme Trading"])

    assert client.call("GET", f"customers/{acme['id']}").json == acme
    assert client.call("GET", f"customers/{second['id']}").status == 404
