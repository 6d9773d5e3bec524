"""Which fields the answers of remote systems had, by component: counted, never by record."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import FieldRow, Seen
from crossdock.store.sqlite.queries import load

_KNOWN_WELL = 10
"""A field that was there so often is missed."""
_MISSED = 50
"""When it was in none of so many samples."""


def note(connection: sqlite3.Connection, seen: Seen, at: datetime) -> None:
    """Count what was seen."""
    sql, when = load("drift"), to_micros(at)
    row = connection.execute(sql["samples"], (seen.component,)).fetchone()
    total = (0 if row is None else row[0]) + seen.samples
    rows = [
        (seen.component, path, int(known), count, when, when, total) for path, (count, known) in seen.fields.items()
    ]
    rows.append((seen.component, "", 1, seen.samples, when, when, total))
    connection.executemany(sql["put"], rows)


def find(connection: sqlite3.Connection) -> list[FieldRow]:
    """The fields that nobody knows, and the known ones that are gone."""
    rows = connection.execute(load("drift")["all"]).fetchall()
    totals = {component: seen for component, path, _, seen, *_ in rows if not path}
    found = []
    for component, path, known, seen, first_at, last_at, last_sample in rows:
        gone = bool(known) and seen >= _KNOWN_WELL and totals.get(component, 0) - last_sample >= _MISSED
        if path and (gone or not known):
            found.append(FieldRow(component, path, gone, seen, from_micros(first_at), from_micros(last_at)))
    return found
