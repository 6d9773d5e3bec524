"""Client credentials."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from crossdock import CredentialsError, TransientError
from crossdock.http import Token
from crossdock_wms_cartoncloud.auth import ClientCredentials

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def ask(auth: ClientCredentials, base_url: str = "https://api.na.cartoncloud.com/") -> tuple[Any, httpx.Request]:
    flow = auth.token_flow(base_url, None, NOW)
    return flow, next(flow)


def answered(auth: ClientCredentials, response: httpx.Response) -> Token:
    flow, _ = ask(auth)
    with pytest.raises(StopIteration) as stop:
        flow.send(response)
    token = stop.value.value
    assert isinstance(token, Token)
    return token


def test_token_request_goes_to_the_region_with_basic_credentials_and_the_version(auth: ClientCredentials) -> None:
    _, request = ask(auth)

    assert str(request.url) == "https://api.na.cartoncloud.com/uaa/oauth/token"
    assert request.method == "POST"
    assert b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"client-1:hush-hush"
    assert request.headers["Accept-Version"] == "1"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.content == b"grant_type=client_credentials"


def test_token_lives_as_long_as_the_server_says(auth: ClientCredentials) -> None:
    token = answered(auth, httpx.Response(200, json={"access_token": "t", "token_type": "bearer", "expires_in": 1800}))

    assert (token.value, token.issued_at, token.lifetime_s) == ("t", NOW, 1800)


def test_token_lives_an_hour_when_the_server_does_not_say(auth: ClientCredentials) -> None:
    assert answered(auth, httpx.Response(200, json={"access_token": "t"})).lifetime_s == 3600


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials_name_the_client_and_where_to_look_but_no_secret(
    auth: ClientCredentials, status: int
) -> None:
    flow, _ = ask(auth)

    with pytest.raises(CredentialsError, match="client-1") as caught:
        flow.send(httpx.Response(status, json={"error": "invalid_client"}))

    assert "region: na" in (caught.value.fix or "")
    assert "hush-hush" not in f"{caught.value} {caught.value.fix} {caught.value.facts}"


def test_a_host_without_a_token_endpoint_is_named_as_the_fault(auth: ClientCredentials) -> None:
    flow, _ = ask(auth, "https://example.test")

    with pytest.raises(CredentialsError, match=r"https://example\.test .*no CartonCloud API"):
        flow.send(httpx.Response(404))


@pytest.mark.parametrize(("status", "header", "wait"), [(429, "7", 7.0), (503, "soon", None), (500, "", None)])
def test_an_overloaded_server_is_asked_again(
    auth: ClientCredentials, status: int, header: str, wait: float | None
) -> None:
    flow, _ = ask(auth)

    with pytest.raises(TransientError) as caught:
        flow.send(httpx.Response(status, headers={"Retry-After": header}))

    assert caught.value.retry_after == wait


@pytest.mark.parametrize(
    "body", [b"<html>maintenance</html>", b"", b"[]", b'{"access_token": ""}', b'{"expires_in": 1}']
)
def test_an_unreadable_token_answer_is_transient_and_not_quoted(auth: ClientCredentials, body: bytes) -> None:
    flow, _ = ask(auth)

    with pytest.raises(TransientError) as caught:
        flow.send(httpx.Response(200, content=body))

    assert "maintenance" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_sign_bears_the_token(auth: ClientCredentials) -> None:
    request = httpx.Request("GET", "https://api.cartoncloud.com/uaa/userinfo")

    auth.sign(request, Token("t", NOW, 60), NOW)

    assert request.headers["Authorization"] == "Bearer t"


def test_sign_refuses_to_send_without_a_token(auth: ClientCredentials) -> None:
    with pytest.raises(ValueError, match="need a token"):
        auth.sign(httpx.Request("GET", "https://api.cartoncloud.com/"), None, NOW)


def test_the_secret_never_shows(auth: ClientCredentials) -> None:
    assert auth.account == "client-1"
    assert "hush-hush" not in f"{auth!r} {auth} {auth.model_dump_json()}"


def test_only_401_says_that_the_token_is_no_longer_good(auth: ClientCredentials) -> None:
    assert auth.refused(httpx.Response(401))
    assert not auth.refused(httpx.Response(403))
