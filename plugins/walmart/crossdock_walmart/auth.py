"""How a seller proves who it is: the client id and secret of its own API key."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Generator
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import StringConstraints

from crossdock import AuthProvider, CredentialsError, Secret, TransientError
from crossdock.http import Request, Response, Token
from crossdock.jsonio import Json, loads
from crossdock_walmart.faults import codes, faults_of

SERVICE_NAME = "Walmart Marketplace"
LIFETIME_S = 900.0

_XML_TOKEN = re.compile(r"<(?:\w+:)?(accessToken|expiresIn)>\s*([^<\s]+)\s*</")
_WHERE_TO_LOOK = (
    "compare client_id and client_secret with Developer Portal > API Key Management (Seller Center: Settings > API); "
    "keys of the sandbox and of production are different, and a reset there ends the old secret at once. "
    "If you cannot see that page, ask whoever administers the seller's account"
)


class ClientCredentials(AuthProvider):
    """Client credentials: a token of 15 minutes for a seller's own keys."""

    name: ClassVar[str] = "client_credentials"
    replace_with: ClassVar[str | None] = (
        "the key was probably regenerated in Seller Center, which ends the old secret at once. In Seller Center open "
        "Settings > API, choose Get started (or sign in at developer.walmart.com and open My Account > API Key "
        "Management), copy Client ID and Client Secret of the production key, and set them again: "
        "`crossdock secrets set NAME`"
    )

    client_id: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    client_secret: Secret

    @property
    def account(self) -> str:
        """The client id."""
        return self.client_id

    def token_flow(self, base_url: str, previous: Token | None, now: datetime) -> Generator[Request, Response, Token]:
        """Ask for a token; there is no refresh token in this grant.

        Raises: CredentialsError on 400, 401 and 403: all three are seen for a wrong pair. TransientError otherwise.
        Source: Walmart Marketplace, Token API; read 2026-11.
        """
        response = yield self._token_request(base_url)
        if response.status_code in (400, 401, 403):
            raise self._refusal(response)
        if response.status_code != 200:
            raise _no_token(response)
        return _parse_token(response, now)

    def sign(self, request: Request, token: Token | None, now: datetime) -> None:
        """Put the bare token on the request: Walmart does not look at `Authorization`."""
        if token is None:
            raise CredentialsError("a call to Walmart needs a token, and there is none")
        request.headers["WM_SEC.ACCESS_TOKEN"] = token.value

    def refused(self, response: Response) -> bool:
        """Whether the token is no longer good: 401, or the 400 of older gateways."""
        if response.status_code == 401:
            return True
        return response.status_code == 400 and any(fault.kind == "INVALID_TOKEN" for fault in faults_of(response))

    def _token_request(self, base_url: str) -> Request:
        pair = f"{self.client_id}:{self.client_secret.reveal()}".encode()
        return Request(
            "POST",
            f"{base_url.rstrip('/')}/v3/token",
            headers={
                "Authorization": f"Basic {b64encode(pair).decode()}",
                "Accept": "application/json",  # without it the answer is XML
                "WM_SVC.NAME": SERVICE_NAME,
            },
            data={"grant_type": "client_credentials"},
        )

    def _refusal(self, response: Response) -> CredentialsError:
        found = codes(faults_of(response))
        return CredentialsError(
            f"Walmart refused the credentials of client id {self.client_id}: {response.status_code}, {found}",
            fix=_WHERE_TO_LOOK,
            status=response.status_code,
        )


def _no_token(response: Response) -> TransientError:
    status = response.status_code
    fix = "check base_url of the connection" if status in (404, 405) else None
    return TransientError(
        f"Walmart's token endpoint answered {status}", retry_after=_retry_after(response), fix=fix, status=status
    )


def _parse_token(response: Response, now: datetime) -> Token:
    """Read the token from JSON, or from the XML form that a proxy without `Accept` may call forth."""
    try:
        body = loads(response.content)
        value, lifetime = _member(body, "access_token"), _member(body, "expires_in")
    except ValueError:
        found = dict(_XML_TOKEN.findall(response.text[:20_000]))
        value, lifetime = found.get("accessToken"), found.get("expiresIn")
    if not isinstance(value, str) or not value:
        raise TransientError("Walmart's token endpoint answered 200 without a token: neither its JSON nor its XML")
    return Token(value=value, issued_at=now, lifetime_s=_lifetime_s(lifetime))


def _member(body: Json, name: str) -> Json:
    return body.get(name) if isinstance(body, dict) else None


def _lifetime_s(granted: Json) -> float:
    try:
        lifetime_s = float(granted)
    except (TypeError, ValueError):
        return LIFETIME_S
    return lifetime_s if 0 < lifetime_s < 86_400 else LIFETIME_S


def _retry_after(response: Response) -> float | None:
    try:
        return max(0.0, float(response.headers.get("Retry-After", "")))
    except ValueError:
        return None
