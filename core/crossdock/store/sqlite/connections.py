"""Connections to the file: one that writes, some that can only read."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from crossdock.errors import StoreError
from crossdock.store.sqlite import faults

_BUSY_MS = 5000
_COMMON = (
    f"PRAGMA busy_timeout = {_BUSY_MS}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
)
# Nothing is mapped and little is cached: the kernel keeps the hot pages, and what SQLite keeps counts as ours.
_WRITER = (
    "PRAGMA cache_size = -8192",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",  # what is erased is gone from the file, too; it costs nothing that can be measured
    "PRAGMA fullfsync = ON",  # where an fsync does not reach the disk (macOS); elsewhere it means nothing
    "PRAGMA wal_autocheckpoint = 2000",
    "PRAGMA journal_size_limit = 67108864",
)


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the file to write, make it where there is none. Raises: StoreError."""
    try:
        _make(path)
        connection = _connect(path, "rw")
    except OSError as error:
        raise faults.explain_os(error, path) from error
    except sqlite3.Error as error:
        raise faults.explain(error, path) from error
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open the file to read only. Raises: StoreError."""
    try:
        # "rw" because a reader of a write-ahead log marks its place in shared memory; `query_only` keeps the data safe.
        connection = _connect(path, "rw")
        for pragma in (*_COMMON, "PRAGMA cache_size = -2048", "PRAGMA query_only = ON"):
            connection.execute(pragma)
    except sqlite3.Error as error:
        raise faults.explain(error, path) from error
    return connection


def _make(path: Path) -> None:
    # Only its owner may read it: it holds buyers' names. SQLite gives the log and the shared memory the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,  # one thread at a time: the limiters see to that
        cached_statements=256,
    )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    try:
        for pragma in _COMMON:
            connection.execute(pragma)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only an empty file takes it
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        for pragma in _WRITER:
            connection.execute(pragma)
    except sqlite3.Error as error:
        raise faults.explain(error, path) from error
    if mode != "wal":
        raise StoreError(
            f"the file system under {path} cannot hold the store: it offers no shared memory between processes",
            code="store_file_system",
            fix="put the store on a local disk, not on a network share",
        )
