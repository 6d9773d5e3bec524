"""Client credentials: one request, its token, and how refusals are told."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from crossdock import CredentialsError, Secret, TransientError
from crossdock.http import Request, Response, Token
from crossdock_walmart.auth import ClientCredentials

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
BASE = "https://walmart.example.test"
XML = (
    '<?xml version="1.0"?><OAuthTokenDTO><accessToken>tok-xml</accessToken>'
    "<tokenType>Bearer</tokenType><expiresIn>600</expiresIn></OAuthTokenDTO>"
)


@pytest.fixture
def auth():
    return ClientCredentials(client_id="client-1", client_secret=Secret.literal("s3cret"))


def get_token(auth, response):
    flow = auth.token_flow(BASE + "/", None, NOW)
    next(flow)
    with pytest.raises(StopIteration) as stopped:
        flow.send(response)
    return stopped.value.value


def test_token_request_bears_the_pair_and_the_headers_that_walmart_wants(auth):
    request = next(auth.token_flow(BASE, None, NOW))

    assert (request.method, str(request.url)) == ("POST", BASE + "/v3/token")
    assert request.headers["Authorization"] == "Basic " + b64encode(b"client-1:s3cret").decode()
    assert request.headers["Accept"] == "application/json"
    assert request.headers["WM_SVC.NAME"]
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.read() == b"grant_type=client_credentials"


def test_token_flow_returns_the_token_with_the_lifetime_that_was_granted(auth):
    token = get_token(auth, Response(200, json={"access_token": "tok", "token_type": "Bearer", "expires_in": 900}))

    assert token == Token(value="tok", issued_at=NOW, lifetime_s=900.0)


def test_token_flow_understands_the_xml_form(auth):
    token = get_token(auth, Response(200, text=XML))

    assert (token.value, token.lifetime_s) == ("tok-xml", 600.0)


@pytest.mark.parametrize("granted", [None, "soon", -1, 10**9, [1]])
def test_token_lives_fifteen_minutes_when_the_lifetime_makes_no_sense(auth, granted):
    token = get_token(auth, Response(200, json={"access_token": "tok", "expires_in": granted}))

    assert token.lifetime_s == 900.0


@pytest.mark.parametrize("status", [400, 401, 403])
def test_token_flow_tells_where_to_look_when_the_pair_is_refused(auth, status):
    flow = auth.token_flow(BASE, None, NOW)
    next(flow)

    with pytest.raises(CredentialsError, match=f"client-1: {status}, UNAUTHORIZED") as refused:
        flow.send(Response(status, json={"error": [{"code": "UNAUTHORIZED.GMP_GATEWAY_API"}]}))

    assert "API Key Management" in refused.value.fix
    assert "administers" in refused.value.fix
    assert "s3cret" not in f"{refused.value!r} {refused.value.fix} {refused.value.facts}"


def test_token_flow_tells_a_refusal_without_any_body(auth):
    flow = auth.token_flow(BASE, None, NOW)
    next(flow)

    with pytest.raises(CredentialsError, match="400, no error code"):
        flow.send(Response(400))


@pytest.mark.parametrize(
    "response",
    [
        Response(500, text="<html>broken</html>"),
        Response(503),
        Response(520, text="<html>edge</html>"),
        Response(404, text="<html>nothing here</html>"),
        Response(200, text="<html>log in to the hotel's network</html>"),
        Response(200, text='{"access_token": "tok'),
        Response(200, json={"access_token": None}),
        Response(200, json=["tok"]),
    ],
    ids=["500", "503", "520", "404", "a page", "cut", "null", "a list"],
)
def test_token_flow_tries_again_later_when_the_answer_is_no_token(auth, response):
    flow = auth.token_flow(BASE, None, NOW)
    next(flow)

    with pytest.raises(TransientError):
        flow.send(response)


def test_token_flow_passes_on_how_long_to_wait(auth):
    flow = auth.token_flow(BASE, None, NOW)
    next(flow)

    with pytest.raises(TransientError) as throttled:
        flow.send(Response(429, headers={"Retry-After": "7"}))

    assert throttled.value.retry_after == 7.0


def test_sign_puts_the_bare_token_on_the_request(auth):
    request = Request("GET", BASE)

    auth.sign(request, Token("tok", NOW, 900.0), NOW)

    assert request.headers["WM_SEC.ACCESS_TOKEN"] == "tok"
    assert "Authorization" not in request.headers


def test_sign_refuses_to_send_without_a_token(auth):
    with pytest.raises(CredentialsError):
        auth.sign(Request("GET", BASE), None, NOW)


@pytest.mark.parametrize(
    ("response", "refused"),
    [
        (Response(401), True),
        (Response(400, json={"error": [{"code": "INVALID_TOKEN.GMP_GATEWAY_API"}]}), True),
        (Response(400, json={"errors": {"error": [{"code": "INVALID_REQUEST.GMP_ORDER_API"}]}}), False),
        (Response(400, text="<html>"), False),
        (Response(403, json={"error": [{"code": "FORBIDDEN.GMP_GATEWAY_API"}]}), False),
        (Response(200, json={"error": [{"code": "INVALID_TOKEN.GMP_GATEWAY_API"}]}), False),
    ],
)
def test_refused_tells_a_stale_token_from_other_refusals(auth, response, refused):
    assert auth.refused(response) is refused


def test_credentials_are_known_by_the_client_id_and_never_show_the_secret(auth):
    assert auth.account == "client-1"
    assert "s3cret" not in repr(auth)
