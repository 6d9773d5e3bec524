"""The append-only log: its rows and its head. `store.chain` says what a row's hash covers."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from crossdock.store import chain
from crossdock.store.chain import AuditHead, AuditRow, Part
from crossdock.store.rows import AuditEvent
from crossdock.store.sqlite.queries import load, slices, widen


def append(connection: sqlite3.Connection, events: Iterable[AuditEvent]) -> None:
    """Add rows in the current transaction and move the head."""
    sql = load("audit")
    events = list(events)
    if not events:
        return
    last = AuditHead(*connection.execute(sql["take_head"]).fetchone())
    rows, parts = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for event in events:
        row = chain.link(event, last)
        last = AuditHead(row.seq, row.hash)
        rows.append(row[:-1])
        parts.extend((row.seq, part.name, part.salt, part.value) for part in row.said)
    connection.executemany(sql["add"], rows)
    connection.execute(sql["move_head"], (last.seq, last.hash))
    if parts:
        connection.executemany(sql["add_part"], parts)


def head(connection: sqlite3.Connection) -> AuditHead | None:
    """Where the log ends, as the store keeps it; None where somebody removed that."""
    row = connection.execute(load("audit")["head"]).fetchone()
    return None if row is None else AuditHead(*row)


def page(connection: sqlite3.Connection, after: int, upto: int, limit: int) -> list[AuditRow]:
    """Rows behind one and up to another, in order, with their parts; text that is none any more comes as it is."""
    sql = load("audit")
    connection.text_factory = _text
    connection.execute("BEGIN")  # rows and parts of one moment
    try:
        rows = connection.execute(sql["page"], (after, upto, limit)).fetchall()
        if not rows:
            return []
        return _complete(rows, connection.execute(sql["parts"], (rows[0][0], rows[-1][0])).fetchall())
    finally:
        connection.execute("COMMIT")
        connection.text_factory = str


def about(connection: sqlite3.Connection, refs: Sequence[str]) -> list[AuditEvent]:
    """What rows about any of these tell, oldest first."""
    sql = load("audit")
    found = {
        row[0]: row
        for piece in slices(refs)
        for row in connection.execute(widen(sql["about"], len(piece)), piece).fetchall()
    }
    rows = [found[seq] for seq in sorted(found)]
    spoken = [row[0] for row in rows if row[6] is not None]
    parts = [
        part
        for piece in slices(spoken)
        for part in connection.execute(widen(sql["parts_of"], len(piece)), piece).fetchall()
    ]
    return [chain.to_event(row) for row in _complete(rows, parts)]


def _complete(rows: Iterable[tuple[Any, ...]], parts: Iterable[tuple[Any, ...]]) -> list[AuditRow]:
    said: defaultdict[int, list[Part]] = defaultdict(list)
    for seq, name, salt, value in parts:
        said[seq].append(Part(name, salt, value))
    return [AuditRow._make((*row, tuple(said.get(row[0], ())))) for row in rows]


def _text(body: bytes) -> str:
    return body.decode("utf-8", "surrogateescape")
