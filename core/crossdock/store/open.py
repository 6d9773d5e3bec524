"""From the words in `store:` to a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crossdock.clock import Clock, SystemClock
from crossdock.errors import ConfigError
from crossdock.store.cipher import Key
from crossdock.store.sqlite.backup import Restored, restore
from crossdock.store.sqlite.file import SqliteStore

if TYPE_CHECKING:
    from crossdock.store.postgres.store import PostgresStore

SHARED = ("postgresql", "postgres")
"""The words of a store that several processes share."""


def open_store(url: str, *, clock: Clock, key: Key | None = None, folder: Path = Path()) -> SqliteStore | PostgresStore:
    """A store, to be entered with `async with`; a relative path starts at `folder`. Raises: ConfigError."""
    scheme, colon, rest = url.partition(":")
    if colon and scheme == "sqlite" and rest.removeprefix("//"):
        return SqliteStore(folder / _path(rest), clock=clock, key=key)
    if colon and scheme in SHARED and rest.startswith("//"):
        return _shared(url, clock, key)
    raise ConfigError(
        "`store` names no store",  # not what it says: that may be a password
        code="store_unknown",
        fix="write `store: sqlite:crossdock.db` or `store: postgresql://HOST/DATABASE`",
    )


def is_shared(url: str) -> bool:
    """Whether several processes may run pipelines on such a store."""
    return url.partition(":")[0] in SHARED


@contextmanager
def scratch(url: str, name: str) -> Iterator[Callable[[], str]]:
    """A place for stores that are thrown away, beside a shared store: each call empties it and gives its address.

    Raises: ConfigError, StoreError.
    """
    _shared(url, SystemClock(), None)  # says what is missing
    from crossdock.store.postgres import scratch

    scratch.renew(url, name)
    try:
        yield partial(scratch.renew, url, name)
    finally:
        scratch.remove(url, name)


def is_there(url: str, *, folder: Path = Path()) -> bool:
    """Whether there is such a store already; makes none. Raises: ConfigError; StoreError where no server answers."""
    store = open_store(url, clock=SystemClock(), folder=folder)
    return store.path.exists() if isinstance(store, SqliteStore) else store.is_there()


def _shared(url: str, clock: Clock, key: Key | None) -> PostgresStore:
    try:
        from crossdock.store.postgres.store import PostgresStore
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "psycopg":
            raise
        raise ConfigError(
            "a PostgreSQL store needs psycopg, which is not installed",
            code="store_unknown",
            fix="pip install 'crossdock[postgresql]'",
        ) from error
    return PostgresStore(url, clock=clock, key=key)


async def restore_store(
    url: str, source: Path, *, at: datetime, actor: str, replace: bool, folder: Path = Path()
) -> Restored:
    """Put a backup into the place that `store:` names. Raises: StoreError; ConfigError where others do that better."""
    store = open_store(url, clock=SystemClock(), folder=folder)
    if not isinstance(store, SqliteStore):
        raise ConfigError(
            "this store is not restored by crossdock",
            code="restore_elsewhere",
            fix="restore it with the database's own means, then `crossdock restore --mark --as-of TIME`",
        )
    return await restore(source, store.path, at=at, actor=actor, replace=replace)


def _path(rest: str) -> Path:
    # `sqlite:///relative` and `sqlite:////absolute` are how other tools write it.
    return Path(rest.removeprefix("///") if rest.startswith("///") else rest).expanduser()
