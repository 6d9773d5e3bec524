"""Error bodies: which code has which status, category and severity, in which of the shapes."""

from __future__ import annotations

from typing import Any

from crossdock.simulator import Refusal, answer

GATEWAY = "GMP_GATEWAY_API"
ORDERS = "GMP_ORDER_API"
RETURNS = "GMP_RETURNS_API"
REPORTS = "GMP_REPORT_API"

_KINDS = {
    "INVALID_REQUEST": (400, "DATA", "ERROR"),
    "INVALID_REQUEST_HEADER": (400, "DATA", "ERROR"),
    "INVALID_REQUEST_PARAM": (400, "DATA", "ERROR"),
    "INVALID_REQUEST_CONTENT": (400, "DATA", "ERROR"),
    "INVALID_TOKEN": (400, "DATA", "ERROR"),
    "MISSING_REQUEST_PARAM": (400, "DATA", "ERROR"),
    "MALFORMED_REQUEST_CONTENT": (400, "DATA", "ERROR"),
    "UNAUTHORIZED": (401, "DATA", "ERROR"),
    "FORBIDDEN": (403, "DATA", "ERROR"),
    "CONTENT_NOT_FOUND": (404, "APPLICATION", "INFO"),
    "URI_NOT_FOUND": (404, "DATA", "ERROR"),
    "METHOD_NOT_ALLOWED": (405, "DATA", "ERROR"),
    "INVALID_ACCEPT_TYPE": (406, "APPLICATION", "ERROR"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "DATA", "ERROR"),
    "REQUEST_THRESHOLD_VIOLATED": (429, "REQUEST", "ERROR"),
}


def refusal(
    code: str, api: str = ORDERS, *, field: str | None = None, description: str = "", info: str = "", status: int = 0
) -> Refusal:
    """What ends a call with this error. The gateway writes its errors in a shape of its own."""
    usual, category, severity = _KINDS[code]
    error: dict[str, Any] = {
        "code": f"{code}.{api}",
        "field": field,
        "description": description,
        "info": info,
        "severity": severity,
        "category": category,
        "causes": [],
        "errorIdentifiers": {},
    }
    body = {"error": [error]} if api == GATEWAY else {"errors": {"error": [error]}}
    return Refusal(answer(body, status or usual))


def unauthorized(status: int = 401) -> Refusal:
    """The token, or the id and secret, are not good."""
    info = (
        "Unauthorized token or incorrect authorization header. Check that the token is current and the header is right."
    )
    code = "UNAUTHORIZED" if status == 401 else "INVALID_TOKEN"
    return refusal(code, GATEWAY, field=code, description="Unauthorized", info=info)


def bad_content(description: str, field: str = "data", api: str = ORDERS) -> Refusal:
    """A write that breaks a rule."""
    info = "Request content is invalid."
    return refusal("INVALID_REQUEST_CONTENT", api, field=field, description=description, info=info)


def bad_parameter(name: str, description: str, api: str = ORDERS) -> Refusal:
    """A query parameter that cannot be."""
    info = "Request parameter is invalid."
    return refusal("INVALID_REQUEST_PARAM", api, field=name, description=description, info=info)


def nothing_found(what: str = "No records found", api: str = ORDERS) -> Refusal:
    """The service's way to say "none"."""
    info = "Requested content could not be found."
    return refusal("CONTENT_NOT_FOUND", api, field="data", description=what, info=info)
