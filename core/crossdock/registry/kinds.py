"""The five kinds of component, and what a class must be to be one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from crossdock.contract.component import type_arguments
from crossdock.contract.connection import AuthProvider, Connection
from crossdock.contract.mapper import Mapper
from crossdock.contract.sink import Sink
from crossdock.contract.source import Source

KindName = Literal["connection", "source", "sink", "mapper", "auth"]
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: how messages speak of it, which hook offers it, which keys of the file are core's and no setting."""

    name: KindName
    noun: str
    plural: str
    verb: str
    hook: str
    base: type[BaseModel]
    reserved: frozenset[str]
    arguments: int
    check: Callable[[Any], str | None] = lambda component: None


def _check_source(source: Any) -> str | None:
    if not isinstance(getattr(source, "entity", None), str):
        return 'does not say what a record is: set `entity`, as in entity = "order"'
    return _check_connection_argument(source)


def _check_sink(sink: Any) -> str | None:
    if getattr(sink, "kind", None) not in ("create", "state", "post"):
        return 'does not say its kind: set `kind` to "create", "state" or "post"'
    if not isinstance(sink.bulk, int) or sink.bulk < 1:
        return "says a `bulk` that is no whole number from 1"
    if sink.bulk > 1 and sink.bundle is Sink.bundle:
        return "says how many effects go together (`bulk`), and has no `bundle` that puts them together"
    if not all(isinstance(status, int) for status in sink.not_done):
        return "says a `not_done` that holds something else than HTTP statuses"
    return _check_connection_argument(sink)


def _check_connection_argument(component: Any) -> str | None:
    connection = type_arguments(component)[0]
    if isinstance(connection, type) and issubclass(connection, Connection):
        return None
    return "names no connection class first between the brackets of its base"


KINDS: dict[KindName, Kind] = {
    kind.name: kind
    for kind in (
        Kind("connection", "connection", "connections", "connects to", "register_connections", Connection,
             frozenset({"use"}), 0),
        Kind("source", "source", "sources", "reads", "register_sources", Source,
             frozenset({"use", "connection"}), 2, _check_source),
        Kind("sink", "sink", "sinks", "delivers to", "register_sinks", Sink,
             frozenset({"use", "connection", "map", "name", "max_in_flight", "attempts"}), 2, _check_sink),
        Kind("mapper", "mapper", "mappers", "maps with", "register_mappers", Mapper, frozenset({"use"}), 2),
        Kind("auth", "auth provider", "auth providers", "signs in with", "register_auth_providers", AuthProvider,
             frozenset({"use"}), 0),
    )
}  # fmt: skip


def find_flaw(kind: Kind, offered: object) -> str | None:
    """What keeps an offered object from being a component of that kind, or None."""
    if not isinstance(offered, type) or not issubclass(offered, kind.base):
        return f"is no {kind.base.__name__} class"
    name = getattr(offered, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return 'has no usable `name`: set a lower-case word, as in name = "orders"'
    if inspect.isabstract(offered):
        return f"lacks {', '.join(sorted(offered.__abstractmethods__))}"
    if kind.arguments and len(type_arguments(offered)) != kind.arguments:
        return f"does not say its types: write class {offered.__name__}({kind.base.__name__}[…, …])"
    taken = sorted(kind.reserved & {field.alias or name for name, field in offered.model_fields.items()})
    if taken:
        return f"has a setting named {', '.join(taken)}, which is a key of core's"
    return kind.check(offered)
