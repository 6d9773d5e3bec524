"""Taking deliveries up again: all that wait where the definition changed, and single ones that a person replays."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from crossdock.errors import StoreError
from crossdock.store.moments import to_micros
from crossdock.store.rows import AuditEvent, DeliverySummary, State
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


def replay(connection: sqlite3.Connection, delivery_id: int, reason: str, actor: str, at: datetime) -> DeliverySummary:
    """Make a held or dead delivery due again. Raises: StoreError where it is neither, or a newer revision took over."""
    summary = _held_or_dead(connection, delivery_id, "replayed")
    sql, moment = load("reworking"), to_micros(at)
    if connection.execute(sql["newer"], (delivery_id,)).fetchone():
        raise StoreError(
            f"delivery {delivery_id} is of revision {summary.revision}; a newer one of {summary.key} took its place",
            code="delivery_superseded",
            fix=f"`crossdock deliveries --key {summary.key}` shows the newest: replay that one",
        )
    connection.execute(sql["reopen"], (f"replayed by {actor}: {reason}", moment, moment, delivery_id))
    _note(connection, "delivery.replayed", summary, reason, actor, at)
    return summary


def discard(connection: sqlite3.Connection, delivery_id: int, reason: str, actor: str, at: datetime) -> DeliverySummary:
    """Close a held or dead delivery for good: a person took care of it. Raises: StoreError where it is neither."""
    summary, moment = _held_or_dead(connection, delivery_id, "discarded"), to_micros(at)
    said = f"discarded by {actor}: {reason}"
    connection.execute(load("reworking")["discard"], (said, moment, moment, delivery_id))
    _note(connection, "delivery.discarded", summary, reason, actor, at)
    return summary


def _held_or_dead(connection: sqlite3.Connection, delivery_id: int, done: str) -> DeliverySummary:
    story = deliveries.story(connection, delivery_id)
    if story is None:
        fix = "`crossdock deliveries` lists them"
        raise StoreError(f"there is no delivery {delivery_id}", code="delivery_unknown", fix=fix)
    if story.summary.state not in (State.HELD, State.DEAD):
        raise StoreError(
            f"delivery {delivery_id} is {story.summary.state}: only held and dead ones can be {done}",
            code="delivery_not_held",
            fix="`crossdock deliveries --state held --state dead` lists them",
        )
    return story.summary


def _note(
    connection: sqlite3.Connection, kind: str, summary: DeliverySummary, reason: str, actor: str, at: datetime
) -> None:
    detail = {"delivery": summary.id, "from": summary.state.value, "code": summary.code, "reason": reason}
    audit.append(connection, [AuditEvent(kind, summary.pipeline, summary.key, at, actor=actor, detail=detail)])
