"""Where pipelines stand."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from crossdock.store.moments import from_micros_or_none
from crossdock.store.rows import PipelineStatus, State
from crossdock.store.sqlite.queries import load


def find(connection: sqlite3.Connection, pipelines: Sequence[str]) -> list[PipelineStatus]:
    """The status of each pipeline, in that order."""
    return [_one(connection, name) for name in pipelines]


def _one(connection: sqlite3.Connection, name: str) -> PipelineStatus:
    sql = load("status")
    row = connection.execute(sql["pipeline"], (name,)).fetchone() or (None, None, 0, None)
    last_read, last_idle, revisions, reason = row
    counts = dict.fromkeys(State, 0)
    still_open = connection.execute(sql["open"], (name,)).fetchall()
    counts.update({State(state): count for state, count, _ in still_open})
    counts.update({State(state): count for state, count in connection.execute(sql["settled"], (name,)).fetchall()})
    (delivered,) = connection.execute(sql["last_delivered"], (name,)).fetchone()
    return PipelineStatus(
        name=name,
        last_read=from_micros_or_none(last_read),
        last_success=from_micros_or_none(max((at for at in (delivered, last_idle) if at is not None), default=None)),
        read=revisions,
        counts=counts,
        oldest_open=from_micros_or_none(min((read_at for _, _, read_at in still_open), default=None)),
        reason=reason,
    )
