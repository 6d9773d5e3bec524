from __future__ import annotations

from base64 import b64encode

import pytest

FORM = {"content": "grant_type=client_credentials"}


def basic(client_id="seller-1", secret="anything"):
    return {
        "Authorization": "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }


def grant(walmart, headers=None, without="", **rest):
    return walmart(
        "POST",
        "/v3/token",
        headers={**basic(), **(headers or {})},
        without=without or "WM_SEC.ACCESS_TOKEN",
        **(rest or FORM),
    )


def test_any_id_and_secret_get_a_token_that_works(walmart):
    answer = grant(walmart)

    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert walmart.get("/v3/token/detail", headers={"WM_SEC.ACCESS_TOKEN": body["access_token"]}).status_code == 200


def test_a_newer_token_does_not_end_the_older_one(walmart):
    grant(walmart)

    assert walmart.get("/v3/token/detail").status_code == 200


def test_a_token_call_that_does_not_ask_for_json_gets_xml(walmart):
    answer = grant(walmart, without="Accept")

    assert answer.status_code == 200
    assert "<OAuthTokenDTO><accessToken>" in answer.text
    assert "<expiresIn>900</expiresIn>" in answer.text


@pytest.mark.parametrize(
    ("headers", "rest", "status"),
    [
        ({"Authorization": "Basic !!"}, FORM, 401),
        ({"Authorization": "Basic " + b64encode(b"no-colon").decode()}, FORM, 401),
        ({"Authorization": "Bearer x"}, FORM, 401),
        ({"Content-Type": "application/json"}, {"content": "{}"}, 415),
        ({"WM_SVC.NAME": ""}, FORM, 400),
        ({"WM_QOS.CORRELATION_ID": ""}, FORM, 400),
        ({}, {"content": ""}, 400),
        ({}, {"content": "grant_type=password"}, 400),
    ],
)
def test_a_token_call_that_is_wrong_is_refused(walmart, headers, rest, status):
    answer = grant(walmart, headers, **rest)

    assert answer.status_code == status
    assert answer.json()["error"][0]["code"].endswith(".GMP_GATEWAY_API")


@pytest.mark.parametrize("status", [400, 401])
def test_credentials_are_rejected_when_told(walmart, simulator, status):
    simulator.control("settings", {"reject_credentials": True, "reject_status": status})

    assert grant(walmart).status_code == status
    assert walmart.get("/v3/token/detail").status_code == 200


def test_only_listed_clients_get_a_token(walmart, simulator):
    simulator.control("settings", {"clients": {"seller-1": "right"}})

    codes = [
        grant(walmart, basic(*pair)).status_code for pair in (("seller-1", "right"), ("seller-1", "wrong"), ("x", "y"))
    ]

    assert codes == [200, 401, 401]


def test_token_detail_shows_scopes_and_times_as_text(walmart, simulator):
    simulator.control("settings", {"scopes": {"orders": "view_only", "inventory": "no_access"}})

    detail = walmart.get("/v3/token/detail").json()

    assert detail["scopes"] == {"orders": "view_only", "inventory": "no_access"}
    assert int(detail["expire_at"]) - int(detail["issued_at"]) == 900_000
    assert detail["is_valid"] is True


def test_token_calls_are_no_writes_in_the_log(walmart, simulator):
    grant(walmart)

    request = simulator.control("state")["requests"][-1]
    assert (request["path"], request["write"]) == ("/v3/token", False)
