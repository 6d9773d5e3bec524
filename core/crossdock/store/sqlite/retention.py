"""Erasing content: what was read, sent and answered goes; what it was called and what came of it stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from crossdock.contract.durations import format_duration
from crossdock.contract.values import Notice
from crossdock.errors import StoreError
from crossdock.store import codec
from crossdock.store.chain import ERASED, ERASURE
from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import AuditEvent, Erased, KeyErased
from crossdock.store.sqlite import audit, notices
from crossdock.store.sqlite.queries import load, slices, widen

_NAMED = 5
_CHANGES = 100  # read at once; an import is one change with many links
_PAGES = 10_000  # most that one call gives back: 40 MiB


def erase(connection: sqlite3.Connection, before: datetime, at: datetime, after: int, limit: int) -> Erased:
    """Erase the content of settled records, oldest first, in the current transaction."""
    cutoff = to_micros(before)
    rows = connection.execute(load("retention")["candidates"], (cutoff, cutoff, after, limit)).fetchall()
    due = [record for record, old, kept in rows if old and not kept]
    if due:
        _erase(connection, due, at, together=False)
        detail = {"records": len(due), "first": due[0], "last": due[-1], "settled_before": before.isoformat()}
        audit.append(connection, [AuditEvent("payloads.erased", None, "store", at, detail=detail)])
    # Records are stored in the order of time, but for a clock that was set: a whole page of young ones ends it.
    more = len(rows) == limit and any(old for _, old, _ in rows)
    return Erased(len(due), rows[-1][0] if more else None)


def erase_key(connection: sqlite3.Connection, keys: Sequence[str], reason: str, actor: str, at: datetime) -> KeyErased:
    """Erase the content of all records of these keys, and the reasons that are about them."""
    unsettled = _ask(connection, "unsettled_of_keys", keys)
    if unsettled:
        named = ", ".join(map(str, unsettled[:_NAMED])) + (" …" if len(unsettled) > _NAMED else "")
        raise StoreError(
            f"of {keys[0]} not everything is settled: delivery {named}",
            code="key_open",
            fix="let it be delivered, or `crossdock discard` it; an unknown outcome must be found out first",
        )
    sql = load("retention")
    records = _ask(connection, "of_keys", keys)
    _erase(connection, records, at, together=True)
    connection.executemany(sql["reasons"], [(record, record, record) for record in records])
    texts = sum(connection.execute(sql["texts"], (key,)).rowcount for key in dict.fromkeys(keys))
    _erase_changes(connection, set(keys))
    detail = {"records": len(records), "texts": texts, "reason": reason}
    audit.append(connection, [AuditEvent(ERASURE, None, keys[0], at, actor=actor, detail=detail)])
    return KeyErased(len(records), texts)


def announce_open(connection: sqlite3.Connection, before: datetime, at: datetime, retained: timedelta) -> int:
    """Keep a notice for each pipeline with deliveries that are open, or dead, longer than content is retained."""
    sql = load("retention")
    found = connection.execute(sql["open"], (to_micros(before),)).fetchall()
    announced = {pipeline for (pipeline,) in connection.execute(sql["announced"]).fetchall()}
    gone = announced - {pipeline for pipeline, _, _ in found}
    connection.executemany(sql["withdraw"], [(pipeline,) for pipeline in sorted(gone)])
    told = [(pipeline, _notice(pipeline, count, from_micros(oldest), retained)) for pipeline, count, oldest in found]
    notices.write(connection, told, at)
    return sum(count for _, count, _ in found)


def give_back(connection: sqlite3.Connection) -> None:
    """Shrink the file by what is free, and empty the write-ahead log, outside of any transaction."""
    connection.executescript(f"PRAGMA incremental_vacuum({_PAGES})")  # `execute` would take a single step, and page
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _notice(pipeline: str, count: int, oldest: datetime, retained: timedelta) -> Notice:
    deliveries = "1 delivery is" if count == 1 else f"{count} deliveries are"
    return Notice(
        "payload_due",
        "open",
        f"{deliveries} open since {oldest:%Y-%m-%d} or later, longer than content is retained "
        f"({format_duration(retained)}); their content is kept until they are settled",
        f"`crossdock deliveries --pipeline {pipeline}` lists them: resolve, replay or discard them",
    )


def _erase(connection: sqlite3.Connection, records: Sequence[int], at: datetime, *, together: bool) -> None:
    """Erase what came of records; bundles that it went with once no other of theirs is kept, or `together` with it."""
    effects = _ask(connection, "effects", records)
    connection.executemany(load("retention")["payload"], [(record,) for record in records])
    _erase_effects(connection, effects, at)
    _erase_effects(connection, _ask(connection, "carriers_together" if together else "carriers", effects), at)


def _erase_effects(connection: sqlite3.Connection, ids: Sequence[object], at: datetime) -> None:
    sql, moment = load("retention"), to_micros(at)
    for title in ("requests", "answers", "urls"):
        connection.executemany(sql[title], [(one,) for one in ids])
    connection.executemany(sql["effect"], [(moment, one) for one in ids])


def _erase_changes(connection: sqlite3.Connection, keys: Collection[str]) -> None:
    """Erase why persons changed links of these keys; what they changed stays, so that it can be taken back."""
    sql, last = load("retention"), 0
    while page := connection.execute(sql["link_changes"], (last, _CHANGES)).fetchall():
        last = page[-1][0]
        about = [(ERASED, number) for number, edits in page if _concerns(codec.from_text_or_none(edits), keys)]
        connection.executemany(sql["link_reason"], about)


def _concerns(edits: Sequence[Mapping[str, Any]], keys: Collection[str]) -> bool:
    return any(end["id"] in keys for one in edits for end in _ends(one))


def _ends(edit: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [link[end] for link in (edit["before"], edit["after"]) if link is not None for end in ("near", "far")]


def _ask(connection: sqlite3.Connection, title: str, values: Sequence[object]) -> list[int]:
    sql = load("retention")[title]
    rows = (
        row for piece in slices(values) for row in connection.execute(widen(sql, len(piece)), piece).fetchall()
    )  # fmt: skip
    return list(dict.fromkeys(one for (one,) in rows))
