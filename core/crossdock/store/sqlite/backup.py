"""Copying a whole store: out of a running one, and back into its place."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from anyio import to_thread

from crossdock.errors import StoreError
from crossdock.store import auditing
from crossdock.store.chain import AuditHead, AuditRow
from crossdock.store.moments import to_micros
from crossdock.store.sqlite import audit, faults, lineage, lock, migrate
from crossdock.store.sqlite.connections import open_reader
from crossdock.store.sqlite.queries import load


class Restored(NamedTuple):
    """What came of a restore."""

    backup_at: datetime
    """Up to then the store knows what was done."""
    kept: Path | None
    """Where the store that was there is now."""


async def take(path: Path, target: Path, at: datetime) -> int:
    """Copy the store into a new file, check the copy, then give it its name. Its size. Raises: StoreError."""
    with _explained(target):
        _refuse_existing(target)
        draft = target.with_name(f"{target.name}.part")
        await to_thread.run_sync(_copy, path, draft)
        await _check(draft, "the copy")
        return await to_thread.run_sync(_finish, draft, target, at)


async def restore(source: Path, path: Path, *, at: datetime, actor: str, replace: bool) -> Restored:
    """Put a backup into the store's place. With `replace`, a store that is there is kept beside.

    Raises: StoreError where a run holds the store, where one is there, where the backup is damaged, newer or none.
    """
    with _explained(path), lock.hold(path):
        _refuse_restore(source, path, replace=replace)
        draft = path.with_name(f"{path.name}.part")
        await to_thread.run_sync(_copy, source, draft)
        await _check(draft, f"the backup {source}")
        return await to_thread.run_sync(_put, draft, path, at, actor)


def _refuse_restore(source: Path, path: Path, *, replace: bool) -> None:
    if not source.is_file():
        raise StoreError(f"there is no file {source}", code="backup_unknown", fix="name a backup")
    if path.exists() and not replace:
        raise StoreError(
            f"there is a store already at {path}",
            code="store_exists",
            fix="`--replace` puts the backup into its place and keeps the store beside it under another name",
        )


def _finish(draft: Path, target: Path, at: datetime) -> int:
    with closing(_open(draft)) as copy:
        copy.execute(load("lineage")["take"], (to_micros(at),))
    _sync(draft)
    _name(draft, target)
    return target.stat().st_size


def _put(draft: Path, path: Path, at: datetime, actor: str) -> Restored:
    backup_at, mark = _mark(draft, at, actor)
    _sync(draft)
    kept = _put_aside(path, at) if path.exists() else None
    draft.replace(path)
    _sync(path.parent)
    lineage.say_beside(path, mark)
    return Restored(backup_at, kept)


def _copy(source: Path, draft: Path) -> None:
    """Copy a store that others may be writing to: one moment of it, in one step, whatever they do meanwhile."""
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(open_reader(source)) as original, closing(_open(draft)) as copy:
        original.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it


async def _check(draft: Path, what: str) -> None:
    """Whether it is a whole store of ours. Raises: StoreError."""
    with closing(_open(draft)) as copy:
        migrate.refuse_foreign(copy, draft)
        found = [text for (text,) in await to_thread.run_sync(_integrity, copy)]
        if found != ["ok"]:
            raise _damaged(what, found[0])
        verdict = await auditing.verify(_Log(copy))
        if verdict.fault is not None:
            raise _damaged(what, verdict.fault)


def _integrity(copy: sqlite3.Connection) -> list[tuple[str]]:
    return copy.execute("PRAGMA integrity_check(1)").fetchall()


def _mark(draft: Path, at: datetime, actor: str) -> tuple[datetime, str]:
    with closing(_open(draft)) as copy:
        migrate.migrate(copy, draft, copying=False)
        copy.execute("BEGIN IMMEDIATE")
        backup_at = lineage.mark_restored(copy, at, None, actor)
        mark = lineage.renew(copy, None)
        copy.execute("COMMIT")
        return backup_at, mark


def _put_aside(path: Path, at: datetime) -> Path:
    """Give the store that is there another name, and its write-ahead log with it, as they are."""
    kept = path.with_name(f"{path.name}.replaced-{at:%Y%m%dT%H%M%SZ}")
    _refuse_existing(kept)
    # The log goes first: a new store beside an old log would be taken for a part of it.
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(f"{path.name}{suffix}")
        if beside.exists():
            beside.replace(kept.with_name(f"{kept.name}{suffix}"))
    path.replace(kept)
    return kept


class _Log:
    """The audit log of a file, as a verification reads it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def audit_head(self) -> AuditHead | None:
        return audit.head(self._connection)

    async def audit_page(self, after: int, upto: int, limit: int) -> Sequence[AuditRow]:
        return await to_thread.run_sync(partial(audit.page, self._connection, after, upto, limit))


# ---------------------------------------------------------------- files


def _open(path: Path) -> sqlite3.Connection:
    name = f"file:{quote(str(path.absolute()))}?mode=rw"
    return sqlite3.connect(name, uri=True, isolation_level=None, check_same_thread=False)


def _refuse_existing(target: Path) -> None:
    if target.exists():
        raise StoreError(f"{target} exists already", code="backup_exists", fix="name a new file")


def _name(draft: Path, target: Path) -> None:
    """Give a finished file its name, never that of another file."""
    try:
        os.link(draft, target)
    except FileExistsError:
        _refuse_existing(target)
        raise
    except OSError:  # a file system without links
        _refuse_existing(target)
        draft.replace(target)
    else:
        draft.unlink()
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damaged(what: str, fault: str) -> StoreError:
    return StoreError(f"{what} is damaged: {fault}", code="backup_damaged", fix="take another backup")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise faults.explain(error, path) from error
    except OSError as error:
        raise faults.explain_os(error, path) from error
