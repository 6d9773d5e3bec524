"""What stands before every endpoint: headers, token, scope, media types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from crossdock.simulator import Call, Route, Tokens, answer
from crossdock_walmart.simulator.errors import GATEWAY, ORDERS, refusal, unauthorized
from crossdock_walmart.simulator.settings import WalmartSettings
from crossdock_walmart.simulator.xml import render

_READS_WITH = ("view_only", "full_access")
_WRITES_WITH = ("full_access",)


def check_headers(call: Call, api: str) -> None:
    """The headers that every call bears, the token call too. Raises: Refusal."""
    for name in ("WM_SVC.NAME", "WM_QOS.CORRELATION_ID"):
        if not call.headers.get(name, "").strip():
            raise refusal(
                "INVALID_REQUEST_HEADER",
                api,
                field=name,
                description=f"{name} set blank or null",
                info="Request header is invalid.",
            )
    if call.headers.get("WM_MARKET", "us").lower() != "us":
        raise refusal(
            "INVALID_REQUEST_HEADER", api, field="WM_MARKET", description="this simulator stands for the US market"
        )


def check_token(call: Call, tokens: Tokens, settings: WalmartSettings) -> None:
    """The bare access token in its own header; a Bearer header alone is not enough. Raises: Refusal."""
    token = tokens.find(call.headers.get("WM_SEC.ACCESS_TOKEN", ""))
    if token is None:
        raise unauthorized(settings.stale_token_status)
    call.account = token.account


def check_scope(route: Route, scopes: Mapping[str, str]) -> None:
    """The scope of the route, at the height its method needs. Raises: Refusal."""
    scope = route.tags.get("scope")
    if scope and scopes.get(scope, "no_access") not in (_WRITES_WITH if route.writes else _READS_WITH):
        raise refusal("FORBIDDEN", GATEWAY, field="FORBIDDEN", description="Forbidden", info=f"No access to {scope}.")


def check_media_types(call: Call, api: str, only: str | None = None) -> None:
    """JSON or XML out, or only what the endpoint gives; JSON in. Raises: Refusal."""
    given = (only,) if only else ("application/json", "application/xml")
    if "accept" in call.headers and not any(call.accepts(media_type) for media_type in given):
        raise refusal("INVALID_ACCEPT_TYPE", api, field="Accept", description="Accept type is not supported")
    if call.body and call.media_type != "application/json":
        raise refusal("UNSUPPORTED_MEDIA_TYPE", api, field="Content-Type", description="Content type is not supported")


def present(call: Call, root: str, value: Any) -> Response:
    """Answer in JSON where it was asked for by name, else in XML: "*/*" says nothing, and XML is the elder."""
    if "application/json" in call.headers.get("accept", "").lower():
        return answer(value)
    inner = value.get(root, value) if isinstance(value, dict) else value
    return Response(render(root, inner), media_type="application/xml")


def api_of(route: Route) -> str:
    """Which component an endpoint's errors name."""
    return route.tags.get("api", ORDERS)
