"""Bring the schema to ours: refuse a newer one, let one process at a time change it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import psycopg
from psycopg import errors

from crossdock.errors import StoreError
from crossdock.store.postgres import faults
from crossdock.store.postgres.session import Session
from crossdock.store.sqlite.migrate import Migration

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('crossdock schema ' || current_schema(), 0))"
_VERSION = "SELECT max(version) FROM crossdock_schema"
_MAKE = "CREATE TABLE IF NOT EXISTS crossdock_schema (version INTEGER PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL)"
_NOTE = "INSERT INTO crossdock_schema (version, applied_at) VALUES (%s, now())"

# A table that was never looked at is planned for as if it held some pages: seldom what an empty one comes to.
_LEARN = "ANALYZE records, payloads, identifiers, deliveries, effects, steps, requests, answers, links, audit"


def migrations() -> list[Migration]:
    """All changes we know, in order."""
    folder = files(f"{__package__}.migrations")
    found = [(entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return [Migration(int(name[:4]), name, entry.read_text(encoding="utf-8")) for name, entry in sorted(found)]


def migrate(session: Session, where: str, known: Sequence[Migration] | None = None) -> None:
    """Apply what is missing. Raises: StoreError where the schema is newer than we are, or is no store."""
    known = migrations() if known is None else known
    try:
        version = _version(session, where)
        _refuse_newer(version, known[-1].number, where)
        if version < known[-1].number:
            _apply(session, where, known)
    except psycopg.Error as error:
        raise faults.explain(error, where) from error


def _version(session: Session, where: str) -> int:
    (schema, table) = session.execute("SELECT current_schema(), to_regclass('crossdock_schema')::text").fetchone()
    if schema is None:
        raise StoreError(f"{where} has no schema to work in", code="store_unknown", fix="create it: `CREATE SCHEMA …`")
    if table is None:
        return 0
    (version,) = session.execute(_VERSION).fetchone()
    return int(version or 0)


def _refuse_newer(version: int, ours: int, where: str) -> None:
    if version > ours:
        raise StoreError(
            f"{where} was made by a newer crossdock: its schema is {version}, this one knows {ours}",
            code="store_newer",
            fix="upgrade crossdock, or restore the dump that was made before the store was upgraded",
        )


def _apply(session: Session, where: str, known: Sequence[Migration]) -> None:
    connection = session.connection
    with connection.transaction():
        connection.execute("SET LOCAL lock_timeout = '120s'")
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.execute(_LOCK)  # whoever comes second finds it done
        version = _version(session, where)
        _refuse_newer(version, known[-1].number, where)
        try:
            connection.execute(_MAKE)
            for migration in known:
                if migration.number > version:
                    connection.execute(migration.sql.encode())
                    connection.execute(_NOTE, (migration.number,))
        except errors.DuplicateTable as error:
            raise faults.foreign(where, str(error.diag.message_primary)) from error
        connection.execute(_LEARN)
