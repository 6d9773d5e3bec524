"""What SQLite complains of, said so that a person knows what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from crossdock.errors import StoreError

_NO_ROOM = {"SQLITE_FULL"}
_NOT_WRITABLE = {"SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH", "SQLITE_IOERR_ACCESS"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"}
_DAMAGED = {"SQLITE_CORRUPT"}
_SCARCE = 1 << 20  # bytes; a disk with less is full for us, whatever SQLite calls it


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """Turn SQLite's error into ours."""
    name = str(getattr(error, "sqlite_errorname", "") or "")
    base = "_".join(name.split("_")[:2])
    if base in _NO_ROOM or (base == "SQLITE_IOERR" and _is_scarce(path)):
        return no_room(path)
    if name in _NOT_WRITABLE or base in _NOT_WRITABLE:
        return not_writable(path, str(error))
    if base in _BUSY:
        return StoreError(
            f"the store {path} is busy: another process keeps it locked ({error})",
            code="store_busy",
            fix="find the process that holds the file open (`fuser`), let it finish or stop it, then try again",
        )
    if base == "SQLITE_NOTADB":
        return not_a_store(path)
    if base in _DAMAGED:
        return StoreError(
            f"the store {path} is damaged ({error})",
            code="store_damaged",
            fix="stop crossdock, keep the file and restore the latest backup",
        )
    return StoreError(
        f"the store {path} failed: {error} ({name or type(error).__name__})",
        code="store_failed",
        fix="see what the disk says (`dmesg`) and what limits there are (`df`, `ulimit -f`), then run it again: "
        "nothing was half-written",
    )


def explain_os(error: OSError, path: Path) -> StoreError:
    """Turn an operating system's error about a store's file into ours."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_room(path)
    if error.errno == errno.ENOENT:
        return StoreError(
            f"there is no folder {path.parent} for the store",
            code="store_not_writable",
            fix=f"create {path.parent}, or correct `store:`",
        )
    return not_writable(path, error.strerror or str(error))


def no_room(path: Path) -> StoreError:
    """The disk is full."""
    return StoreError(
        f"there is no room left for the store {path}",
        code="store_full",
        fix="free space on its file system; nothing was half-written, and crossdock goes on as soon as there is room",
    )


def not_writable(path: Path, why: str) -> StoreError:
    """We may not write."""
    return StoreError(
        f"the store {path} cannot be written by user {_user()}: {why}",
        code="store_not_writable",
        fix=f"give that user write permission on the file and on the folder {path.parent}",
    )


def not_a_store(path: Path) -> StoreError:
    """Something else lies there."""
    return StoreError(
        f"{path} is not a store of crossdock",
        code="store_foreign",
        fix="name another file in `store:`; this one was left as it is",
    )


def _user() -> str:
    return str(os.geteuid()) if hasattr(os, "geteuid") else "?"


def _is_scarce(path: Path) -> bool:
    try:
        room = os.statvfs(path.parent)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < _SCARCE
