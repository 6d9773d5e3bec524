"""Comparing what a person links by hand with what would be made; reads only."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock.clock import Clock
from crossdock.contract.values import Absent, Begun, CannotTell, Conflict, Done, Effect, Link, Receipt, Ref
from crossdock.engine.byhand import mark
from crossdock.engine.intake import Origin, check_record
from crossdock.engine.judging import Judge, Planned, check_distinct
from crossdock.engine.linkbook import LinkBook
from crossdock.engine.planning import imagined
from crossdock.engine.route import BoundRoute
from crossdock.engine.stored import loads_record
from crossdock.errors import ConfigError, CrossdockError
from crossdock.store.protocol import Store
from crossdock.store.rows import Delivery


@dataclass(frozen=True, slots=True)
class Recognised:
    """The link that a person means, and what speaks against it."""

    link: Link
    problem: str | None = None
    fix: str | None = None


class Recogniser:
    """Finds out what a record of one route is linked with."""

    def __init__(self, origin: Origin, route: BoundRoute, store: Store, clock: Clock) -> None:
        self._origin = origin
        self._route = route
        self._store = store
        self._clock = clock
        self._judge = Judge(route, store, clock, look="never")
        self._book = LinkBook(store)

    async def recognise(self, key: str, name: str, kind: str | None) -> Recognised:
        """The link of a record with the thing that goes by `name`; `kind` where the sink cannot compare.

        Raises: ConfigError where there is no such record or thing, or where the record is linked already.
        """
        delivery = await self._delivery(key)
        planned = await self._plan(delivery)
        own = Ref(delivery.account, self._route.source.entity, delivery.key)
        linked = any(link.near == own for link in await self._book.of(self._route, delivery))
        for one in planned:
            if one.latest is not None and (linked or one.latest.receipt is None):
                raise _taken(one, key)
        faults = []
        for one in planned:
            found = await self._compare(one.effect, name, kind)
            if isinstance(found, Receipt):
                return self._recognised(delivery, one.effect, found)
            faults.append(found)
        raise ConfigError(f"{name} is not what {key} is to be linked with: {'; '.join(faults)}", code="not_recognised")

    async def _delivery(self, key: str) -> Delivery:
        stored = await self._store.newest_deliveries(self._route.pipeline, self._route.name, [key])
        if key in stored and stored[key].raw is not None:
            return stored[key]
        record = await self._origin.source.fetch(key)
        if record is None:
            raise ConfigError(
                f"pipeline {self._route.pipeline} reads no {self._origin.source.entity} {key!r}",
                fix="write its key as `crossdock deliveries` or the other system shows it",
                code="unknown_name",
            )
        check_record(record, self._origin.source.name)
        return imagined(self._origin, self._route, record, self._clock.now())

    async def _plan(self, delivery: Delivery) -> list[Planned]:
        links = await self._book.of(self._route, delivery)
        context = self._route.context(delivery.key, links, adopting=True)
        documents = self._route.documents(loads_record(delivery), context)
        planned = [await self._judge.plan(delivery, document, links) for document in documents]
        check_distinct([one.effect for one in planned])
        return planned

    async def _compare(self, effect: Effect, name: str, kind: str | None) -> Receipt | str:
        sink = self._route.sink
        if not sink.can_recognise():
            if kind is not None:
                return Receipt(kind, name)
            raise ConfigError(
                f"{self._route.sink_name} cannot compare what is linked by hand",
                fix="say with --kind what it is there, as a receipt of this sink calls it; its lines follow by "
                "`crossdock links lines`",
                code="not_recognised",
            )
        match await sink.recognise(effect, name):
            case Done(receipt):
                return receipt
            case Absent():
                return "there is nothing of that name"
            case Conflict(differences):
                return "; ".join(differences)
            case Begun():
                return "it was begun, and how it ended is open"
            case CannotTell(reason):
                return reason

    def _recognised(self, delivery: Delivery, effect: Effect, receipt: Receipt) -> Recognised:
        link = Link(
            near=Ref(delivery.account, self._route.source.entity, delivery.key),
            far=Ref(self._route.account, receipt.kind, receipt.id),
            lines=dict(receipt.lines),
            detail=mark(self._route.sink_name, effect.key, receipt),
        )
        speaks = receipt.attention
        return Recognised(link) if speaks is None else Recognised(link, speaks.message, speaks.fix)


def _taken(planned: Planned, key: str) -> CrossdockError:
    made = planned.latest.receipt if planned.latest is not None else None
    what = "and a run is at work on it" if made is None else f"as {made.kind} {made.id}"
    return ConfigError(
        f"{key} is in effect already, {what}",
        fix=f"`crossdock links show {key}` shows its link; take that away first if it is wrong",
        code="already_linked",
    )
