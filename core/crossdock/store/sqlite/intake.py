"""Staging: which records are new, what they supersede, and where the cursor stands."""

from __future__ import annotations

import hmac
import os
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from crossdock.boundary import reach
from crossdock.contract.values import Record
from crossdock.errors import StoreError
from crossdock.jsonio import canonical, dumps
from crossdock.store import codec
from crossdock.store.moments import from_micros, from_micros_or_none, to_micros
from crossdock.store.rows import AuditEvent, CursorRow, Intake, Staged
from crossdock.store.sqlite import audit, lineage
from crossdock.store.sqlite.queries import load, slices, widen

_SALT = 16  # bytes
_LARGEST = 2**63 - 1


class Verdict(Enum):
    """What a record is beside the newest stored one of its key."""

    NEW = auto()
    REVISED = auto()
    UNCHANGED = auto()
    OUTDATED = auto()


class Newest(NamedTuple):
    """The newest stored revision of a key. Its salt is None after retention took the payload."""

    revision: int
    version: int | None
    version_is_time: bool
    digest: bytes
    salt: bytes | None


@dataclass(slots=True)
class _Rows:
    """What a batch will write, by statement."""

    records: list[tuple[Any, ...]] = field(default_factory=list)
    payloads: list[tuple[Any, ...]] = field(default_factory=list)
    identifiers: list[tuple[Any, ...]] = field(default_factory=list)
    deliveries: list[tuple[Any, ...]] = field(default_factory=list)
    superseding: list[tuple[Any, ...]] = field(default_factory=list)
    stored: list[tuple[str, int]] = field(default_factory=list)


def stage(connection: sqlite3.Connection, intake: Intake) -> Staged:
    """Write a batch in the current transaction."""
    newest = _newest(connection, intake)
    counts = dict.fromkeys(Verdict, 0)
    rows = _collect(connection, intake, newest, counts)
    superseded = _write(connection, intake, rows)
    staged = Staged(
        new=counts[Verdict.NEW],
        revised=counts[Verdict.REVISED],
        unchanged=counts[Verdict.UNCHANGED],
        outdated=counts[Verdict.OUTDATED],
        superseded=superseded,
    )
    _move_cursor(connection, intake)
    if rows.records:  # a read that brought nothing moves the cursor and leaves no trace in the log
        audit.append(connection, [_event(intake, staged, rows)])
    reach("intake.in_transaction")
    return staged


def judge(record: Record, body: bytes, old: Newest | None, *, rereading: bool = False) -> Verdict:
    """Say what a record is; `body` is its canonical JSON.

    Retention may have taken what it would be compared with. A sweep or a back-fill (`rereading`) shows whatever is
    there; any other read shows a record because it changed, and effects know by themselves what is in effect.
    """
    if old is None:
        return Verdict.NEW
    version, is_time = version_of(record)
    before = old.version if is_time == old.version_is_time else None  # a number and a time cannot be compared
    if version is not None and before is not None and version != before:
        return Verdict.OUTDATED if version < before else Verdict.REVISED
    if old.salt is None:  # retention took the payload: nothing is left to compare with
        return Verdict.UNCHANGED if rereading or version is not None else Verdict.REVISED
    same = hmac.compare_digest(old.digest, _digest(old.salt, body))
    return Verdict.UNCHANGED if same else Verdict.REVISED


def version_of(record: Record) -> tuple[int | None, bool]:
    """The vendor's version as a number, and whether it is a time."""
    if isinstance(record.version, datetime):
        return to_micros(record.version), True
    if record.version is not None and abs(record.version) > _LARGEST:
        raise StoreError(f"the version of record {record.key} does not fit into 64 bits", code="version_too_large")
    return record.version, False


def _newest(connection: sqlite3.Connection, intake: Intake) -> dict[str, Newest]:
    sql = load("intake")["newest"]
    found: dict[str, Newest] = {}
    for piece in slices(list({record.key for record in intake.records})):
        for key, revision, version, is_time, digest, salt in connection.execute(
            widen(sql, len(piece)), (*piece, intake.pipeline)
        ):
            found[key] = Newest(revision, version, bool(is_time), digest, salt)
    return found


def _collect(
    connection: sqlite3.Connection, intake: Intake, newest: dict[str, Newest], counts: dict[Verdict, int]
) -> _Rows:
    (record_id,) = connection.execute(load("intake")["last_record"]).fetchone()
    salts = os.urandom(_SALT * len(intake.records))
    at, rows = to_micros(intake.at), _Rows()
    for number, record in enumerate(intake.records):
        body, old = canonical(record.raw), newest.get(record.key)
        verdict = judge(record, body, old, rereading=intake.sweep or intake.backfill)
        counts[verdict] += 1
        if verdict is Verdict.UNCHANGED or verdict is Verdict.OUTDATED:
            continue
        record_id += 1
        salt = salts[number * _SALT : (number + 1) * _SALT]
        fresh = Newest(1 if old is None else old.revision + 1, *version_of(record), _digest(salt, body), salt)
        newest[record.key] = fresh
        _add(rows, intake, record, record_id, fresh, at)
    return rows


def _add(rows: _Rows, intake: Intake, record: Record, record_id: int, fresh: Newest, at: int) -> None:
    key, ordering_key = record.key, record.ordering_key or record.key
    identifiers = dict(record.identifiers)
    rows.stored.append((key, fresh.revision))
    rows.records.append((
        record_id, intake.pipeline, intake.account, intake.entity, key, fresh.revision, fresh.version,
        int(fresh.version_is_time), ordering_key, codec.to_text(identifiers), fresh.digest, at,
        int(intake.backfill), int(intake.sweep),
    ))  # fmt: skip
    # As the vendor sent it, keys in its order; the canonical form serves the digest only.
    packing, packed = codec.pack(dumps(record.raw))
    rows.payloads.append((record_id, packing, fresh.salt, packed))
    rows.identifiers.extend((value, intake.pipeline, key, name) for name, value in identifiers.items() if value != key)
    for route in intake.routes:
        rows.deliveries.append(
            (intake.pipeline, route, key, fresh.revision, record_id, ordering_key, at, at, at)
        )  # fmt: skip
        if fresh.revision > 1 and not intake.every:
            rows.superseding.append((at, at, intake.pipeline, key, route, fresh.revision))


def _write(connection: sqlite3.Connection, intake: Intake, rows: _Rows) -> int:
    if not rows.records:
        return 0
    sql = load("intake")
    connection.executemany(sql["add_record"], rows.records)
    connection.executemany(sql["add_payload"], rows.payloads)
    connection.executemany(sql["add_identifier"], rows.identifiers)
    connection.executemany(sql["add_delivery"], rows.deliveries)
    connection.execute(sql["count_revisions"], (intake.pipeline, len(rows.records)))
    return connection.executemany(sql["supersede"], rows.superseding).rowcount if rows.superseding else 0


def _move_cursor(connection: sqlite3.Connection, intake: Intake) -> None:
    sql, at = load("intake"), to_micros(intake.at)
    if intake.cursor is not None:
        moved = (intake.pipeline, codec.to_text(intake.cursor), at, at if intake.swept else None)
        connection.execute(sql["move_cursor"], moved)
    elif intake.swept:
        connection.execute(sql["note_sweep"], (at, intake.pipeline))


def _event(intake: Intake, staged: Staged, rows: _Rows) -> AuditEvent:
    detail = {
        "new": staged.new,
        "revised": staged.revised,
        "superseded": staged.superseded,
        "records": [list(one) for one in rows.stored],
        **({"backfill": True} if intake.backfill else {}),
        **({"sweep": True} if intake.sweep else {}),
    }
    return AuditEvent("batch.staged", intake.pipeline, intake.entity, intake.at, detail=detail)


def _digest(salt: bytes, body: bytes) -> bytes:
    return hmac.digest(salt, body, "sha256")


# ---------------------------------------------------------------- what the source asks


def cursor(connection: sqlite3.Connection, pipeline: str) -> CursorRow | None:
    """Where the source stands."""
    row = connection.execute(load("intake")["cursor"], (pipeline,)).fetchone()
    return (
        None
        if row is None
        else CursorRow(codec.from_text_or_none(row[0]), from_micros(row[1]), from_micros_or_none(row[2]))
    )


def note_read(connection: sqlite3.Connection, pipeline: str, at: datetime, reason: str | None, complete: bool) -> None:
    """Note how a read ended. One that is complete and says why it brought nothing found nothing to do."""
    moment = to_micros(at)
    idle = moment if complete and reason is not None else None
    connection.execute(load("intake")["note_read"], (pipeline, moment if complete else None, idle, reason))
    if complete:
        lineage.note_reread(connection, pipeline)


def raw(connection: sqlite3.Connection, record_id: int) -> bytes | None:
    """A stored record as JSON."""
    row = connection.execute(load("intake")["raw"], (record_id,)).fetchone()
    return None if row is None else codec.unpack(*row)
