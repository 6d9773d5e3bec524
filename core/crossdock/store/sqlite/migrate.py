"""Bring the file to our schema: refuse a newer one, copy an older one before it is changed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from crossdock.errors import StoreError
from crossdock.store.sqlite import faults

APPLICATION_ID = 0x43_44_6F_63
"""Written into the file's head, so that a store is told from any other SQLite file."""


class Migration(NamedTuple):
    """One numbered change of the schema."""

    number: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """All changes we know, in order."""
    folder = files(f"{__package__}.migrations")
    found = [(entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return [Migration(int(name[:4]), name, entry.read_text(encoding="utf-8")) for name, entry in sorted(found)]


def migrate(
    connection: sqlite3.Connection, path: Path, known: Sequence[Migration] | None = None, *, copying: bool = True
) -> None:
    """Apply what is missing, after `copying` the file. Raises: StoreError where it is newer than we are or no store."""
    known = migrations() if known is None else known
    try:
        version = _version(connection, path)
        _refuse_newer(version, known[-1].number, path)
        for migration in known:
            if migration.number > version:
                _apply(connection, path, migration, copying=copying)
    except sqlite3.Error as error:
        raise faults.explain(error, path) from error
    except OSError as error:
        raise faults.explain_os(error, path) from error


def version(connection: sqlite3.Connection) -> int:
    """The version of a store's schema."""
    ((number,),) = connection.execute("PRAGMA user_version").fetchall()
    return int(number)


def refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Raises: StoreError where the file is no store, or a newer one than we know."""
    version = _version(connection, path)
    if not version:
        raise faults.not_a_store(path)
    _refuse_newer(version, migrations()[-1].number, path)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (tables or version or application):
        raise faults.not_a_store(path)
    return int(version)


def _refuse_newer(version: int, ours: int, path: Path) -> None:
    if version > ours:
        raise StoreError(
            f"the store {path} was made by a newer crossdock: its schema is {version}, this one knows {ours}",
            code="store_newer",
            fix="upgrade crossdock, or restore the copy that was made before the store was upgraded",
        )


def _apply(connection: sqlite3.Connection, path: Path, migration: Migration, *, copying: bool) -> None:
    if migration.number > 1 and copying:
        _copy(connection, path.with_name(f"{path.name}.before-{migration.number}"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version < migration.number:  # else another process was faster
            for statement in _statements(migration.sql):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {migration.number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the whole file, under its name only once it is whole."""
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    copy = sqlite3.connect(draft)
    try:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()
    draft.replace(target)


def _statements(script: str) -> Iterator[str]:
    """Cut a script into its statements; a trigger's body stays whole."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
