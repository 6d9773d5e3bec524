"""What stands before every endpoint: version header, token, tenant, role; and the two endpoints that need no tenant."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from starlette.responses import Response

from crossdock.simulator import Call, Refusal, Route, Tokens, answer
from crossdock_wms_cartoncloud.simulator.problems import refuse
from crossdock_wms_cartoncloud.simulator.settings import CartonCloudSettings

_TOKEN_TYPE = "application/x-www-form-urlencoded"  # noqa: S105  (a media type)


def check_version(call: Call, newest: int) -> int:
    """The API version that the call names. Raises: Refusal 400 without one, 406 for one that does not exist."""
    text = call.headers.get("accept-version")
    if text is None:
        raise refuse(400, "Required request header 'Accept-Version' is not present")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= newest:
        raise refuse(406, f"Version '{text}' is not available")
    return int(text)


def check_token(call: Call, tokens: Tokens) -> str:
    """The client id behind the bearer token. Raises: Refusal 401 where there is none that counts."""
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    token = tokens.find(value.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise refuse(401, "Full authentication is required to access this resource", {"WWW-Authenticate": "Bearer"})
    return token.account


def check_tenant(tenant: str, settings: CartonCloudSettings) -> None:
    """Whether the tenant exists. Raises: Refusal 404."""
    try:
        known = str(UUID(tenant)) == tenant.lower()
    except ValueError:
        known = False
    if not known or (settings.tenants is not None and tenant not in settings.tenants):
        raise refuse(404, "Tenant could not be found")


def check_role(route: Route, settings: CartonCloudSettings) -> None:
    """Whether the client has one of the roles that the route's tag names. Raises: Refusal 403."""
    roles = route.tags.get("roles")
    if roles and not set(roles.split("|")) & set(settings.roles):
        raise refuse(403, "Access is denied")


def grant_token(call: Call, tokens: Tokens, settings: CartonCloudSettings) -> Response:
    """Answer a client-credentials request."""
    client = _client(call.headers.get("authorization", ""))
    if client is None or client in settings.refused_clients:
        raise _oauth(401, "invalid_client", "Bad client credentials")
    if call.media_type != _TOKEN_TYPE:
        raise refuse(415, f"Content type '{call.media_type}' not supported")
    form = parse_qs(call.body.decode("utf-8", "replace"))
    if form.get("grant_type") != ["client_credentials"]:
        raise _oauth(400, "unsupported_grant_type", "Only client_credentials is supported")
    token = tokens.issue(client, settings.token_lifetime_s)
    return answer({"access_token": token.value, "token_type": "bearer", "expires_in": settings.token_lifetime_s})


def _client(authorization: str) -> str | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return client if client and colon and secret else None


def _oauth(status: int, error: str, description: str) -> Refusal:
    return Refusal(answer({"error": error, "error_description": description}, status))


def read_body(call: Call, *others: str) -> Any:
    """The JSON of a body. Raises: Refusal 415 for another content type, 400 for malformed JSON."""
    if call.media_type not in ("application/json", *others):
        raise refuse(415, f"Content type '{call.media_type}' not supported")
    try:
        return call.json()
    except (ValueError, RecursionError) as error:
        raise refuse(400, "Malformed JSON request") from error


def read_object_body(call: Call) -> dict[str, Any]:
    """The JSON object of a body."""
    body = read_body(call)
    if not isinstance(body, dict):
        raise refuse(400, "Malformed JSON request: an object was expected")
    return body
