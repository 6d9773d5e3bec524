"""Where the file comes from: is it the one that we left here, or an older copy that was put back?

Each run gives the store a new mark, at its begin and at its end, and writes it into a file beside the store. A copy
that is put back bears an older one. A backup says of itself that it is one.
"""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from pathlib import Path

from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import AuditEvent, Doubt
from crossdock.store.sqlite import audit, faults
from crossdock.store.sqlite.queries import load

_MARK = 16  # bytes


def said_beside(path: Path) -> str | None:
    """The mark in the file beside the store; None where there is none. Raises: StoreError."""
    try:
        return _beside(path).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return ""
    except OSError as error:
        raise faults.explain_os(error, _beside(path)) from error


def say_beside(path: Path, mark: str) -> None:
    """Write the mark into the file beside the store: the old one, or the new one. Raises: StoreError."""
    beside = _beside(path)
    draft = beside.with_name(f"{beside.name}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:
            file.write(f"{mark}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(beside)
    except OSError as error:
        raise faults.explain_os(error, beside) from error


def is_put_back(connection: sqlite3.Connection, said: str | None) -> bool:
    """Whether this file is an older copy: it says that it is a backup, or bears another mark than we left here."""
    mark, before, taken_at, *_ = connection.execute(load("lineage")["row"]).fetchone()
    return taken_at is not None or (mark is not None and said not in (mark, before))


def renew(connection: sqlite3.Connection, said: str | None) -> str:
    """Give the store a new mark, in the current transaction; the caller then writes it beside the store."""
    mark = os.urandom(_MARK).hex()
    connection.execute(load("lineage")["put_mark"], (mark, said))
    return mark


def mark_restored(connection: sqlite3.Connection, at: datetime, backup_at: datetime | None, actor: str) -> datetime:
    """Note that the store was put back, and up to when it knows."""
    sql = load("lineage")
    if backup_at is None:
        _, _, taken_at, *_ = connection.execute(sql["row"]).fetchone()
        last = connection.execute(sql["last_known"]).fetchone()
        known = taken_at if taken_at is not None else None if last is None else last[0]
        backup_at = at if known is None else from_micros(known)
    connection.execute(sql["restored"], (to_micros(at), to_micros(backup_at)))
    detail = {"backup_at": backup_at.isoformat()}
    audit.append(connection, [AuditEvent("store.restored", None, "store", at, actor=actor, detail=detail)])
    return backup_at


def doubt(connection: sqlite3.Connection, pipeline: str) -> Doubt | None:
    """What is doubtful since the store was put back."""
    row = connection.execute(load("lineage")["doubt"], (pipeline,)).fetchone()
    return None if row is None else Doubt(from_micros(row[0]), from_micros(row[1]), row[2])


def note_reread(connection: sqlite3.Connection, pipeline: str) -> None:
    """A pipeline was read to the end: what comes later is not doubtful any more."""
    connection.execute(load("lineage")["reread"], (pipeline,))


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.mark")
