"""Which deliveries are due, and how lists and stories show them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crossdock.jsonio import loads
from crossdock.store import codec
from crossdock.store.moments import from_micros, from_micros_or_none, to_micros
from crossdock.store.rows import Delivery, DeliveryStory, DeliverySummary, Selection, State
from crossdock.store.sqlite import audit, bundles, effects
from crossdock.store.sqlite.queries import load, slices, widen

_UNSETTLED = frozenset(State) - {State.DELIVERED, State.SKIPPED}


def ready(connection: sqlite3.Connection, pipeline: str, route: str, now: datetime, limit: int) -> list[Delivery]:
    """Deliveries that are due and that no older one of their ordering key blocks."""
    at = to_micros(now)
    rows = connection.execute(load("deliveries")["ready"], (pipeline, route, at, at, limit)).fetchall()
    return [_delivery(row) for row in rows]


def newest(connection: sqlite3.Connection, pipeline: str, route: str, keys: Sequence[str]) -> dict[str, Delivery]:
    """For each key the delivery of its newest revision, in whatever state."""
    sql, found = load("deliveries")["newest"], dict[str, Delivery]()
    for piece in slices(list(dict.fromkeys(keys))):
        for row in connection.execute(widen(sql, len(piece)), (*piece, pipeline, route)).fetchall():
            found[row[4]] = _delivery(row)
    return found


def next_due(connection: sqlite3.Connection, pipeline: str, route: str) -> datetime | None:
    """When the next unblocked delivery falls due that settles by itself."""
    row = connection.execute(load("deliveries")["next_due"], (pipeline, route)).fetchone()
    return None if row is None else from_micros(row[0])


def find(connection: sqlite3.Connection, wanted: Selection, limit: int) -> list[DeliverySummary]:
    """Deliveries by filter, newest first."""
    conditions, values = ["TRUE"], list[Any]()
    listed = {
        "id": wanted.ids,
        "pipeline": wanted.pipelines,
        "route": wanted.routes,
        "state": None if wanted.states is None else [state.value for state in wanted.states],
        "code": wanted.codes,
        "key": None if wanted.key is None else [wanted.key],
    }
    for column, meant in listed.items():
        if meant is not None:
            conditions.append(f"{column} IN ({','.join('?' * len(meant)) or 'NULL'})")
            values += meant
    if wanted.pipelines is None and wanted.key is not None:  # lets the index on (pipeline, key) serve
        conditions.append("pipeline IN (SELECT name FROM pipelines)")
    if wanted.states is not None and _UNSETTLED.issuperset(wanted.states):  # few among many: an index knows them
        conditions.append("id IN (SELECT id FROM deliveries WHERE open IS NOT NULL)")
    for condition, at in (("since >= ?", wanted.since), ("since < ?", wanted.until)):
        if at is not None:
            conditions.append(condition)
            values.append(to_micros(at))
    sql = load("deliveries")["summaries"].replace("{conditions}", " AND ".join(conditions))
    return [to_summary(row) for row in connection.execute(sql, (*values, int(wanted.newest), limit)).fetchall()]


def rows(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Delivery]:
    """Deliveries in whatever state, with their records."""
    sql, found = load("deliveries")["rows"], dict[int, Delivery]()
    for piece in slices(ids):
        for row in connection.execute(widen(sql, len(piece)), piece):
            found[row[0]] = _delivery(row)
    return [found[one] for one in ids if one in found]


def imagined(connection: sqlite3.Connection, route: str, record_ids: Sequence[int]) -> list[Delivery]:
    """What deliveries of these records on a route would be; nothing is stored."""
    sql, found = load("deliveries")["imagined"], dict[int, Delivery]()
    for piece in slices(record_ids):
        for row in connection.execute(widen(sql, len(piece)), (*piece, route)):
            found[row[3]] = _delivery(row)
    return [found[one] for one in record_ids if one in found]


def story(connection: sqlite3.Connection, delivery_id: int) -> DeliveryStory | None:
    """One delivery with everything that was done for it."""
    row = connection.execute(load("deliveries")["summary"], (delivery_id,)).fetchone()
    if row is None:
        return None
    summary = to_summary(row[:-1])
    made = effects.of_delivery(connection, delivery_id)
    refs = [summary.key, str(delivery_id), *(effect.id for effect in made)]
    said = [event for event in audit.about(connection, refs) if event.pipeline in (None, summary.pipeline)]
    carried = dict.fromkeys(effect.carrier_id for effect in made if effect.carrier_id is not None)
    carriers = {one: bundles.carrier(connection, one) for one in carried}
    return DeliveryStory(summary, from_micros(row[-1]), made, said, carriers)


def _delivery(row: tuple[Any, ...]) -> Delivery:
    (
        delivery_id, pipeline, route, record_id, key, ordering_key, revision, state, code, attempts,
        since, read_at, backfill, account, identifiers, packing, body,
    ) = row  # fmt: skip
    return Delivery(
        id=delivery_id,
        pipeline=pipeline,
        route=route,
        record_id=record_id,
        key=key,
        ordering_key=ordering_key,
        revision=revision,
        state=State(state),
        code=code,
        attempts=attempts,
        since=from_micros(since),
        read_at=from_micros(read_at),
        backfill=bool(backfill),
        account=account,
        identifiers=loads(identifiers),
        raw=None if body is None else codec.unpack(packing, body),
    )


def to_summary(row: tuple[Any, ...]) -> DeliverySummary:
    """A row of the summaries' columns."""
    delivery_id, pipeline, route, key, revision, state, code, reason, fix, attempts, since, due_at, deadline = row
    return DeliverySummary(
        id=delivery_id,
        pipeline=pipeline,
        route=route,
        key=key,
        revision=revision,
        state=State(state),
        code=code,
        reason=reason,
        fix=fix,
        attempts=attempts,
        since=from_micros(since),
        due_at=from_micros_or_none(due_at),
        deadline=from_micros_or_none(deadline),
    )
