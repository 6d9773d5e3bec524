"""A route with everything bound: its source, its mappers, its sink, and the clients of both accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from crossdock.contract.connection import Connection
from crossdock.contract.mapper import Mapper
from crossdock.contract.sink import Sink
from crossdock.contract.source import Source
from crossdock.contract.values import Bundle, Context, Effect, Known, Links, SettledEffect
from crossdock.errors import PluginError
from crossdock.http import Client
from crossdock.jsonio import Json


@dataclass(frozen=True)
class BoundRoute:
    """One route of one pipeline, ready to work."""

    pipeline: str
    customer: str | None
    name: str
    source: Source[Any, Any]
    source_connection: Connection
    mappers: Sequence[Mapper[Any, Any]]
    sink: Sink[Any, Any]
    sink_connection_name: str
    sink_connection: Connection
    client: Client
    """The client of the sink's connection; only core sends through it."""
    max_in_flight: int
    attempts: int
    recheck: timedelta
    fingerprint: str = ""
    """Changes with the settings of mappers, sink and connection."""

    @cached_property
    def account(self) -> str:
        """The remote account that the effects are made in."""
        return self.sink_connection.identity

    @cached_property
    def sink_name(self) -> str:
        """The sink as effects name it."""
        return f"{self.sink_connection.name}.{self.sink.name}"

    @cached_property
    def bundles(self) -> bool:
        """Whether several effects go together."""
        return self.sink.bulk > 1

    def documents(self, raw: Json, context: Context) -> Sequence[Any]:
        """Map one raw record; pure."""
        documents: Sequence[Any] = (self.source.to_document(raw),)
        for mapper in self.mappers:
            documents = [mapped for document in documents for mapped in _several(mapper.map(document, context), mapper)]
        return documents

    def plan(
        self, document: Any, links: Links, latest: SettledEffect | None, observed: Any, choice: str | None = None
    ) -> Effect:
        """Plan one document; pure."""
        effect: Effect = self.sink.plan(document, Known(links, latest, observed, choice))
        check_key(effect, self.sink_name)
        if self.bundles and (effect.steps or effect.content is None):
            wrong = "with steps of its own" if effect.steps else "without content"
            raise PluginError(f"{self.sink_name} bundles, and planned an effect {wrong}")
        if not self.bundles and not effect.steps:
            raise PluginError(f"{self.sink_name} planned an effect without steps")
        return effect

    def bundle(self, bundle: Bundle) -> Effect:
        """What carries these effects; pure."""
        carrier: Effect = self.sink.bundle(bundle)
        check_key(carrier, self.sink_name)
        if not carrier.steps:
            raise PluginError(f"{self.sink_name} planned a bundle without steps")
        return carrier

    def context(self, key: str, links: Links, choice: str | None = None, *, adopting: bool = False) -> Context:
        """What the mappers may know."""
        return Context(key, self.pipeline, self.customer, links, choice=choice, adopting=adopting)


def check_key(effect: Effect, sink_name: str) -> None:
    """Refuse an effect that names nothing. Raises: PluginError."""
    if not isinstance(effect.key, str) or not effect.key:
        lacks = "a key" if isinstance(effect.key, str) else "a key that is text"
        raise PluginError(f"{sink_name} planned an effect without {lacks}")


def _several(mapped: Any, mapper: Mapper[Any, Any]) -> Sequence[Any]:
    if mapped is None:
        raise PluginError(f"mapper {mapper.name} returned nothing; it should raise NothingToDo with the reason")
    return mapped if isinstance(mapped, list | tuple) else (mapped,)
