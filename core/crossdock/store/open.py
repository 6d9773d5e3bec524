"""From the words in `store:` to a store."""

from __future__ import annotations

from pathlib import Path

from crossdock.clock import Clock
from crossdock.errors import ConfigError
from crossdock.store.cipher import Key
from crossdock.store.protocol import Store
from crossdock.store.sqlite.store import SqliteStore


def open_store(url: str, *, clock: Clock, key: Key | None = None, folder: Path = Path()) -> Store:
    """A store, to be entered with `async with`; a relative path starts at `folder`. Raises: ConfigError."""
    scheme, colon, rest = url.partition(":")
    if colon and scheme == "sqlite" and rest.removeprefix("//"):
        return SqliteStore(folder / _path(rest), clock=clock, key=key)
    if scheme in ("postgresql", "postgres"):
        raise ConfigError(
            "a PostgreSQL store is not available in this version", code="store_unknown", fix="write `sqlite:FILE`"
        )
    raise ConfigError(f"`{scheme}` is no store", code="store_unknown", fix="write `store: sqlite:crossdock.db`")


def _path(rest: str) -> Path:
    # `sqlite:///relative` and `sqlite:////absolute` are how other tools write it.
    return Path(rest.removeprefix("///") if rest.startswith("///") else rest).expanduser()
