"""The authorization server of each tenant: tokens are granted, renewed and revoked."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.responses import Response

from crossdock.simulator import Call, Refusal, Route, Tokens, answer

if TYPE_CHECKING:
    from crossdock_erp_ledger.simulator.simulator import InforSimulator

_FORM = "application/x-www-form-urlencoded"
_HINTS = ("access_token", "refresh_token")


class OAuth:
    """Token and revocation endpoints, in the cloud's paths and in those of an installation on the premises."""

    def __init__(self, simulator: InforSimulator) -> None:
        self._simulator = simulator
        values = simulator.stream("refresh")
        self._refresh = Tokens(simulator.clock, lambda: f"{values.getrandbits(256):064x}")

    def routes(self) -> list[Route]:
        """Under `/{tenant}/as/` the path names the tenant; on the premises the client id does."""
        paths = ("/{tenant}/as/token.oauth2", "/InforIntSTS/connect/token")
        revoking = ("/{tenant}/as/revoke_token.oauth2", "/InforIntSTS/connect/revocation")
        return [
            *(Route("POST", path, self.grant, write=False, tags={"open": "yes"}) for path in paths),
            *(Route("POST", path, self.revoke, write=False, tags={"open": "yes"}) for path in revoking),
        ]

    def grant(self, call: Call) -> Response:
        """An access token, by one of three grants."""
        form = _form(call)
        client = self._client(call, form)
        tenant = call.params.get("tenant") or client.partition("~")[0]
        grant = _member(form, "grant_type")
        if grant not in ("password", "client_credentials", "refresh_token"):
            raise _refuse("unsupported_grant_type", f"{grant} is not supported")
        if grant not in self._simulator.settings.grants:
            raise _refuse("unauthorized_client", f"{grant} is not allowed for this application")
        if grant == "refresh_token":
            return self._renew(form, tenant, client)
        self._simulator.gateway.charge_login(tenant)
        if grant == "password":
            self._check_service_account(form, tenant)
        self._check_scope(form)
        return self._issue(tenant, client, renewable=grant == "password")

    def revoke(self, call: Call) -> Response:
        """End a token; one that is unknown is as good as ended."""
        form = _form(call)
        client = self._client(call, form)
        value = _member(form, "token")
        if form.get("token_type_hint", _HINTS[0]) not in _HINTS:
            raise _refuse("unsupported_token_type", "token_type_hint is access_token or refresh_token")
        for tokens in (self._simulator.tokens, self._refresh):
            token = tokens.find(value)
            if token and token.account.partition("/")[2] == client:
                tokens.end(value)
        return Response(b"", 200)

    # ------------------------------------------------------------ steps

    def _client(self, call: Call, form: Mapping[str, str]) -> str:
        header = call.headers.get("authorization")
        if header and "client_secret" in form:
            raise _refuse("invalid_request", "the client authenticates in the header or in the form, not in both")
        client, secret = _basic(header) if header else (form.get("client_id", ""), form.get("client_secret", ""))
        settings = self._simulator.settings
        listed = settings.clients is None or settings.clients.get(client) == secret
        if not client or not secret or not listed or client in settings.refused_clients:
            raise _refuse("invalid_client", "client authentication failed", 401)
        return client

    def _check_service_account(self, form: Mapping[str, str], tenant: str) -> None:
        key, secret = _member(form, "username"), _member(form, "password")
        accounts = self._simulator.settings.service_accounts
        owner, _, rest = key.partition("#")
        if owner != tenant or not rest or (accounts is not None and accounts.get(key) != secret):
            raise _refuse("invalid_grant", "the service account is not known, or its secret key is wrong")

    def _check_scope(self, form: Mapping[str, str]) -> None:
        asked = form.get("scope", "").split()
        if missing := [scope for scope in self._simulator.settings.scopes if scope not in asked]:
            raise _refuse("invalid_scope", f"scope {missing[0]} is required")

    def _renew(self, form: Mapping[str, str], tenant: str, client: str) -> Response:
        value = _member(form, "refresh_token")
        token = self._refresh.find(value)
        if token is None or token.account != f"{tenant}/{client}":
            raise _refuse("invalid_grant", "the refresh token is unknown, was used, or has ended")
        rotates = self._simulator.settings.refresh_rotates
        made = self._issue(tenant, client, renewable=rotates)
        if rotates:
            self._refresh.end(value)
        return made

    def _issue(self, tenant: str, client: str, *, renewable: bool) -> Response:
        settings = self._simulator.settings
        self._simulator.gateway.charge_token(tenant, client)
        token = self._simulator.tokens.issue(f"{tenant}/{client}", settings.token_lifetime_s)
        body = {"access_token": token.value, "token_type": "Bearer", "expires_in": int(settings.token_lifetime_s)}
        if renewable and settings.refresh_tokens:
            body["refresh_token"] = self._refresh.issue(f"{tenant}/{client}", settings.refresh_lifetime_s).value
        return answer(body, headers={"Cache-Control": "no-store"})


def _form(call: Call) -> dict[str, str]:
    if call.media_type != _FORM:
        raise _refuse("invalid_request", f"the body must be {_FORM}")
    try:
        fields = parse_qs(call.body.decode(), keep_blank_values=True, strict_parsing=bool(call.body), errors="strict")
    except ValueError:
        raise _refuse("invalid_request", "the body is no form") from None
    if twice := [name for name, values in fields.items() if len(values) > 1]:
        raise _refuse("invalid_request", f"{twice[0]} is given twice")
    return {name: values[0] for name, values in fields.items()}


def _member(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise _refuse("invalid_request", f"{name} is missing")
    return form[name]


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        client, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (client, secret) if scheme.lower() == "basic" else ("", "")


def _refuse(error: str, description: str, status: int = 400) -> Refusal:
    headers = {"Cache-Control": "no-store", **({"WWW-Authenticate": "Basic"} if status == 401 else {})}
    return Refusal(answer({"error": error, "error_description": description}, status, headers))
