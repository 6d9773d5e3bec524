"""Taking deliveries up again: all that wait where the definition changed, and single ones that a person replays."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from crossdock.errors import StoreError
from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import COMPARE, AuditEvent, Decision, DeliverySummary, Selection, State
from crossdock.store.sqlite import audit, deliveries
from crossdock.store.sqlite.queries import load


def note_definition(connection: sqlite3.Connection, pipeline: str, route: str, fingerprint: str, at: datetime) -> int:
    """Keep what a route is made of; where that changed, what is held or waiting falls due. How many did.

    What was skipped as not ours, and has a link since, falls due, too: it was read just before the link was written.
    """
    sql, moment = load("reworking"), to_micros(at)
    linked = connection.execute(sql["link_arrived"], (moment, moment, pipeline, route)).rowcount
    row = connection.execute(sql["fingerprint"], (pipeline, route)).fetchone()
    if row is not None and row[0] == fingerprint:
        return linked
    connection.execute(sql["keep_fingerprint"], (pipeline, route, fingerprint))
    return linked + connection.execute(sql["make_due"], (moment, pipeline, route, moment)).rowcount


def replay(
    connection: sqlite3.Connection, ids: Sequence[int], reason: str, actor: str, at: datetime
) -> list[DeliverySummary]:
    """Make deliveries due again, all or none.

    Raises: StoreError where one is under way or was discarded, or where a newer revision took over.
    """
    return [_replay(connection, one, reason, actor, at) for one in ids]


def _replay(connection: sqlite3.Connection, delivery_id: int, reason: str, actor: str, at: datetime) -> DeliverySummary:
    summary = _known(connection, delivery_id)
    if summary.state not in _REPLAYED or summary.code == "discarded":
        stands = "was discarded" if summary.code == "discarded" else f"is {summary.state}: it is worked on anyway"
        raise StoreError(
            f"delivery {delivery_id} {stands}",
            code="delivery_not_settled",
            fix="`crossdock deliveries --state held --state dead` lists those that need a person",
        )
    sql, moment = load("reworking"), to_micros(at)
    if connection.execute(sql["newer"], (delivery_id,)).fetchone():
        raise StoreError(
            f"delivery {delivery_id} is of revision {summary.revision}; a newer one of {summary.key} took its place",
            code="delivery_superseded",
            fix=f"`crossdock deliveries --key {summary.key}` shows the newest: replay that one",
        )
    connection.execute(sql["reopen"], (f"replayed by {actor}: {reason}", moment, moment, delivery_id))
    connection.execute(sql["forget_decision"], (delivery_id,))
    if summary.state in (State.DELIVERED, State.SKIPPED):
        _decide(connection, delivery_id, Decision(COMPARE, actor, reason, at))
    _note(connection, "delivery.replayed", summary, reason, actor, at)
    return summary


_REPLAYED = (State.HELD, State.DEAD, State.DELIVERED, State.SKIPPED)


def decision(connection: sqlite3.Connection, delivery_id: int) -> Decision | None:
    """What a person decided of a delivery."""
    row = connection.execute(load("reworking")["decision"], (delivery_id,)).fetchone()
    if row is None:
        return None
    choice, actor, reason, at, ref, insist = row
    return Decision(choice, actor, reason, from_micros(at), ref, bool(insist))


def agreed(connection: sqlite3.Connection, effect_id: str) -> int | None:
    """The record that an effect stands for, too."""
    row = connection.execute(load("reworking")["agreed"], (effect_id,)).fetchone()
    return None if row is None else int(row[0])


def resolve(connection: sqlite3.Connection, delivery_id: int, decided: Decision) -> DeliverySummary:
    """Keep what a person decided of a held or dead delivery, and make it due.

    Raises: StoreError where it is neither.
    """
    summary, moment = _held_or_dead(connection, delivery_id, "resolved"), to_micros(decided.at)
    told = f"resolved by {decided.actor} as {decided.choice}: {decided.reason}"
    connection.execute(load("reworking")["resolve"], (told, moment, moment, delivery_id))
    _decide(connection, delivery_id, decided)
    more: dict[str, str | bool] = {"choice": decided.choice}
    if decided.ref is not None:
        more["ref"] = decided.ref
    if decided.insist:
        more["insist"] = True
    _note(connection, "delivery.resolved", summary, decided.reason, decided.actor, decided.at, **more)
    return summary


def _decide(connection: sqlite3.Connection, delivery_id: int, decided: Decision) -> None:
    moment = to_micros(decided.at)
    row = (delivery_id, decided.choice, decided.actor, decided.reason, moment, decided.ref, int(decided.insist))
    connection.execute(load("reworking")["decide"], row)


def missing(connection: sqlite3.Connection, pipeline: str, route: str, wanted: Selection) -> list[int]:
    """The newest revisions of stored records that have no delivery on a route, oldest first."""
    conditions, values = ["TRUE"], list[object]()
    bounds = (("r.read_at >= ?", wanted.since), ("r.read_at < ?", wanted.until))
    for condition, value in (("r.key = ?", wanted.key), *((one, at and to_micros(at)) for one, at in bounds)):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    sql = load("reworking")["missing"].replace("{conditions}", " AND ".join(conditions))
    return [record_id for (record_id,) in connection.execute(sql, (pipeline, *values, route))]


def fill(
    connection: sqlite3.Connection,
    pipeline: str,
    route: str,
    record_ids: Sequence[int],
    reason: str,
    actor: str,
    at: datetime,
) -> int:
    """Give stored records a delivery on a route that they had none on. How many got one."""
    moment, said = to_micros(at), f"replayed by {actor}: {reason}"
    rows = [(route, said, moment, moment, record_id, pipeline) for record_id in record_ids]
    filled = connection.executemany(load("reworking")["fill"], rows).rowcount if rows else 0
    detail = {"route": route, "records": filled, "reason": reason}
    audit.append(connection, [AuditEvent("route.filled", pipeline, route, at, actor=actor, detail=detail)])
    return filled


def discard(connection: sqlite3.Connection, delivery_id: int, reason: str, actor: str, at: datetime) -> DeliverySummary:
    """Close a held or dead delivery for good: a person took care of it. Raises: StoreError where it is neither."""
    summary, moment = _held_or_dead(connection, delivery_id, "discarded"), to_micros(at)
    said = f"discarded by {actor}: {reason}"
    connection.execute(load("reworking")["discard"], (said, moment, moment, delivery_id))
    _note(connection, "delivery.discarded", summary, reason, actor, at)
    return summary


def _held_or_dead(connection: sqlite3.Connection, delivery_id: int, done: str) -> DeliverySummary:
    summary = _known(connection, delivery_id)
    if summary.state not in (State.HELD, State.DEAD):
        raise StoreError(
            f"delivery {delivery_id} is {summary.state}: only held and dead ones can be {done}",
            code="delivery_not_held",
            fix="`crossdock deliveries --state held --state dead` lists them",
        )
    return summary


def _known(connection: sqlite3.Connection, delivery_id: int) -> DeliverySummary:
    found = deliveries.find(connection, Selection(ids=[delivery_id]), 1)
    if not found:
        fix = "`crossdock deliveries` lists them"
        raise StoreError(f"there is no delivery {delivery_id}", code="delivery_unknown", fix=fix)
    return found[0]


def _note(
    connection: sqlite3.Connection,
    kind: str,
    summary: DeliverySummary,
    reason: str,
    actor: str,
    at: datetime,
    **more: str | bool,
) -> None:
    detail = {"delivery": summary.id, "from": summary.state.value, "code": summary.code, "reason": reason, **more}
    audit.append(connection, [AuditEvent(kind, summary.pipeline, summary.key, at, actor=actor, detail=detail)])
