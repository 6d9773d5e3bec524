"""The token endpoint and token detail."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.responses import Response

from crossdock.simulator import Call, Route, answer
from crossdock_walmart.simulator.errors import GATEWAY, refusal, unauthorized
from crossdock_walmart.simulator.gateway import present
from crossdock_walmart.simulator.xml import render

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator


class TokenEndpoints:
    """Grants tokens for client credentials, and says what a token may do."""

    def __init__(self, simulator: WalmartSimulator) -> None:
        self._simulator = simulator

    def routes(self) -> list[Route]:
        """Two endpoints; neither is in the published table of limits."""
        open_to_all = {"api": GATEWAY, "open": "yes"}
        return [
            Route("POST", "/v3/token", self.grant, write=False, tags=open_to_all),
            Route("GET", "/v3/token/detail", self.detail, tags={"api": GATEWAY}),
        ]

    def grant(self, call: Call) -> Response:
        """A new token; older ones stay good until their own end."""
        if call.media_type != "application/x-www-form-urlencoded":
            raise refusal("UNSUPPORTED_MEDIA_TYPE", GATEWAY, field="Content-Type", description="form expected")
        client_id = self._known_client(call)
        grant_type = parse_qs(call.body.decode("latin-1")).get("grant_type", [""])[-1]
        if grant_type != "client_credentials":
            code = "INVALID_REQUEST_PARAM" if grant_type else "MISSING_REQUEST_PARAM"
            raise refusal(code, GATEWAY, field="grant_type", description="grant_type is missing or not supported")
        lifetime_s = self._simulator.settings.token_lifetime_s
        token = self._simulator.tokens.issue(client_id, lifetime_s)
        if "application/json" in call.headers.get("accept", ""):
            return answer({"access_token": token.value, "token_type": "Bearer", "expires_in": int(lifetime_s)})
        body = {"accessToken": token.value, "tokenType": "Bearer", "expiresIn": int(lifetime_s)}
        return Response(render("OAuthTokenDTO", body), media_type="application/xml")

    def detail(self, call: Call) -> Response:
        """Until when the token is good, and its scopes. Walmart's own example bears no `is_channel_match`."""
        token = self._simulator.tokens.find(call.headers["WM_SEC.ACCESS_TOKEN"])
        if token is None:
            raise unauthorized()
        return present(
            call,
            "tokenDetail",
            {
                "is_valid": True,
                "issued_at": _epoch_ms(token.issued_at),
                "expire_at": _epoch_ms(token.expires_at),
                "scopes": dict(self._simulator.settings.scopes),
            },
        )

    def _known_client(self, call: Call) -> str:
        settings = self._simulator.settings
        scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
        try:
            client_id, colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (NotBase64, UnicodeDecodeError):
            raise unauthorized() from None
        if scheme.lower() != "basic" or not (client_id and colon and secret):
            raise unauthorized()
        listed = settings.clients is None or settings.clients.get(client_id) == secret
        if settings.reject_credentials or not listed:
            raise (
                unauthorized()
                if settings.reject_status == 401
                else refusal("INVALID_REQUEST", GATEWAY, description="Bad Request")
            )
        return client_id


def _epoch_ms(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))
