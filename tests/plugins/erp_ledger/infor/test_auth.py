"""Signing in: each grant, both ways of naming the app, renewing, refusals, and a file that is renewed meanwhile."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from ionapi_files import CLOUD, NO_ACCOUNT, SCOPED, SECRETS, WEB, written
from pydantic import ValidationError

from crossdock import ConfigError, CredentialsError, Secret, TransientError
from crossdock.http import Response, Token
from crossdock_erp_ledger.infor.auth import ClientCredentials, ServiceAccount

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
GATEWAY = CLOUD["iu"]
GRANTED = {"access_token": "tok", "token_type": "Bearer", "expires_in": 7200}


def account(fields=CLOUD, kind=ServiceAccount, **settings):
    return kind(ionapi=Secret.literal(written(fields)), **settings)


def form_of(request):
    return {key: value for key, (value,) in parse_qs(request.content.decode(), strict_parsing=True).items()}


def token_of(flow, *answers):
    """The token after these answers, and the requests that asked for it."""
    asked = [next(flow)]
    for answer in answers[:-1]:
        asked.append(flow.send(answer))
    with pytest.raises(StopIteration) as end:
        flow.send(answers[-1])
    return end.value.value, asked


def refusal(auth, response):
    flow = auth.token_flow(GATEWAY, None, NOW)
    next(flow)
    with pytest.raises((CredentialsError, TransientError)) as refused:
        flow.send(response)
    shown = f"{refused.value!r} {refused.value.fix} {refused.value.facts}"
    assert [secret for secret in (*SECRETS, "ci-of-nobody") if secret in shown] == []
    return refused.value


def test_service_account_signs_in_with_its_password():
    request = next(account().token_flow(GATEWAY, None, NOW))

    assert (request.method, str(request.url)) == ("POST", "https://mingle-sso.example.test/ACME_TST/as/token.oauth2")
    assert b"username=ACME_TST%23" in request.content  # a bare # would end the user's name
    assert form_of(request) == {
        "grant_type": "password",
        "username": f"ACME_TST#{SECRETS[1]}",
        "password": SECRETS[2],
        "client_id": "ACME_TST~ci-of-nobody",
        "client_secret": SECRETS[0],
    }


def test_client_credentials_need_no_service_account():
    request = next(account(NO_ACCOUNT, ClientCredentials).token_flow(GATEWAY, None, NOW))

    assert form_of(request)["grant_type"] == "client_credentials"


def test_app_proves_itself_by_a_header_where_that_is_set():
    request = next(account(client_authentication="basic").token_flow(GATEWAY, None, NOW))

    pair = b64encode(f"ACME_TST~ci-of-nobody:{SECRETS[0]}".encode()).decode()
    assert request.headers["Authorization"] == f"Basic {pair}"
    assert form_of(request).keys() == {"grant_type", "username", "password"}


@pytest.mark.parametrize(
    ("fields", "settings", "scope"),
    [
        (CLOUD, {}, None),
        (SCOPED, {}, "Infor-FSM Infor-ION"),
        (SCOPED, {"scopes": ("Infor-M3",)}, "Infor-M3"),
    ],
)
def test_scopes_are_asked_for_where_the_tenant_has_them(fields, settings, scope):
    request = next(account(fields, **settings).token_flow(GATEWAY, None, NOW))

    assert form_of(request).get("scope") == scope


def test_token_lives_as_long_as_was_granted():
    token, _ = token_of(account().token_flow(GATEWAY, None, NOW), Response(200, json=GRANTED))

    assert token == Token("tok", NOW, 7200.0)


@pytest.mark.parametrize("granted", [None, "soon", -1, 0, [1], "Infinity"])
def test_token_lives_an_hour_when_the_answer_makes_no_sense(granted):
    token, _ = token_of(
        account().token_flow(GATEWAY, None, NOW), Response(200, json={**GRANTED, "expires_in": granted})
    )

    assert token.lifetime_s == 3600.0


def test_refresh_token_renews_without_the_password():
    previous = Token("old", NOW, 7200.0, refresh="r1")
    renewed = {**GRANTED, "refresh_token": "r2"}

    token, (request,) = token_of(account().token_flow(GATEWAY, previous, NOW), Response(200, json=renewed))

    assert form_of(request)["grant_type"] == "refresh_token"
    assert form_of(request)["refresh_token"] == "r1"
    assert "password" not in form_of(request)
    assert token.refresh == "r2"


def test_refresh_token_stays_where_no_new_one_comes():
    previous = Token("old", NOW, 7200.0, refresh="r1")

    token, _ = token_of(account().token_flow(GATEWAY, previous, NOW), Response(200, json=GRANTED))

    assert token.refresh == "r1"


@pytest.mark.parametrize("status", [400, 401])
def test_password_is_used_once_the_refresh_token_is_refused(status):
    previous = Token("old", NOW, 7200.0, refresh="r1")
    refused = Response(status, json={"error": "invalid_grant"})

    token, asked = token_of(account().token_flow(GATEWAY, previous, NOW), refused, Response(200, json=GRANTED))

    assert [form_of(request)["grant_type"] for request in asked] == ["refresh_token", "password"]
    assert (token.value, token.refresh) == ("tok", None)


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("invalid_grant", "Create Service Account"),
        ("invalid_client", "secret"),
        ("unsupported_grant_type", "erp_ledger.client_credentials"),
        ("unauthorized_client", "Backend Service"),
        ("invalid_scope", "scopes"),
        ("something_else", "Authorized Apps"),
    ],
)
def test_refusal_names_app_and_tenant_and_the_way_out(status, code, fix):
    error = refusal(account(), Response(status, json={"error": code, "error_description": "x"}))

    assert isinstance(error, CredentialsError)
    assert str(error) == f"Infor refuses app crossdock of tenant ACME_TST: {status}, {code}"
    assert fix in error.fix


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"[]", b'{"error": 7}', b'{"error": "Two words: a secret"}'])
def test_refusal_shows_nothing_that_is_no_code(body):
    assert str(refusal(account(), Response(401, content=body))) == "Infor refuses app crossdock of tenant ACME_TST: 401"


@pytest.mark.parametrize("status", [404, 405])
def test_wrong_token_address_is_told(status):
    error = refusal(account(), Response(status))

    assert isinstance(error, CredentialsError)
    assert "`pu` and `ot`" in error.fix


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html>", b'{"access_token": ""}', b'{"access_token": 7}'])
def test_answer_without_a_token_is_tried_again(body):
    assert isinstance(refusal(account(), Response(200, content=body)), TransientError)


def test_stand_in_stands_in_for_both_hosts():
    request = next(account().token_flow("http://127.0.0.1:8123", None, NOW))

    assert str(request.url) == "http://127.0.0.1:8123/ACME_TST/as/token.oauth2"


@pytest.mark.parametrize("gateway", [f"{GATEWAY}:443", f"{GATEWAY}/", GATEWAY.replace("mingle", "MINGLE")])
def test_other_spelling_of_the_gateway_is_no_stand_in(gateway):
    request = next(account().token_flow(gateway, None, NOW))

    assert request.url.host == "mingle-sso.example.test"


def test_renewed_file_is_used_for_the_next_token():
    texts = [written(CLOUD), written(CLOUD), written(CLOUD, saak="ACME_TST#renewed", sask="renewed-of-nobody")]
    auth = ServiceAccount(ionapi=Secret(lambda: texts[0] if len(texts) == 1 else texts.pop(0), "${file:acme.ionapi}"))

    request = [next(auth.token_flow(GATEWAY, None, NOW)) for _ in range(2)][-1]

    assert form_of(request)["username"] == "ACME_TST#renewed"


def test_account_stays_when_only_keys_are_renewed():
    renewed = account({**CLOUD, "saak": "ACME_TST#renewed", "sask": "x", "cs": "y"})

    assert renewed.account == account().account
    assert account({**CLOUD, "ci": "ACME_TST~another"}).account != account().account
    assert "ci-of-nobody" not in account().account


def test_file_that_went_bad_pauses_the_connection():
    texts = [written(CLOUD), "half a fi"]
    auth = ServiceAccount(ionapi=Secret(lambda: texts.pop(0), "${file:acme.ionapi}"))

    with pytest.raises(CredentialsError, match="no JSON"):
        next(auth.token_flow(GATEWAY, None, NOW))


@pytest.mark.parametrize("fields", [NO_ACCOUNT, WEB, {"ti": "ACME_TST"}])
def test_unusable_file_is_refused_before_anything_runs(fields):
    with pytest.raises(ValidationError) as refused:
        account(fields)

    assert "Create Service Account" in str(refused.value) or "has no" in str(refused.value)
    assert [secret for secret in SECRETS if secret in str(refused.value)] == []


def test_secret_that_is_locked_is_not_asked_before_it_is_used():
    def locked():
        raise ConfigError("locked", fix="unlock it")

    auth = ServiceAccount(ionapi=Secret(locked, "${secret:acme}"))

    with pytest.raises(CredentialsError, match="locked"):
        next(auth.token_flow(GATEWAY, None, NOW))
