"""The vocabulary of searches: conditions with their methods, and the fields that each resource can be searched by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Wire = dict[str, Any]
Kind = Literal["text", "flag", "time"]

TEXT_METHODS = ("EQUAL_TO", "NOT_EQUAL_TO", "CONTAINS", "DOES_NOT_CONTAIN", "STARTS_WITH")
ORDER_METHODS = (
    "EQUAL_TO", "NOT_EQUAL_TO", "GREATER_THAN", "GREATER_THAN_OR_EQUAL_TO", "LESS_THAN", "LESS_THAN_OR_EQUAL_TO",
)  # fmt: skip
COMPOSITES = ("AndCondition", "OrCondition")


@dataclass(frozen=True)
class Field:
    """Something a resource can be searched by. `read` finds its value in an answer's JSON; None where it has none."""

    kind: Kind
    read: Callable[[Wire], Any]


def _at(pointer: str) -> Callable[[Wire], Any]:
    steps = pointer.strip("/").split("/")

    def read(wire: Wire) -> Any:
        value: Any = wire
        for step in steps:
            value = value.get(step) if isinstance(value, dict) else None
        return value

    return read


def _texts(*pointers: str) -> dict[str, Field]:
    return {pointer: Field("text", _at(pointer)) for pointer in pointers}


def _times(*names: str) -> dict[str, Field]:
    return {f"/timestamps/{name}/time": Field("time", _at(f"/timestamps/{name}/time")) for name in names}


def _legacy() -> dict[str, Field]:
    # Deprecated spelling, {"type": "ValueField", "value": "reference"}: a name instead of a pointer.
    pointers = {"reference": "/references/customer", "customerName": "/customer/name", "customerId": "/customer/id"}
    return {name: Field("text", _at(pointer)) for name, pointer in pointers.items()}


@dataclass(frozen=True)
class Searchable:
    """The whitelist of one resource: JSON pointers, and names of the deprecated spelling."""

    pointers: dict[str, Field]
    names: dict[str, Field]


OUTBOUND = Searchable(
    {
        **_texts("/references/customer", "/customer/name", "/customer/id"),
        **_times("created", "modified", "dispatched", "packed"),
    },
    _legacy(),
)
CONSIGNMENTS = Searchable(_texts("/generatedFromTask/id", "/details/type"), _legacy())
PRODUCTS = Searchable(
    {
        # The path in an answer is /references/code; the pointer of a search is /code.
        "/code": Field("text", _at("/references/code")),
        **_texts("/id", "/name", "/customer/id", "/customer/name"),
        "/details/active": Field("flag", _at("/details/active")),
        **_times("created", "modified"),
    },
    {},
)
