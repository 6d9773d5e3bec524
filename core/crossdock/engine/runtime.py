"""The engine's front: what the command line and the daemon call."""

from __future__ import annotations

import difflib
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import anyio

from crossdock.checking import Assembly, Pipeline
from crossdock.clock import Clock, SystemClock
from crossdock.contract.connection import TestReport
from crossdock.engine.binding import Binder, chosen
from crossdock.engine.dispatching import Pauses
from crossdock.engine.planning import Planner
from crossdock.engine.results import PipelineResult, PlanResult, Progress, RunResult
from crossdock.engine.running import PipelineRun
from crossdock.errors import ConfigError, CrossdockError
from crossdock.store.protocol import Store


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

        Cancelling is graceful: what has begun to be sent is finished and journalled first.

        Raises: ConfigError, StoreError.
        """
        store = self._needed_store()
        pipelines = chosen(self._assembly, names, _no_such_pipeline)
        pauses = Pauses()
        runs: dict[str, PipelineRun] = {}
        async with store.running([pipeline.name for pipeline in pipelines]):
            for pipeline in pipelines:
                runs[pipeline.name] = await self._prepare(pipeline, store, pauses, progress)
            try:
                async with anyio.create_task_group() as tasks:
                    for run in runs.values():
                        tasks.start_soon(run.run, wait_s, key)
            except BaseExceptionGroup as group:
                raise _first(group) from None
        return RunResult(await self._results(pipelines, runs, store))

    async def plan(self, names: Sequence[str] = (), *, limit: int | None = None, key: str | None = None) -> PlanResult:
        """Say what a run would do; changes nothing anywhere and stores nothing."""
        pipelines = chosen(self._assembly, names, _no_such_pipeline)
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
        )

    async def test_connection(self, name: str) -> TestReport:
        """Ping an account and compare permissions with what the pipelines use. Raises: CrossdockError."""
        if name not in self._assembly.connections:
            raise _unknown("connection", name, list(self._assembly.connections))
        connection = self._binder.connection(name)
        return await connection.test(await self._binder.client(name), frozenset(self._used(name)))

    def _used(self, connection: str) -> list[str]:
        used = []
        for pipeline in self._assembly.pipelines.values():
            if pipeline.connection_name == connection:
                used.append(pipeline.source.name)
            used += [route.sink.name for route in pipeline.routes if route.connection_name == connection]
        return used

    async def _prepare(
        self, pipeline: Pipeline, store: Store, pauses: Pauses, progress: Callable[[Progress], None] | None
    ) -> PipelineRun:
        routes = [await self._binder.route(pipeline, route) for route in pipeline.routes]
        origin = await self._binder.origin(pipeline)
        return PipelineRun(origin, routes, store, self._clock, pauses, self._rng, progress)

    async def _results(
        self, pipelines: Sequence[Pipeline], runs: dict[str, PipelineRun], store: Store
    ) -> list[PipelineResult]:
        statuses = await store.status([pipeline.name for pipeline in pipelines])
        return [
            PipelineResult(status, pipeline.customer, runs[pipeline.name].failed, runs[pipeline.name].refused)
            for pipeline, status in zip(pipelines, statuses, strict=True)
        ]

    def _needed_store(self) -> Store:
        if self._store is None:
            raise ConfigError("a run needs a store")
        return self._store


def _no_such_pipeline(name: str, known: Sequence[str]) -> Exception:
    return _unknown("pipeline", name, known)


def _unknown(what: str, name: str, known: Sequence[str]) -> ConfigError:
    near = difflib.get_close_matches(name, known, n=1)
    fix = f"write {near[0]}" if near else f"the file has: {', '.join(known) or 'none'}"
    return ConfigError(f"there is no {what} {name!r}", fix=fix, code=f"unknown_{what}")


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The fault that ended a run: one of ours where there is one, else whatever came first."""
    leaves = list(_leaves(group))
    return next((leaf for leaf in leaves if isinstance(leaf, CrossdockError)), leaves[0])


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
