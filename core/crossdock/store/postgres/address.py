"""Where a server is, said so that it may be shown, and how a connection to it is made."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from crossdock.errors import ConfigError, StoreError

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
    from psycopg.conninfo import conninfo_to_dict

    given = conninfo_to_dict(url)
    connection = psycopg.connect(**{**_OPTIONS, **given}, autocommit=True)
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
    settings = ", ".join("set_config(%s, %s, FALSE)" for _ in _SETTINGS)
    # Nothing counts as written before it is on disk, whatever a database or a role says.
    durable = "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, FALSE)"
    connection.execute(f"SELECT {settings}, {durable}", [part for pair in _SETTINGS.items() for part in pair])
