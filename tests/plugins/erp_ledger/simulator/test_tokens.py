from __future__ import annotations

import base64

import pytest

from crossdock_erp_ledger.simulator import InforSimulator

TENANT = "ACME_TST"
CLIENT = {"client_id": f"{TENANT}~id", "client_secret": "s3"}
PASSWORD = {"grant_type": "password", "username": f"{TENANT}#key", "password": "secret"}


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


def test_password_grant_gives_a_token_of_two_hours_and_nothing_to_renew_it_with(client):
    reply = client.login()

    assert reply.status == 200
    assert (reply.json["token_type"], reply.json["expires_in"]) == ("Bearer", 7200)
    assert "refresh_token" not in reply.json


def test_client_may_authenticate_in_the_header_instead_of_the_form(client):
    assert client.login(PASSWORD, authorization=basic(f"{TENANT}~id:s3")).status == 200


def test_client_may_not_authenticate_in_both_ways(client):
    reply = client.login(CLIENT | PASSWORD, authorization=basic(f"{TENANT}~id:s3"))

    assert (reply.status, reply.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("authorization", [None, "Bearer x", "Basic ???", basic("nosecret:"), basic(":noid")])
def test_client_without_good_authentication_is_refused_with_401(client, authorization):
    reply = client.login(PASSWORD, **({"authorization": authorization} if authorization else {}))

    assert (reply.status, reply.json["error"]) == (401, "invalid_client")
    assert reply.headers["www-authenticate"] == "Basic"


def test_client_that_is_not_listed_is_refused(client, settings):
    settings(clients={f"{TENANT}~id": "another"})

    assert client.login().json["error"] == "invalid_client"


def test_hash_of_the_access_key_is_decoded_from_the_form(client):
    body = f"grant_type=password&username={TENANT}%23key&password=secret&client_id=x&client_secret=y".encode()

    assert client.login(body).status == 200


def test_hash_that_was_encoded_twice_is_another_name(client):
    body = f"grant_type=password&username={TENANT}%2523key&password=secret&client_id=x&client_secret=y".encode()

    assert client.login(body).json["error"] == "invalid_grant"


@pytest.mark.parametrize("username", ["key", "OTHER_TST#key", f"{TENANT}#"])
def test_access_key_must_be_of_the_tenant_in_the_path(client, username):
    reply = client.login({**CLIENT, **PASSWORD, "username": username})

    assert (reply.status, reply.json["error"]) == (400, "invalid_grant")


def test_service_account_that_is_not_listed_is_refused(client, settings):
    settings(service_accounts={f"{TENANT}#key": "another"})

    assert client.login().json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"username": ""}, "invalid_request"),
        ({"password": ""}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, "invalid_grant"),
    ],
)
def test_request_that_is_not_right_is_refused_in_the_words_of_oauth(client, changes, error):
    reply = client.login({**CLIENT, **PASSWORD, **changes})

    assert (reply.status, reply.json["error"]) == (400, error)
    assert reply.json["error_description"]


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"nonsense", b"grant_type=password&grant_type=password"])
def test_body_that_is_no_form_is_refused(client, body):
    assert client.login(body).json["error"] == "invalid_request"


def test_json_is_no_form(client):
    assert client.login(b"{}", content_type="application/json").json["error"] == "invalid_request"


def test_grant_that_the_application_may_not_use_is_refused(client, settings):
    settings(grants=["client_credentials"])

    assert client.login().json["error"] == "unauthorized_client"
    assert client.login({**CLIENT, "grant_type": "client_credentials"}).status == 200


def test_scope_must_be_asked_for_where_the_tenant_enforces_it(client, settings):
    settings(scopes=["Infor-FSM"])

    assert client.login().json["error"] == "invalid_scope"
    assert client.login({**CLIENT, **PASSWORD, "scope": "Infor-ION Infor-FSM"}).status == 200


def test_refresh_token_renews_once_where_the_application_issues_them(client, settings):
    settings(refresh_tokens=True)
    first = client.login().json
    renewal = {**CLIENT, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}

    second = client.login(renewal)

    assert second.status == 200
    assert second.json["access_token"] != first["access_token"]
    assert second.json["refresh_token"] != first["refresh_token"]
    assert client.login(renewal).json["error"] == "invalid_grant"


def test_refresh_token_of_another_client_is_refused(client, settings):
    settings(refresh_tokens=True)
    token = client.login().json["refresh_token"]

    reply = client.login(
        {"client_id": "other", "client_secret": "x", "grant_type": "refresh_token", "refresh_token": token}
    )

    assert reply.json["error"] == "invalid_grant"


def test_refresh_token_renews_nothing_where_its_lifetime_is_zero(client, settings):
    settings(refresh_tokens=True, refresh_lifetime_s=0)
    token = client.login().json["refresh_token"]

    assert (
        client.login({**CLIENT, "grant_type": "refresh_token", "refresh_token": token}).json["error"] == "invalid_grant"
    )


def test_revoked_token_opens_nothing_any_more(client):
    assert client.list("Currency").status == 200

    reply = client.login({**CLIENT, "token": client.token}, f"/{TENANT}/as/revoke_token.oauth2")

    assert (reply.status, reply.raw) == (200, b"")
    assert client.list("Currency").status == 401


def test_client_cannot_revoke_the_token_of_another(client):
    client.list("Currency")

    client.login({"client_id": "b", "client_secret": "x", "token": client.token}, f"/{TENANT}/as/revoke_token.oauth2")

    assert client.list("Currency").status == 200


def test_unknown_token_is_revoked_in_silence_and_an_unknown_hint_refused(client):
    path = f"/{TENANT}/as/revoke_token.oauth2"

    assert client.login({**CLIENT, "token": "unknown"}, path).status == 200
    assert client.login({**CLIENT}, path).json["error"] == "invalid_request"
    hinted = client.login({**CLIENT, "token": "x", "token_type_hint": "id_token"}, path)
    assert hinted.json["error"] == "unsupported_token_type"


def test_installation_on_the_premises_has_paths_of_its_own(client):
    reply = client.login(path="/InforIntSTS/connect/token")

    client.token = reply.json["access_token"]
    assert client.list("Currency").status == 200


def test_credentials_file_names_the_paths_that_are_there(client, simulator):
    for flavour in ("password", "client_credentials", "on_premises"):
        file = simulator.control("ionapi", {"tenant": TENANT, "flavour": flavour, "base_url": "http://127.0.0.1:1"})
        grant = (
            {"grant_type": "client_credentials"}
            if "saak" not in file
            else {"grant_type": "password", "username": file["saak"], "password": file["sask"]}
        )
        path = (file["pu"] + file["ot"]).removeprefix(file["iu"])

        reply = client.login({"client_id": file["ci"], "client_secret": file["cs"], **grant}, path)

        assert (flavour, reply.status) == (flavour, 200)


def test_equal_seeds_give_equal_tokens(client):
    assert client.login().json == type(client)(InforSimulator(seed=7)).login().json
