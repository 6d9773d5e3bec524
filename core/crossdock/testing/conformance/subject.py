"""What an author says of a plugin, so that the suite can test it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import httpx
from pydantic import BaseModel

from crossdock.contract.connection import Connection
from crossdock.contract.mapper import Mapper
from crossdock.contract.secret import Secret
from crossdock.contract.sink import Sink
from crossdock.contract.source import Source
from crossdock.contract.values import Context, Known
from crossdock.jsonio import Json
from crossdock.registry.installed import InstalledPlugin
from crossdock.registry.plugin import Plugin, load_plugin

BASE_URL = "http://simulator.localhost"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def nothing(simulator: Any) -> None:
    """Leave the simulator as it is."""


@dataclass(frozen=True, slots=True)
class SourceSample:
    """A source, and raw records as the vendor gives them. `arrange(simulator)` makes something to read."""

    source: Source[Any, Any]
    raws: Sequence[Json]
    arrange: Callable[[Any], None] = nothing


@dataclass(frozen=True, slots=True)
class MapperSample:
    """A mapper, and documents that it takes."""

    mapper: Mapper[Any, Any]
    documents: Sequence[Any]
    context: Context = field(default_factory=lambda: Context(key="sample", pipeline="sample"))


@dataclass(frozen=True, slots=True)
class SinkSample:
    """A sink, a document that it takes, and `revised` forms of it: the same business fact with other content."""

    sink: Sink[Any, Any]
    document: Any
    revised: Sequence[Any] = ()
    known: Known = field(default_factory=Known)
    arrange: Callable[[Any], None] = nothing


@dataclass(frozen=True, slots=True)
class Subject:
    """A plugin's module, its word in `use:`, how to connect, and samples of each component.

    A connection that carries out requests by itself has no simulator: `connect` then makes a fresh account each time,
    and `arrange` is given the connection. A plugin with several kinds of connection has a subject for each.
    """

    plugin: ModuleType
    name: str
    connect: Callable[[str], Connection]
    simulator: type[Any] | None = None
    sources: Sequence[SourceSample] = ()
    mappers: Sequence[MapperSample] = ()
    sinks: Sequence[SinkSample] = ()

    def load(self) -> Plugin:
        """The plugin as core loads it. Raises: PluginError."""
        return load_plugin(InstalledPlugin(self.name, self.plugin.__name__, "0", self.plugin.__name__), self.plugin)

    def connection(self) -> Connection:
        """A connection to the simulator, or to nowhere."""
        return self.connect(BASE_URL)


def secrets_of(model: BaseModel) -> Iterator[str]:
    """The secret values that a connection or auth provider holds, at any depth."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Secret):
            yield value.reveal()
        elif isinstance(value, BaseModel):
            yield from secrets_of(value)


def way_to(simulator: Any) -> Callable[[], httpx.AsyncBaseTransport]:
    """The way out of a client that leads to a simulator in this process, without a socket."""
    return lambda: httpx.ASGITransport(app=simulator.app)
