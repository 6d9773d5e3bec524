"""Which deliveries a person means, and taking them up again."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crossdock.cli.outline import Outline
from crossdock.clock import SystemClock
from crossdock.errors import ConfigError
from crossdock.store.protocol import Store
from crossdock.store.rows import Delivery, DeliverySummary, Selection, State

_MOST = 1_000_000
_CHUNK = 200
"""How many are marked in one transaction."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is meant."""

    deliveries: Sequence[DeliverySummary]
    """What can be taken up again, newest first."""
    refused: Sequence[DeliverySummary] = ()
    """Named, and cannot be: it is under way, was discarded, or a newer revision took its place."""
    missing: Mapping[tuple[str, str], Sequence[int]] = field(default_factory=dict)
    """By pipeline and route: stored records without a delivery there."""

    @property
    def count(self) -> int:
        """How many deliveries will be due."""
        return len(self.deliveries) + sum(len(records) for records in self.missing.values())

    @property
    def states(self) -> Mapping[str, int]:
        """How many are in which state."""
        return Counter(one.state.value for one in self.deliveries)


def to_selection(outline: Outline, ids: Sequence[int], filters: Mapping[str, Any]) -> Selection:
    """What the options say. Raises: ConfigError where the file has no such pipeline or route."""
    if ids:
        return Selection(ids=ids)
    pipelines, routes = filters["pipelines"] or tuple(outline.customers), filters["routes"]
    for name in pipelines:
        if name not in outline.customers:
            fix = _nearest(name, tuple(outline.customers))
            raise ConfigError(f"there is no pipeline {name!r}", fix=fix, code="unknown_pipeline")
    for name in routes:
        known = [route for one in pipelines for route in outline.routes.get(one, ())]
        if name not in known:
            raise ConfigError(f"there is no route {name!r}", fix=_nearest(name, known), code="unknown_route")
    return Selection(
        pipelines=pipelines,
        routes=routes or None,
        states=[State(state) for state in filters["states"]] or None,
        codes=filters["codes"] or None,
        key=filters["key"],
        since=filters["since"],
        until=filters["until"],
    )


async def choose(store: Store, outline: Outline, wanted: Selection) -> Chosen:
    """Find what is meant. Raises: ConfigError where a number is none, or its pipeline left the file."""
    if wanted.ids is not None:
        return await _named(store, outline, wanted.ids)
    usual = replace(wanted, states=wanted.states or (State.HELD, State.DEAD), newest=True)
    found = [one for one in await store.deliveries(usual, limit=_MOST) if _has(outline, one)]
    if not wanted.routes or wanted.states or wanted.codes:
        return Chosen(found)
    places = [
        (pipeline, route)
        for pipeline in wanted.pipelines or ()
        for route in outline.routes.get(pipeline, ())
        if route in wanted.routes
    ]
    missing = {place: await store.missing(*place, wanted) for place in places}
    return Chosen(found, missing={place: records for place, records in missing.items() if records})


async def _named(store: Store, outline: Outline, ids: Sequence[int]) -> Chosen:
    every = {one.id: one for one in await store.deliveries(Selection(ids=ids), limit=len(ids))}
    for one in ids:
        if one not in every:
            fix = "`crossdock deliveries` lists them"
            raise ConfigError(f"there is no delivery {one}", fix=fix, code="unknown_delivery")
    refuse_gone(outline, list(every.values()))
    settled = (State.HELD, State.DEAD, State.DELIVERED, State.SKIPPED)
    newest = await store.deliveries(Selection(ids=ids, states=settled, newest=True), limit=len(ids))
    can = {one.id for one in newest}
    return Chosen([every[one] for one in ids if one in can], [every[one] for one in ids if one not in can])


def refuse_gone(outline: Outline, deliveries: Sequence[DeliverySummary]) -> None:
    """Raises: ConfigError where the file has no such pipeline or route any more: nothing would work on them."""
    for one in deliveries:
        if not _has(outline, one):
            route = f"route {one.route} of pipeline {one.pipeline}"
            fix = f"`crossdock deliveries --key {one.key}` shows what became of it elsewhere; or bring the route back"
            message = f"delivery {one.id} is of {route}, which the file does not have"
            raise ConfigError(message, fix=fix, code="route_gone")


def _has(outline: Outline, delivery: DeliverySummary) -> bool:
    return delivery.route in outline.routes.get(delivery.pipeline, ())


async def rows(store: Store, chosen: Chosen, limit: int) -> list[Delivery]:
    """The first of them with their records: what is stored, and what would be."""
    found = list(await store.delivery_rows([one.id for one in chosen.deliveries[:limit]]))
    for (_, route), records in chosen.missing.items():
        found += await store.imagined(route, records[: limit - len(found)])
    return found


async def mark(store: Store, chosen: Chosen, *, reason: str, actor: str) -> int:
    """Make them due, some hundred at once. How many are."""
    at, ids, done = SystemClock().now(), [one.id for one in reversed(chosen.deliveries)], 0
    for start in range(0, len(ids), _CHUNK):
        # What was settled otherwise since it was counted is left alone.
        still = Selection(
            ids=ids[start : start + _CHUNK], states=[*{one.state for one in chosen.deliveries}], newest=True
        )
        there = sorted(one.id for one in await store.deliveries(still, limit=_CHUNK))
        done += len(await store.replay(there, reason=reason, actor=actor, at=at))
    for (pipeline, route), records in chosen.missing.items():
        for start in range(0, len(records), _CHUNK):
            piece = records[start : start + _CHUNK]
            done += await store.fill(pipeline, route, piece, reason=reason, actor=actor, at=at)
    return done


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"write {near[0]}" if near else f"the file has: {', '.join(dict.fromkeys(known)) or 'none'}"
