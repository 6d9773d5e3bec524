"""What a run would do: read, map and plan, and change nothing anywhere."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime

from crossdock import jsonio
from crossdock.clock import Clock
from crossdock.contract.values import Cursor, Effect, Links, Record
from crossdock.engine.imagining import imagined_bundle
from crossdock.engine.intake import Origin
from crossdock.engine.judging import Adopted, Already, Covered, Judge, check_distinct
from crossdock.engine.results import PlannedBundle, PlannedEffect, PlannedHold, PlannedRequest
from crossdock.engine.route import BoundRoute
from crossdock.engine.verdict import Verdict, from_error
from crossdock.http import Request
from crossdock.store.protocol import Store
from crossdock.store.rows import Delivery, State

_OPEN = 10_000
"""How many stored deliveries a plan looks at, at most."""


class Planner:
    """Plans one pipeline. Sources and observations only read; nothing is stored."""

    def __init__(self, origin: Origin, routes: Sequence[BoundRoute], store: Store | None, clock: Clock) -> None:
        self._origin = origin
        self._routes = routes
        self._store = store
        self._clock = clock
        self.read = 0
        self.effects: list[PlannedEffect] = []
        self.bundles: list[PlannedBundle] = []
        self._gathered: dict[str, list[tuple[Delivery, Sequence[Effect]]]] = {route.name: [] for route in routes}
        self.held: list[PlannedHold] = []
        self.skipped: list[tuple[str, str, str]] = []

    async def plan(self, limit: int | None, key: str | None) -> None:
        """Plan what is stored and open, and what a read would bring, `limit` records at most."""
        seen: set[tuple[str, str]] = set()
        if key is None:
            for route in self._routes:
                for delivery in await self._open(route):
                    if limit is None or len(seen) < limit:
                        seen.add((route.name, delivery.key))
                        await self._plan(route, delivery)
        async for record in self._records(key):
            if limit is not None and self.read >= limit:
                break
            self.read += 1
            for route in self._routes:
                if (route.name, record.key) not in seen:
                    seen.add((route.name, record.key))
                    await self._plan(route, imagined(self._origin, route, record, self._clock.now()))
        for route in self._routes:
            for gathered in _together(self._gathered[route.name], route.sink.bulk):
                self._bundle(route, gathered)

    async def _open(self, route: BoundRoute) -> Sequence[Delivery]:
        if self._store is None:
            return ()
        ready = await self._store.ready(route.pipeline, route.name, now=self._clock.now(), limit=_OPEN)
        return [delivery for delivery in ready if delivery.state is not State.ATTEMPTED]

    async def _records(self, key: str | None) -> AsyncIterator[Record]:
        if key is not None:
            record = await self._origin.source.fetch(key)
            if record is not None:
                yield record
            return
        row = await self._store.cursor(self._origin.pipeline) if self._store else None
        cursor = Cursor(value=None if row is None else row.value, now=await self._origin.http.vendor_now())
        async for batch in self._origin.source.read(cursor):
            for record in batch.records:
                yield record

    async def _plan(self, route: BoundRoute, delivery: Delivery) -> None:
        links = await self._links(route, delivery)
        judge = Judge(route, self._store, self._clock, look="never")
        try:
            documents = route.documents(jsonio.loads(delivery.raw or b"null"), route.context(delivery.key, links))
            planned = [await judge.plan(delivery, document, links) for document in documents]
            check_distinct([one.effect for one in planned])
            new = []
            for one in planned:
                judged = await judge.judge(delivery, one, links)
                if isinstance(judged, Already | Adopted | Covered):
                    self.skipped.append((route.pipeline, delivery.key, "already in effect"))
                else:
                    self.effects.append(_planned(route, delivery, one.effect))
                    new.append(one.effect)
            if new and route.bundles:
                self._gathered[route.name].append((delivery, new))
        except Exception as error:  # noqa: BLE001  what a run would hold, a plan names
            self._explain(route, delivery, error)

    def _bundle(self, route: BoundRoute, gathered: Sequence[tuple[Delivery, Sequence[Effect]]]) -> None:
        effects = [effect for _, planned in gathered for effect in planned]
        try:
            carrier = imagined_bundle(route, effects, self._clock.now())
        except Exception as error:  # noqa: BLE001  what a run would hold, a plan names
            for delivery, _ in gathered:
                self._explain(route, delivery, error)
            return
        requests = tuple(to_planned(request) for request in carrier.steps)
        keys = tuple(effect.key for effect in effects)
        self.bundles.append(PlannedBundle(route.pipeline, route.name, keys, requests))

    async def _links(self, route: BoundRoute, delivery: Delivery) -> Links:
        if self._store is None:
            return Links()
        ids = {delivery.key: (delivery.key, *delivery.identifiers.values())}
        found = await self._store.links(route.source_connection.identity, route.account, ids)
        return found.get(delivery.key, Links())

    def _explain(self, route: BoundRoute, delivery: Delivery, error: Exception) -> None:
        verdict = from_error(error, at_plugin=route.sink_name)
        if verdict.state is State.SKIPPED:
            self.skipped.append((route.pipeline, delivery.key, verdict.reason or ""))
            return
        self.held.append(to_hold(delivery, verdict))


def _together(
    gathered: Sequence[tuple[Delivery, Sequence[Effect]]], most: int
) -> Iterator[list[tuple[Delivery, Sequence[Effect]]]]:
    """What goes with the same bundle: the effects of one delivery always do."""
    bundle, size = list[tuple[Delivery, Sequence[Effect]]](), 0
    for delivery, effects in gathered:
        if bundle and size + len(effects) > most:
            yield bundle
            bundle, size = [], 0
        bundle.append((delivery, effects))
        size += len(effects)
    if bundle:
        yield bundle


def imagined(origin: Origin, route: BoundRoute, record: Record, at: datetime) -> Delivery:
    """The delivery that a record would become; a plan never looks first, so `backfill` does not matter."""
    return Delivery(
        id=0,
        pipeline=route.pipeline,
        route=route.name,
        record_id=0,
        key=record.key,
        ordering_key=record.ordering_key or record.key,
        revision=0,
        state=State.PENDING,
        code=None,
        attempts=0,
        since=at,
        read_at=at,
        backfill=False,
        account=origin.connection.identity,
        identifiers=record.identifiers,
        raw=jsonio.dumps(record.raw),
    )


def _planned(route: BoundRoute, delivery: Delivery, effect: Effect) -> PlannedEffect:
    requests = tuple(to_planned(request) for request in effect.steps)
    return PlannedEffect(route.pipeline, route.name, delivery.key, effect.key, requests)


def to_hold(delivery: Delivery, verdict: Verdict) -> PlannedHold:
    """What a run would hold, or give up."""
    return PlannedHold(delivery.pipeline, delivery.key, verdict.code or "", verdict.reason or "", verdict.fix or "")


def to_planned(request: Request) -> PlannedRequest:
    """A request as a plan shows it."""
    digest = hashlib.sha256(request.content).hexdigest()
    return PlannedRequest(request.method, str(request.url), tuple(request.headers.items()), request.content, digest)
