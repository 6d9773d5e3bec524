"""The append-only log: each row's hash covers the row before it, and a stored head shows a cut tail."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from crossdock.jsonio import canonical, loads
from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import AuditEvent
from crossdock.store.sqlite.queries import load, slices, widen

GENESIS = b"crossdock audit log, genesis row"
"""What the first row's hash covers in place of a row before it."""


def append(connection: sqlite3.Connection, events: Iterable[AuditEvent]) -> None:
    """Add rows in the current transaction and move the head."""
    sql = load("audit")
    seq, last = connection.execute(sql["head"]).fetchone()
    rows = []
    for event in events:
        seq += 1
        detail = canonical(event.detail)
        at = to_micros(event.at)
        last = _digest(last, seq, at, event.actor, event.pipeline, event.kind, event.ref, detail)
        rows.append((seq, at, event.actor, event.pipeline, event.kind, event.ref, detail.decode(), last))
    if rows:
        connection.executemany(sql["add"], rows)
        connection.execute(sql["move_head"], (seq, last))


def verify(connection: sqlite3.Connection) -> str | None:
    """None where the chain holds; else what is wrong at which row."""
    sql = load("audit")
    connection.execute("BEGIN")  # head and rows of one moment
    try:
        head_seq, head = connection.execute(sql["head"]).fetchone()
        seq, last = 0, GENESIS
        for row in connection.execute(sql["all"]):
            fault = _fault(row, seq, last)
            if fault is not None:
                return fault
            seq, last = row[0], row[7]
    finally:
        connection.execute("COMMIT")
    if seq < head_seq:
        return f"audit row {seq + 1} is missing: the log ends at row {seq}, its head says {head_seq}"
    if (seq, last) != (head_seq, head):
        return f"audit row {head_seq + 1} was not written by crossdock: the head does not know it"
    return None


def about(connection: sqlite3.Connection, refs: Sequence[str], pipeline: str) -> list[AuditEvent]:
    """Rows about any of these, oldest first."""
    sql = load("audit")["about"]
    found: dict[int, AuditEvent] = {}
    for piece in slices(refs):
        for seq, at, actor, of, kind, ref, detail in connection.execute(widen(sql, len(piece)), (*piece, pipeline)):
            found[seq] = AuditEvent(kind, of, ref, from_micros(at), actor, loads(detail))
    return [found[seq] for seq in sorted(found)]


def _fault(row: tuple[Any, ...], seq: int, last: bytes) -> str | None:
    if row[0] != seq + 1:
        return f"audit row {seq + 1} is missing"
    try:
        expected = _digest(last, *row[:6], str(row[6]).encode())
    except (TypeError, ValueError):  # a value of a type that we never write
        expected = b""
    return None if expected == row[7] else f"audit row {row[0]} was changed"


def _digest(last: bytes, *row: Any) -> bytes:
    # The detail is embedded as it is stored, so that verifying never depends on how JSON is written again.
    *values, detail = row
    return hashlib.sha256(last + canonical([*values, msgspec.Raw(detail)])).digest()
