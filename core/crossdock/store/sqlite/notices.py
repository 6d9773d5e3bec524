"""What persons should know, once per pipeline, code and subject."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from crossdock.contract.values import Notice
from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import NoticeRow
from crossdock.store.sqlite.queries import load


def write(connection: sqlite3.Connection, notices: Sequence[tuple[str, Notice]], now: datetime) -> None:
    """Write notices; one that is there already is counted, and takes the newer words."""
    if notices:
        at = to_micros(now)
        rows = [(pipeline, one.code, one.subject, one.message, one.fix, at, at) for pipeline, one in notices]
        connection.executemany(load("notices")["put"], rows)


def find(connection: sqlite3.Connection, pipelines: Sequence[str] | None) -> list[NoticeRow]:
    """Notices of some pipelines, or of all, oldest first."""
    rows = connection.execute(load("notices")["all"]).fetchall()
    return [
        NoticeRow(pipeline, Notice(code, subject, message, fix), from_micros(first_at), count)
        for pipeline, code, subject, message, fix, first_at, count in rows
        if pipelines is None or pipeline in pipelines
    ]
