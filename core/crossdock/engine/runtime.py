"""The engine's front: what the command line and the daemon call."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

import anyio

from crossdock.checking import Assembly, Pipeline
from crossdock.clock import Clock, SystemClock
from crossdock.contract.checks import Check
from crossdock.contract.connection import TestReport
from crossdock.engine.adopting import Adopter
from crossdock.engine.binding import Binder, chosen
from crossdock.engine.comparing import Comparer
from crossdock.engine.credentials import Credentials
from crossdock.engine.dispatching import Pauses
from crossdock.engine.examining import Examined, Examiner
from crossdock.engine.judging import Alive
from crossdock.engine.linkbook import LinkBook
from crossdock.engine.planning import Planner
from crossdock.engine.recognising import Recogniser
from crossdock.engine.reconciling import Balance, Reconciler, RouteBalance
from crossdock.engine.results import Adopting, Adoption, Compared, PipelineResult, PlanResult, Progress, RunResult
from crossdock.engine.retaining import retain
from crossdock.engine.route import BoundRoute
from crossdock.engine.running import PipelineRun
from crossdock.engine.verdict import leaf
from crossdock.engine.workspace import StoreWorkspace, unknown
from crossdock.errors import ConfigError, CrossdockError, PluginError, StoreError
from crossdock.store.pausing import paused
from crossdock.store.protocol import LONGEST_REQUEST, Store
from crossdock.store.rows import Delivery


class Runtime:
    """A checked definition with a store, ready to work. Use `Runtime.open`."""

    def __init__(
        self, assembly: Assembly, store: Store | None, clock: Clock, binder: Binder, rng: random.Random
    ) -> None:
        self._assembly = assembly
        self._store = store
        self._clock = clock
        self._binder = binder
        self._rng = rng

    @classmethod
    @asynccontextmanager
    async def open(
        cls, assembly: Assembly, store: Store | None, *, clock: Clock | None = None, rng: random.Random | None = None
    ) -> AsyncIterator[Runtime]:
        """Open it; clients are opened when first needed and closed at the end. Without a store it can only plan."""
        clock = clock or SystemClock()
        async with Binder(assembly, clock, store) as binder:
            yield cls(assembly, store, clock, binder, rng or random.Random())  # noqa: S311  (jitter, no secret)

    async def run(
        self,
        names: Sequence[str] = (),
        *,
        wait_s: float = 0.0,
        key: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> RunResult:
        """Read the named pipelines once (all enabled ones by default) and deliver until nothing is due within `wait_s`.

        What a person paused, or another process runs, is left alone, and its status says so.

        Cancelling is graceful: what has begun to be sent is finished and journalled first.

        Raises: ConfigError, StoreError; PluginError where a named pipeline is stopped by a plugin.
        """
        store = self._needed_store()
        pipelines = self._chosen(names)
        runs: dict[str, PipelineRun] = {}
        alive = self._alive(pipelines)
        async with store.running([one.name for one in pipelines], self._longest_request(pipelines)) as elsewhere:
            paused = {**await self.paused(names), **elsewhere}
            going = [pipeline for pipeline in pipelines if pipeline.name not in paused]
            credentials = Credentials(self._binder, store, self._clock)
            pauses = Pauses(await credentials.admit(_connections(going)), credentials.refused)
            for pipeline in going:
                runs[pipeline.name] = await self._prepare(pipeline, store.owned(pipeline.name), pauses, progress, alive)
            try:
                async with anyio.create_task_group() as tasks:
                    for run in runs.values():
                        tasks.start_soon(run.run, wait_s, key)
            except BaseExceptionGroup as group:
                raise leaf(group) from None
            await credentials.vouch(pauses.refused)
            if key is None:
                await retain(store, self._clock, self._assembly.retain_payload)
        refused = {name: error.fix or error.message for name, error in pauses.refused.items()}
        return RunResult(await self._results(pipelines, runs, store, paused), self._stopped(names), refused)

    async def paused(self, names: Sequence[str] = ()) -> Mapping[str, str]:
        """Which of the named pipelines a run leaves alone, since a person paused them or a connection, and why."""
        uses = {
            pipeline.name: {pipeline.connection_name, *(route.connection_name for route in pipeline.routes)}
            for pipeline in self._chosen(names)
        }
        return paused(await self._needed_store().pauses(), uses)

    async def plan(self, names: Sequence[str] = (), *, limit: int | None = None, key: str | None = None) -> PlanResult:
        """Say what a run would do; changes nothing anywhere and stores nothing."""
        pipelines = self._chosen(names)
        planners: dict[str, Planner] = {}
        for pipeline in pipelines:
            routes = [await self._binder.route(pipeline, route) for route in pipeline.routes]
            planner = Planner(await self._binder.origin(pipeline), routes, self._store, self._clock)
            await planner.plan(limit, key)
            planners[pipeline.name] = planner
        return PlanResult(
            effects=[effect for planner in planners.values() for effect in planner.effects],
            held=[held for planner in planners.values() for held in planner.held],
            skipped=[skip for planner in planners.values() for skip in planner.skipped],
            read={name: planner.read for name, planner in planners.items()},
            bundles=[bundle for planner in planners.values() for bundle in planner.bundles],
        )

    async def compare(self, deliveries: Sequence[Delivery]) -> AsyncIterator[Compared]:
        """Say what a replay of each would come to; changes nothing anywhere. Raises: CredentialsError, StoreError."""
        store, comparers = self._needed_store(), dict[tuple[str, str], Comparer]()
        for delivery in deliveries:
            place = delivery.pipeline, delivery.route
            if place not in comparers:
                comparers[place] = Comparer(await self._bound(*place), store, self._clock)
            yield await comparers[place].compare(delivery)

    async def _bound(self, pipeline: str, name: str) -> BoundRoute:
        (found,) = self._chosen([pipeline])
        for route in found.routes:
            if route.name == name:
                return await self._binder.route(found, route)
        raise unknown("route", name, [route.name for route in found.routes])

    async def adopt(
        self,
        names: Sequence[str] = (),
        *,
        keep: bool,
        limit: int | None = None,
        key: str | None = None,
        progress: Callable[[Adopting], None] | None = None,
    ) -> Sequence[Adoption]:
        """Link what exists on the other side already, pipeline by pipeline, in the order of the file; sends nothing.

        Without `keep` it only counts, and stores nothing. A pipeline that fails does not stop the others.

        Raises: ConfigError, StoreError; PluginError where a named pipeline is stopped by a plugin.
        """
        pipelines, book = self._chosen(names), LinkBook(self._store)
        async with self._owning(pipelines) if keep else nullcontext():
            return [await self._adopt(pipeline, book, keep, limit, key, progress) for pipeline in pipelines]

    async def _adopt(
        self,
        pipeline: Pipeline,
        book: LinkBook,
        keep: bool,
        limit: int | None,
        key: str | None,
        progress: Callable[[Adopting], None] | None,
    ) -> Adoption:
        routes = [await self._binder.route(pipeline, route) for route in pipeline.routes]
        origin = await self._binder.origin(pipeline)
        store = self._needed_store().owned(pipeline.name) if keep else self._store
        adopter = Adopter(origin, routes, store, self._clock, book, keep=keep, told=progress)
        failure: CrossdockError | None = None
        try:
            await adopter.adopt(limit, key)
        except StoreError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  one pipeline's fault does not stop the others
            found, failed = leaf(error), f"source {origin.source.name} failed: {type(leaf(error)).__name__}"
            failure = found if isinstance(found, CrossdockError) else PluginError(failed)
        return Adoption(pipeline.name, [route.name for route in routes], adopter.read, adopter.findings, failure)

    async def recogniser(self, name: str, route_name: str | None = None) -> Recogniser:
        """What compares a record of a pipeline with what a person links it with.

        Raises: ConfigError where there is no such pipeline or route, or several routes and none is named.
        """
        store, (pipeline,) = self._needed_store(), self._chosen([name])
        names = [route.name for route in pipeline.routes]
        if route_name is None and len(names) > 1:
            raise ConfigError(f"pipeline {name} has several routes", fix=f"write --route {names[0]}, or another one")
        chosen = names[0] if route_name is None else route_name
        route = await self._bound(name, chosen)
        return Recogniser(await self._binder.origin(pipeline), route, store, self._clock)

    async def test_connection(self, name: str) -> TestReport:
        """Ping an account and compare permissions with what the pipelines use. Raises: CrossdockError."""
        if name not in self._assembly.connections:
            raise unknown("connection", name, list(self._assembly.connections))
        connection = self._binder.connection(name)
        return await connection.test(
            (await self._binder.client(name)).reader,
            frozenset(use.rpartition(".")[2] for use in self._assembly.components_of(name)),
        )

    async def examine(self, checks: Sequence[Check]) -> list[Examined]:
        """Look at every account, with what plugins look for: reads only, and stores nothing."""
        return await Examiner(self._assembly, self._binder, checks).examine()

    async def reconcile(self, names: Sequence[str], start: datetime, end: datetime | None, *, look: bool) -> Balance:
        """Compare source and target over a period, with what sinks read back where `look` says so; changes nothing.

        Without an end it is until now, and that more may come is not worth a word.

        Raises: ConfigError, StoreError; PluginError where a named pipeline is stopped by a plugin.
        """
        reconciler = Reconciler(self.workspace(), start, end, look=look)
        balances: list[RouteBalance] = []
        skipped: list[tuple[str, str]] = list(self._stopped(names).items())
        for pipeline in self._chosen(names):
            routes = [await self._binder.route(pipeline, route) for route in pipeline.routes]
            found = await reconciler.reconcile(pipeline, routes)
            if isinstance(found, str):
                skipped.append((pipeline.name, found))
            else:
                balances += found
        return Balance(*reconciler.period, balances, skipped)

    def workspace(self) -> StoreWorkspace:
        """What a plugin's own command works with."""
        return StoreWorkspace(self._assembly, self._store, self._binder, self._clock)

    def _chosen(self, names: Sequence[str]) -> list[Pipeline]:
        """The named pipelines. Raises: PluginError where a plugin stops one of them."""
        for name in names:
            if name in self._assembly.stopped:
                fault = self._assembly.stopped[name]
                raise PluginError(f"pipeline {name} cannot run: {fault.message}", fix=fault.fix)
        return chosen(self._assembly, names, _no_such_pipeline)

    def _stopped(self, names: Sequence[str]) -> dict[str, str]:
        """All that are stopped, unless the caller named others."""
        return {} if names else {name: fault.message for name, fault in self._assembly.stopped.items()}

    def _alive(self, running: Sequence[Pipeline]) -> Alive:
        """What tells the routes that work from those that are gone: their unfinished effects are taken over."""
        working = [*running, *(pipeline for pipeline in self._assembly.pipelines.values() if pipeline.enabled)]
        routes = {(pipeline.name, route.name) for pipeline in working for route in pipeline.routes}
        return lambda pipeline, route: (pipeline, route) in routes or pipeline in self._assembly.stopped

    async def _prepare(
        self,
        pipeline: Pipeline,
        store: Store,
        pauses: Pauses,
        progress: Callable[[Progress], None] | None,
        alive: Alive,
    ) -> PipelineRun:
        routes = [await self._binder.route(pipeline, route) for route in pipeline.routes]
        origin = await self._binder.origin(pipeline)
        return PipelineRun(origin, routes, store, self._clock, pauses, self._rng, progress, alive)

    async def _results(
        self, pipelines: Sequence[Pipeline], runs: dict[str, PipelineRun], store: Store, paused: Mapping[str, str]
    ) -> list[PipelineResult]:
        statuses = await store.status([pipeline.name for pipeline in pipelines])
        return [
            PipelineResult(status, pipeline.customer, runs[pipeline.name].failed, runs[pipeline.name].refused)
            if pipeline.name in runs
            else PipelineResult(replace(status, reason=paused[pipeline.name]), pipeline.customer)
            for pipeline, status in zip(pipelines, statuses, strict=True)
        ]

    @asynccontextmanager
    async def _owning(self, pipelines: Sequence[Pipeline]) -> AsyncIterator[None]:
        """Own all of these pipelines. Raises: StoreError where another process runs one of them."""
        names = [pipeline.name for pipeline in pipelines]
        async with self._needed_store().running(names, self._longest_request(pipelines)) as elsewhere:
            for name, holder in elsewhere.items():
                fix = "let it finish, or name the other pipelines"
                raise StoreError(f"pipeline {name} is in use: {holder}", code="store_in_use", fix=fix)
            yield

    def _longest_request(self, pipelines: Sequence[Pipeline]) -> timedelta:
        names = {route.connection_name for pipeline in pipelines for route in pipeline.routes}
        return max((self._assembly.connections[name].timeout for name in names), default=LONGEST_REQUEST)

    def _needed_store(self) -> Store:
        if self._store is None:
            raise ConfigError("a run needs a store")
        return self._store


def _connections(pipelines: Sequence[Pipeline]) -> list[str]:
    """The connections that these use, each once."""
    used = [[one.connection_name, *(route.connection_name for route in one.routes)] for one in pipelines]
    return list(dict.fromkeys(name for names in used for name in names))


def _no_such_pipeline(name: str, known: Sequence[str]) -> Exception:
    return unknown("pipeline", name, known)
