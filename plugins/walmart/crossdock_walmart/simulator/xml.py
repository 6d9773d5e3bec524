"""The same answers in XML, which is what a call gets that does not ask for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

_DATES = frozenset(
    {"orderDate", "statusDate", "estimatedDeliveryDate", "estimatedShipDate", "pickUpDateTime", "shipDateTime"}
)


def render(root: str, value: Any) -> str:
    """One document; collections repeat their element, nulls are left out, dates are ISO 8601 with milliseconds."""
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{_element(root, value)}'


def _element(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    inner = (
        "".join(_element(key, item) for key, item in value.items())
        if isinstance(value, Mapping)
        else _text(name, value)
    )
    return f"<{name}>{inner}</{name}>"


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in _DATES and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return escape(str(value))
