"""Client credentials: how an API client proves who it is."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Generator
from datetime import datetime
from typing import ClassVar

from pydantic import ValidationError

from crossdock import AuthProvider, CredentialsError, Secret, TransientError
from crossdock.http import Request, Response, Token, retry_after
from crossdock_wms_cartoncloud.wire import TokenAnswer

_WHERE = (
    "compare client id and secret with the API client in CartonCloud (Organisation settings, API clients); "
    "it must live in the same region as the connection: `region: na` for North America, else `global`"
)


class ClientCredentials(AuthProvider):
    """An API client made by the tenant's administrator. There are no refresh tokens: it just asks again.

    Source: CartonCloud REST API reference, "Authentication", revision of 2026-05-06.
    """

    name: ClassVar[str] = "client_credentials"
    replace_with: ClassVar[str | None] = (
        "the API client was probably deleted, or its secret made anew. Whoever administers the tenant opens "
        "Organisation settings > API clients, makes a new secret (it is shown once), and it is set again: "
        "`crossdock secrets set NAME`"
    )

    client_id: str
    client_secret: Secret

    @property
    def account(self) -> str:
        """The client id."""
        return self.client_id

    def token_flow(self, base_url: str, previous: Token | None, now: datetime) -> Generator[Request, Response, Token]:
        """Ask for a token. Raises: CredentialsError, TransientError."""
        answer = yield self._token_request(base_url)
        if answer.status_code == 200:
            return _token(answer, now)
        if answer.status_code in (400, 401, 403):
            raise CredentialsError(
                f"CartonCloud refuses API client {self.client_id} ({answer.status_code})",
                fix=_WHERE,
                status=answer.status_code,
            )
        if answer.status_code == 404:
            raise CredentialsError(
                f"{base_url} grants no tokens (404): it is no CartonCloud API",
                fix="leave out `base_url`, or write https://api.cartoncloud.com or https://api.na.cartoncloud.com",
            )
        raise TransientError(
            f"CartonCloud granted no token ({answer.status_code})", retry_after=retry_after(answer, now)
        )

    def sign(self, request: Request, token: Token | None, now: datetime) -> None:
        """Bear the token."""
        if token is None:
            raise ValueError("CartonCloud requests need a token")
        request.headers["Authorization"] = f"Bearer {token.value}"

    def _token_request(self, base_url: str) -> Request:
        pair = b64encode(f"{self.client_id}:{self.client_secret.reveal()}".encode()).decode("ascii")
        return Request(
            "POST",
            f"{base_url.rstrip('/')}/uaa/oauth/token",
            headers={
                "Authorization": f"Basic {pair}",
                "Accept-Version": "1",
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            content=b"grant_type=client_credentials",
        )


def _token(answer: Response, now: datetime) -> Token:
    try:
        granted = TokenAnswer.model_validate_json(answer.content)
    except ValidationError:
        # A proxy's or a maintenance page; the cause would quote what may be a token.
        raise TransientError("CartonCloud's token answer cannot be read") from None
    return Token(granted.access_token, issued_at=now, lifetime_s=granted.expires_in)
