"""Everything of a pipeline or an account, page by page, for those who sum it up."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crossdock.jsonio import loads
from crossdock.store import codec
from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import DeliverySummary, MadeRow, RecordRow
from crossdock.store.sqlite.deliveries import to_summary
from crossdock.store.sqlite.effects import to_effect
from crossdock.store.sqlite.queries import load, slices, widen


def records(
    connection: sqlite3.Connection, pipeline: str, after: str, since: datetime | None, limit: int
) -> list[RecordRow]:
    """The newest revision of each record after a key, with its deliveries."""
    connection.execute("BEGIN")  # all of one moment
    try:
        rows = connection.execute(load("walking")["records"], (pipeline, after, _micros(since), limit)).fetchall()
        standing = _standing(connection, pipeline, [row[1] for row in rows])
        return [_record(pipeline, row, standing.get(row[1], ())) for row in rows]
    finally:
        connection.execute("COMMIT")


def made(
    connection: sqlite3.Connection, account: str, after: tuple[str, str, int], since: datetime | None, limit: int
) -> list[MadeRow]:
    """The effects of an account after one of them."""
    rows = connection.execute(load("walking")["made"], (account, *after, _micros(since), limit)).fetchall()
    return [MadeRow(to_effect(row[1:], {}), row[0]) for row in rows]


def _micros(since: datetime | None) -> int:
    return 0 if since is None else to_micros(since)


def _standing(connection: sqlite3.Connection, pipeline: str, keys: Sequence[str]) -> dict[str, list[DeliverySummary]]:
    sql, found = load("walking")["standing"], dict[int, DeliverySummary]()
    for piece in slices(keys):
        for row in connection.execute(widen(sql, len(piece)), (*piece, pipeline)):
            found[row[0]] = to_summary(row)
    by_key: dict[str, list[DeliverySummary]] = {}
    for number in sorted(found):
        by_key.setdefault(found[number].key, []).append(found[number])
    return by_key


def _record(pipeline: str, row: tuple[Any, ...], standing: Sequence[DeliverySummary]) -> RecordRow:
    record_id, key, revision, account, identifiers, read_at, packing, body = row
    return RecordRow(
        id=record_id,
        pipeline=pipeline,
        key=key,
        revision=revision,
        account=account,
        identifiers=loads(identifiers),
        read_at=from_micros(read_at),
        raw=None if body is None else codec.unpack(packing, body),
        standing=tuple(standing),
    )
