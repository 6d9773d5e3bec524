"""What a person stopped for a while, with who, when and why in the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import AuditEvent, Pause
from crossdock.store.sqlite import audit, credentials
from crossdock.store.sqlite.queries import load


def put(connection: sqlite3.Connection, pauses: Sequence[Pause]) -> None:
    """Pause these; one that is paused already takes the newer reason."""
    rows = [(one.kind, one.name, to_micros(one.at), one.actor, one.reason) for one in pauses]
    connection.executemany(load("pauses")["put"], rows)
    audit.append(connection, [_event("paused", one) for one in pauses])


def remove(connection: sqlite3.Connection, pauses: Sequence[Pause]) -> list[bool]:
    """End these, by kind and name; for each whether there was one."""
    sql = load("pauses")["remove"]
    ended = [connection.execute(sql, (one.kind, one.name)).rowcount > 0 for one in pauses]
    # Going on with a connection also means that its refusal is dealt with, and that a person vouches for its account.
    admitted = [one.kind == "connection" and credentials.forget(connection, one.name) for one in pauses]
    ended = [was or now for was, now in zip(ended, admitted, strict=True)]
    audit.append(connection, [_event("resumed", one) for one, was in zip(pauses, ended, strict=True) if was])
    return ended


def find(connection: sqlite3.Connection) -> list[Pause]:
    """All, oldest first."""
    rows = connection.execute(load("pauses")["all"]).fetchall()
    return [Pause(kind, name, from_micros(at), actor, reason) for kind, name, at, actor, reason in rows]


def _event(done: str, pause: Pause) -> AuditEvent:
    pipeline = pause.name if pause.kind == "pipeline" else None
    detail = {} if pause.reason is None else {"reason": pause.reason}
    return AuditEvent(f"{pause.kind}.{done}", pipeline, pause.name, pause.at, actor=pause.actor, detail=detail)
