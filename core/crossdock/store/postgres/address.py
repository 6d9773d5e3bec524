"""Where a server is, said so that it may be shown, and how a connection to it is made."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from crossdock.errors import ConfigError, StoreError
from crossdock.store.postgres.queries import load

_OPTIONS = {
    "connect_timeout": "10",
    "application_name": "crossdock",
    # A server or a line that went away without a word is noticed within half a minute.
    "keepalives": "1",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
_SETTINGS = {
    "idle_in_transaction_session_timeout": "10s",  # a frozen process gives way to the others
    "lock_timeout": "5s",
    "statement_timeout": "60s",
    "default_transaction_isolation": "read committed",
    "timezone": "UTC",
    "jit": "off",
    # All we ask is found by an index; without statistics, as after a first intake, a planner would read whole tables.
    "enable_seqscan": "off",
}
_OLDEST = 130000


def shown(url: str) -> str:
    """The address without user, password and settings. Raises: ConfigError where it is none."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or dict(parse_qsl(parts.query)).get("host") or "this machine"
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        raise ConfigError("`store` is no address of a PostgreSQL server", code="store_unknown", fix=FORM) from None
    name = unquote(parts.path.removeprefix("/"))
    return f"the store {name or 'of the default database'} at {host}{port}"


FORM = "write `store: postgresql://USER:PASSWORD@HOST/DATABASE`, the password as ${env:NAME}"


def connect(url: str) -> Any:
    """A connection, set up. Raises: psycopg.Error, StoreError."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    connection = psycopg.connect(make_conninfo("", **{**_OPTIONS, **conninfo_to_dict(url)}), autocommit=True)
    try:
        _set_up(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: Any) -> None:
    if connection.info.server_version < _OLDEST:
        raise StoreError(
            f"the server is PostgreSQL {connection.info.server_version // 10000}", fix="use PostgreSQL 13 or newer"
        )
    words = load("session")
    settings = ", ".join([words["setting"]] * len(_SETTINGS))
    named = [part for pair in _SETTINGS.items() for part in pair]
    connection.execute(f"SELECT {settings}, {words['durable']}", named)
