"""What sources, sinks, mappers and auth providers share: their settings are their fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, PrivateAttr, WithJsonSchema

from crossdock.contract.connection import Connection
from crossdock.contract.durations import format_duration, parse_duration
from crossdock.contract.holds import Hold
from crossdock.http.types import Reader

ConnectionT = TypeVar("ConnectionT", bound=Connection)

Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+(\.\d+)?(ms|s|m|h|d|w))+$", "examples": ["30s", "5m", "14d"]}),
]
"""A span of time as YAML writes it: "30s", "5m", "1h30m", "14d"."""


class Component(BaseModel):
    """A part that a definition names by `use:`. The keys beside `use:` are its fields; unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: ClassVar[str]
    """The word after the plugin's in `use:`: "orders" in `use: walmart.orders`."""
    holds: ClassVar[Sequence[Hold]] = ()
    """The situations in which it asks a person."""

    def choices_used(self) -> Mapping[str, Collection[str]]:
        """What the settings name of what accounts offer: {"warehouses": ["Sydney DC"]}.

        `doctor` looks whether the connection tests of the accounts on either side list it under that word.
        """
        return {}


class Connected(Component, Generic[ConnectionT]):
    """A component that works on one connection. Core binds it once, before the first call."""

    @property
    def calls(self) -> Mapping[str, float]:
        """How many requests one read makes while nothing is new (a source), or one effect, its looks included (a sink).

        By request, with `*` for what varies: {"POST /orders": 1, "GET /orders/*": 1}. One of a bulk step counts its
        share. `check` sets it against the rates of the connection; where it says nothing, neither does `check`. It
        depends on settings alone, the connection's included: no request can be made.
        """
        return {}

    _connection: ConnectionT | None = PrivateAttr(default=None)
    _http: Reader | None = PrivateAttr(default=None)

    def bind(self, connection: ConnectionT, http: Reader) -> None:
        """Attach the account and the client that reads from it. Core calls this."""
        self._connection = connection
        self._http = http

    @property
    def connection(self) -> ConnectionT:
        """The configured account."""
        bound: ConnectionT | None = _private(self, "_connection")
        if bound is None:
            raise RuntimeError(f"{type(self).__name__} is not bound to a connection")
        return bound

    @property
    def http(self) -> Reader:
        """A client of that account, which can only read: core sends what changes something."""
        bound: Reader | None = _private(self, "_http")
        if bound is None:
            raise RuntimeError(f"{type(self).__name__} is not bound to a connection")
        return bound


def _private(component: BaseModel, name: str) -> Any:
    """A private attribute, several times a delivery: pydantic's own way to it goes through a failed look-up first."""
    return (component.__pydantic_private__ or {}).get(name)


def type_arguments(component: type[BaseModel]) -> tuple[Any, ...]:
    """What a component class wrote between the brackets of its base: `Source[WalmartConnection, Order]` gives both."""
    for base in component.__mro__:
        metadata = base.__dict__.get("__pydantic_generic_metadata__")
        if metadata and metadata["args"] and not any(isinstance(arg, TypeVar) for arg in metadata["args"]):
            return tuple(metadata["args"])
    return ()
