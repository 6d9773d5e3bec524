"""Bring the schema to ours: refuse a newer one, let one process at a time change it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from importlib.resources import files

import psycopg
from psycopg import errors

from crossdock.errors import StoreError
from crossdock.store.postgres import faults
from crossdock.store.postgres.queries import load
from crossdock.store.postgres.session import Session
from crossdock.store.sqlite.migrate import Migration


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


def is_made(session: Session, where: str) -> bool:
    """Whether the schema is a store already, of whatever version."""
    return _version(session, where) > 0


def version(connection: sqlite3.Connection) -> int:
    """The version of a store's schema."""
    ((number,),) = connection.execute(load("schema")["version"]).fetchall()
    return int(number)


def _version(session: Session, where: str) -> int:
    sql = load("schema")
    schema, table = session.execute(sql["place"]).fetchone()
    if schema is None:
        raise StoreError(f"{where} has no schema to work in", code="store_unknown", fix="create it: `CREATE SCHEMA …`")
    if table is None:
        return 0
    return int(session.execute(sql["version"]).fetchone()[0])


def _refuse_newer(version: int, ours: int, where: str) -> None:
    if version > ours:
        raise StoreError(
            f"{where} was made by a newer crossdock: its schema is {version}, this one knows {ours}",
            code="store_newer",
            fix="upgrade crossdock, or restore the dump that was made before the store was upgraded",
        )


def _apply(session: Session, where: str, known: Sequence[Migration]) -> None:
    sql = load("schema")
    with session.connection.transaction():
        session.execute(sql["patience"])
        session.execute(sql["lock"])
        version = _version(session, where)
        _refuse_newer(version, known[-1].number, where)
        try:
            session.execute(sql["make"])
            for migration in known:
                if migration.number > version:
                    session.connection.execute(migration.sql.encode())
                    session.execute(sql["note"], (migration.number,))
        except errors.DuplicateTable as error:
            raise faults.foreign(where, str(error.diag.message_primary)) from error
        session.execute(sql["learn"])
