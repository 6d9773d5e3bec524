"""A checked definition and its store, as a plugin's own commands see them."""

from __future__ import annotations

import difflib
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from crossdock import jsonio
from crossdock.checking import Assembly, Pipeline, Route
from crossdock.clock import Clock
from crossdock.contract.connection import Connection
from crossdock.contract.source import Source
from crossdock.contract.workspace import PipelineView, RouteView, Standing, StoredEffect, StoredRecord
from crossdock.engine.binding import Binder
from crossdock.errors import ConfigError, CrossdockError, PluginError
from crossdock.http import Reader
from crossdock.store.protocol import Store
from crossdock.store.rows import DeliverySummary, MadeRow, RecordRow


class StoreWorkspace:
    """The `Workspace` of core. Without a store there is nothing in it yet."""

    def __init__(self, assembly: Assembly, store: Store | None, binder: Binder, clock: Clock) -> None:
        self._assembly = assembly
        self._store = store
        self._binder = binder
        self._clock = clock

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        return self._clock.now()

    @property
    def connections(self) -> Mapping[str, Connection]:
        """The accounts, by the integrator's names."""
        return self._assembly.connections

    @cached_property
    def pipelines(self) -> Mapping[str, PipelineView]:
        """The pipelines that can be used."""
        return {name: _view(pipeline) for name, pipeline in self._assembly.pipelines.items()}

    @property
    def stopped(self) -> Mapping[str, str]:
        """The pipelines that cannot be used, and why."""
        return {name: fault.message for name, fault in self._assembly.stopped.items()}

    async def reader(self, connection: str) -> Reader:
        """A client of an account, which can only read."""
        self._known(connection)
        return (await self._binder.client(connection)).reader

    async def read_through(self, pipeline: str) -> datetime | None:
        """When the source was last read to its end."""
        self._pipeline(pipeline)
        if self._store is None:
            return None
        (status,) = await self._store.status([pipeline])
        return status.last_read

    async def records(self, pipeline: str, *, read_since: datetime | None = None) -> AsyncGenerator[StoredRecord, None]:
        """The newest revision of each record."""
        source = (await self._binder.origin(self._pipeline(pipeline))).source
        after = ""
        while self._store is not None:
            page = await self._store.records(pipeline, after=after, since=read_since)
            for row in page:
                yield to_stored(row, source)
            if not page:
                return
            after = page[-1].key

    async def effects(
        self, connection: str, *, planned_since: datetime | None = None
    ) -> AsyncGenerator[StoredEffect, None]:
        """The effects of an account."""
        account = self._known(connection).identity
        after = "", "", 0
        while self._store is not None:
            page = await self._store.made(account, after=after, since=planned_since)
            for row in page:
                yield _made(row)
            if not page:
                return
            after = page[-1].effect.sink, page[-1].effect.key, page[-1].effect.version

    def _known(self, connection: str) -> Connection:
        if connection not in self.connections:
            raise unknown("connection", connection, list(self.connections))
        return self.connections[connection]

    def _pipeline(self, name: str) -> Pipeline:
        if name in self.stopped:
            raise PluginError(f"pipeline {name} cannot be used: {self.stopped[name]}")
        if name not in self._assembly.pipelines:
            raise unknown("pipeline", name, list(self._assembly.pipelines))
        return self._assembly.pipelines[name]


def to_stored(row: RecordRow, source: Source[Any, Any]) -> StoredRecord:
    """A record as its source understands it today."""
    document, fault = None, None
    try:
        document = None if row.raw is None else source.to_document(jsonio.loads(row.raw))
    except CrossdockError as error:
        fault = error
    except Exception as error:  # noqa: BLE001  a record that a plugin stumbles over does not hide the others
        fault = PluginError(f"{type(source).__name__} stumbles over it: {type(error).__name__}", code="broken_plugin")
    return StoredRecord(
        pipeline=row.pipeline,
        key=row.key,
        revision=row.revision,
        identifiers=row.identifiers,
        read_at=row.read_at,
        document=document,
        fault=fault,
        erased=row.raw is None,
        standing=tuple(map(_standing, row.standing)),
    )


def _standing(row: DeliverySummary) -> Standing:
    return Standing(
        delivery=row.id,
        route=row.route,
        revision=row.revision,
        state=row.state.value,
        code=row.code,
        reason=row.reason,
        fix=row.fix,
        since=row.since,
        deadline=row.deadline,
    )


def _made(row: MadeRow) -> StoredEffect:
    effect = row.effect
    return StoredEffect(
        sink=effect.sink,
        key=effect.key,
        version=effect.version,
        state=cast("Any", effect.state.value),
        pipeline=effect.pipeline,
        route=effect.route,
        record=row.record_key,
        delivery=effect.delivery_id,
        content=effect.content,
        memo=effect.memo,
        facts=effect.facts,
        receipt=effect.receipt,
        planned_at=effect.planned_at,
        settled_at=effect.settled_at,
    )


def _view(pipeline: Pipeline) -> PipelineView:
    return PipelineView(
        name=pipeline.name,
        use=pipeline.use,
        connection=pipeline.connection_name,
        customer=pipeline.customer,
        enabled=pipeline.enabled,
        routes=tuple(map(_route, pipeline.routes)),
    )


def _route(route: Route) -> RouteView:
    return RouteView(route.name, route.use, route.connection_name, route.sink, route.mappers)


def unknown(what: str, name: str, known: Sequence[str]) -> ConfigError:
    """That the definition has no such thing, with the nearest that it has."""
    near = difflib.get_close_matches(name, known, n=1)
    fix = f"write {near[0]}" if near else f"the file has: {', '.join(known) or 'none'}"
    return ConfigError(f"there is no {what} {name!r}", fix=fix, code=f"unknown_{what}")
