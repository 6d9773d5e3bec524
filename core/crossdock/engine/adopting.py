"""At go-live: find what exists on the other side already, and link it. Nothing is ever sent."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import anyio

from crossdock import jsonio
from crossdock.clock import Clock
from crossdock.contract.values import Batch, Cursor, Notice, Record
from crossdock.engine.intake import Origin, check_record, closing
from crossdock.engine.judging import NO_PROBE, Adopted, Already, Covered, Judge, Judgement, New, check_distinct
from crossdock.engine.linkbook import LinkBook
from crossdock.engine.planning import imagined
from crossdock.engine.results import Adopting, Fate, Finding
from crossdock.engine.route import BoundRoute
from crossdock.engine.settling import Closing, adopted_verdict, adoptions, link_of
from crossdock.engine.verdict import Verdict, from_error
from crossdock.errors import StoreError, TransientError
from crossdock.http import LOST
from crossdock.store.protocol import Store
from crossdock.store.rows import Change, Delivery, Intake, State

_MOST = 100_000
"""How many stored deliveries are looked at, at most."""
_LOOKS = 3
"""How often to look where looking fails."""
_BETWEEN_S = 2.0
_OPEN = (State.PENDING, State.WAITING, State.HELD)

CONFLICT = "conflict"
"""The code of a hold that says what differs on the other side."""


@dataclass(frozen=True, slots=True)
class _Sighting:
    """What was seen of one delivery. `verdict` says why nothing could be planned, or what differs."""

    route: BoundRoute
    delivery: Delivery
    record: Record | None
    judged: Sequence[Judgement] = ()
    notices: Sequence[Notice] = ()
    verdict: Verdict | None = None

    @property
    def adopted(self) -> list[Adopted]:
        return [one for one in self.judged if isinstance(one, Adopted)]

    @property
    def complete(self) -> bool:
        """Whether all of it is in effect."""
        return all(isinstance(one, Adopted | Already | Covered) for one in self.judged)

    @property
    def differs(self) -> bool:
        return self.verdict is not None and self.verdict.code == CONFLICT


class Adopter:
    """Adopts for one pipeline. Without `keep` it only counts: nothing is stored.

    What is there is stored with its link, as a run stores it that finds it. What differs is held. What is absent is not
    written down, and the cursor stays: the next run reads it again, and makes it.
    """

    def __init__(
        self,
        origin: Origin,
        routes: Sequence[BoundRoute],
        store: Store | None,
        clock: Clock,
        book: LinkBook,
        *,
        keep: bool,
        told: Callable[[Adopting], None] | None = None,
    ) -> None:
        self.read = 0
        self.findings: list[Finding] = []
        self._origin = origin
        self._routes = routes
        self._store = store
        self._clock = clock
        self._book = book
        self._keeping = keep
        self._told = told
        self._counted: Counter[str] = Counter()
        self._judges = {route.name: Judge(route, store, clock, look="always") for route in routes}
        self._limits = {route.name: anyio.CapacityLimiter(route.max_in_flight) for route in routes}

    async def adopt(self, limit: int | None, key: str | None) -> None:
        """Look at what is stored and open, and at what a read brings; `limit` records at most.

        Raises: what the source raises, CredentialsError, StoreError; what was linked before is stored.
        """
        seen: set[str] = set()
        for route in self._routes if key is None else ():
            stored = (await self._stored(route))[:limit]
            seen.update(delivery.key for delivery in stored)
            await self._look_at([(route, delivery, None) for delivery in stored])
        async with closing(self._batches(key)) as batches:
            async for batch in batches:
                left = None if limit is None else limit - self.read
                if left is not None and left <= 0:
                    return
                records = batch.records[:left]
                self.read += len(records)
                await self._look_at([
                    (route, imagined(self._origin, route, record, self._clock.now()), record)
                    for record in records
                    if record.key not in seen
                    for route in self._routes
                ])  # fmt: skip

    async def _stored(self, route: BoundRoute) -> list[Delivery]:
        if self._store is None:
            return []
        found = await self._store.deliveries(pipelines=[route.pipeline], states=_OPEN, limit=_MOST)
        keys = [summary.key for summary in reversed(found) if summary.route == route.name]
        newest = await self._store.newest_deliveries(route.pipeline, route.name, keys)
        return [newest[key] for key in dict.fromkeys(keys) if newest[key].state in _OPEN]

    async def _batches(self, key: str | None) -> AsyncIterator[Batch]:
        if key is not None:
            record = await self._origin.source.fetch(key)
            yield Batch([] if record is None else [record])
            return
        row = await self._store.cursor(self._origin.pipeline) if self._store else None
        cursor = Cursor(value=None if row is None else row.value, now=await self._origin.http.vendor_now())
        async with closing(self._origin.source.read(cursor)) as batches:
            async for batch in batches:
                yield batch

    # ------------------------------------------------------------ looking

    async def _look_at(self, wanted: Sequence[tuple[BoundRoute, Delivery, Record | None]]) -> None:
        sightings: dict[int, _Sighting] = {}

        async def look(place: int, route: BoundRoute, delivery: Delivery, record: Record | None) -> None:
            async with self._limits[route.name]:
                sightings[place] = await self._sight(route, delivery, record)
            self._find(sightings[place])

        for _, _, record in wanted:
            if record is not None:
                check_record(record, self._origin.source.name)
        async with anyio.create_task_group() as tasks:
            for place, (route, delivery, record) in enumerate(wanted):
                tasks.start_soon(look, place, route, delivery, record)
        found = [sightings[place] for place in sorted(sightings)]
        if self._keeping:
            await self._keep([one for one in found if one.adopted or one.differs])
        else:
            for one in found:
                for adopted in one.adopted:
                    self._book.imagine(link_of(one.route, one.delivery, adopted.receipt))
        lost = next((one.verdict for one in found if one.verdict is not None and one.verdict.code == LOST), None)
        if lost is not None:  # nobody answers there now: the rest would only wait
            raise TransientError(lost.reason or "the connection is lost", code=LOST, fix=lost.fix)

    async def _sight(self, route: BoundRoute, delivery: Delivery, record: Record | None) -> _Sighting:
        """What a run would find; where it would do nothing, or finds a difference: what was made at an earlier time."""
        plain = await self._sight_patiently(route, delivery, record, adopting=False)
        if plain.verdict is None or not (plain.differs or plain.verdict.state is State.SKIPPED):
            return plain
        earlier = await self._sight_patiently(route, delivery, record, adopting=True)
        return earlier if earlier.adopted and earlier.complete else plain

    async def _sight_patiently(
        self, route: BoundRoute, delivery: Delivery, record: Record | None, *, adopting: bool
    ) -> _Sighting:
        for number in range(_LOOKS):
            sighting = await self._sight_once(route, delivery, record, adopting)
            if sighting.verdict is None or not sighting.verdict.retry or sighting.verdict.code in (LOST, NO_PROBE):
                break
            if number + 1 < _LOOKS:
                await self._clock.sleep(min(sighting.verdict.retry_after or _BETWEEN_S, 30.0))
        return sighting

    async def _sight_once(
        self, route: BoundRoute, delivery: Delivery, record: Record | None, adopting: bool
    ) -> _Sighting:
        judge, links = self._judges[route.name], await self._book.of(route, delivery)
        context = route.context(delivery.key, links, adopting=adopting)
        try:
            documents = route.documents(jsonio.loads(delivery.raw or b"null"), context)
            planned = [await judge.plan(delivery, document, links) for document in documents]
            check_distinct([one.effect for one in planned])
            judged = [await judge.judge(delivery, one, links) for one in planned]
        except Exception as error:  # noqa: BLE001  what a run would hold is counted as such
            return _Sighting(route, delivery, record, verdict=from_error(error, at_plugin=route.sink_name))
        return _Sighting(route, delivery, record, judged, context.notices)

    # ------------------------------------------------------------ keeping

    async def _keep(self, sightings: Sequence[_Sighting]) -> None:
        """Store the records of these, and what was found of each."""
        records = {one.record.key: one.record for one in sightings if one.record is not None}
        if records:
            await self._stage(list(records.values()))
        for route in self._routes:
            mine = [one for one in sightings if one.route is route]
            newest = await self._newest(route, [one.delivery.key for one in mine])
            for one in mine:
                delivery = newest.get(one.delivery.key)
                if delivery is not None and _same_content(delivery, one.delivery):
                    await self._apply(one, delivery)

    async def _stage(self, records: Sequence[Record]) -> None:
        assert self._store is not None  # noqa: S101  (to keep something takes a store)
        await self._store.stage(
            Intake(
                pipeline=self._origin.pipeline,
                account=self._origin.connection.identity,
                entity=self._origin.source.entity,
                every=self._origin.source.every,
                routes=self._origin.routes,
                records=records,
                at=self._clock.now(),
                backfill=True,
            )
        )

    async def _newest(self, route: BoundRoute, keys: Sequence[str]) -> Mapping[str, Delivery]:
        assert self._store is not None  # noqa: S101
        return await self._store.newest_deliveries(route.pipeline, route.name, keys)

    async def _apply(self, sighting: _Sighting, delivery: Delivery) -> None:
        assert self._store is not None  # noqa: S101
        try:
            await self._store.apply(self._change(sighting, delivery))
        except StoreError as error:
            if error.code not in ("effect_exists", "fact_covered", "delivery_settled"):
                raise  # else somebody else wrote it down meanwhile

    def _change(self, sighting: _Sighting, delivery: Delivery) -> Change:
        route, at = sighting.route, self._clock.now()
        adopted = [
            replace(one, effect=replace(one.effect, delivery_id=delivery.id, record_id=delivery.record_id))
            for one in sighting.adopted
        ]
        effects = [one.effect for one in adopted]
        links = [(one.effect.id, link_of(route, delivery, one.receipt)) for one in adopted]
        events = adoptions(delivery, adopted)
        if delivery.state not in _OPEN or (sighting.verdict is None and not sighting.complete):
            return Change(effects=effects, links=links, audit=events)  # the next run makes the rest
        verdict = sighting.verdict or adopted_verdict([one.receipt for one in adopted])
        _, change = Closing(route, random.Random()).change(  # noqa: S311  (no retry here, hence no jitter)
            delivery, verdict, at, effects=effects, links=links, notices=sighting.notices, events=events
        )
        return change

    # ------------------------------------------------------------ telling

    def _find(self, sighting: _Sighting) -> None:
        found = _findings(sighting)
        self.findings += found
        self._counted.update(one.fate.value for one in found)
        if self._told is not None:
            self._told(Adopting(self._origin.pipeline, dict(self._counted)))


def _findings(sighting: _Sighting) -> list[Finding]:
    route, delivery = sighting.route, sighting.delivery
    of = Finding(route.pipeline, route.name, delivery.key, Fate.HELD)
    if sighting.verdict is not None:
        verdict = sighting.verdict
        fate = Fate.DIFFERS if sighting.differs else _FATES.get(verdict.state, Fate.UNCLEAR)
        return [replace(of, fate=fate, code=verdict.code, reason=verdict.reason, fix=verdict.fix)]
    return [_finding(of, one, route) for one in sighting.judged]


_FATES = {
    State.SKIPPED: Fate.SKIPPED,
    State.WAITING: Fate.WAITING,
    State.HELD: Fate.HELD,
    State.DEAD: Fate.HELD,
}


def _finding(of: Finding, judgement: Judgement, route: BoundRoute) -> Finding:
    match judgement:
        case Adopted(effect, receipt):
            return replace(of, fate=Fate.LINKED, effect_key=effect.key, kind=receipt.kind, id=receipt.id)
        case Already(row):
            return replace(of, fate=Fate.KNOWN, effect_key=row.key)
        case Covered(by):
            return replace(of, fate=Fate.KNOWN, effect_key=by[0])
        case New(effect) if effect.version > 1 or route.sink.can_probe():
            return replace(of, fate=Fate.ABSENT, effect_key=effect.key)
        case New(effect):
            cannot, fix = f"{route.sink_name} cannot look", "link it by hand: `crossdock links add`"
            return replace(of, fate=Fate.UNCLEAR, effect_key=effect.key, code=NO_PROBE, reason=cannot, fix=fix)
    begun = "a run has begun to make it; the next one finds out what became of it"
    return replace(of, fate=Fate.UNCLEAR, code="in_progress", reason=begun)


def _same_content(stored: Delivery, seen: Delivery) -> bool:
    """Whether the newest stored revision is what was looked at: what is older than that is none of its business."""
    return stored.raw is not None and seen.raw is not None and (
        stored.raw == seen.raw
        or jsonio.canonical(jsonio.loads(stored.raw)) == jsonio.canonical(jsonio.loads(seen.raw))
    )  # fmt: skip
