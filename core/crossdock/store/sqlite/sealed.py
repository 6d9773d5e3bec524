"""Rows that only a key opens, and leases."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from crossdock.http.types import Token
from crossdock.jsonio import dumps, loads
from crossdock.store.cipher import Key, open_sealed
from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import AuditEvent
from crossdock.store.sqlite import audit
from crossdock.store.sqlite.queries import load

_MICROSECOND = timedelta(microseconds=1)


def token(connection: sqlite3.Connection, key: Key | None, account: str) -> Token | None:
    """The stored token of an account. Raises: ConfigError where the key is missing or wrong."""
    row = connection.execute(load("sealed")["token"], (account,)).fetchone()
    if row is None:
        return None
    fields = loads(open_sealed(key, row[1], key_id=row[0], table="tokens", name=account))
    issued_at, lifetime_us = from_micros(fields["issued_at"]), fields["lifetime_us"]
    return Token(fields["value"], issued_at, lifetime_us / 1_000_000, fields["refresh"])


def put_token(connection: sqlite3.Connection, key: Key, account: str, token: Token, at: datetime) -> None:
    """Seal and keep a token."""
    fields = {
        "value": token.value,
        "issued_at": to_micros(token.issued_at),
        "lifetime_us": round(token.lifetime_s * 1_000_000),
        "refresh": token.refresh,
    }
    sealed = key.seal(dumps(fields), table="tokens", name=account)
    connection.execute(load("sealed")["put_token"], (account, key.id, sealed, to_micros(at)))


def secret(connection: sqlite3.Connection, key: Key | None, name: str) -> str | None:
    """Open a secret. Raises: ConfigError where the key is missing or wrong."""
    row = connection.execute(load("sealed")["secret"], (name,)).fetchone()
    if row is None:
        return None
    return open_sealed(key, row[1], key_id=row[0], table="secrets", name=name).decode()


def put_secret(connection: sqlite3.Connection, key: Key, name: str, value: str, at: datetime) -> None:
    """Seal and keep a secret."""
    sealed = key.seal(value.encode(), table="secrets", name=name)
    connection.execute(load("sealed")["put_secret"], (name, key.id, sealed, to_micros(at)))


def secret_names(connection: sqlite3.Connection) -> dict[str, datetime]:
    """Names of the secrets and when each was set."""
    return {name: from_micros(at) for name, at in connection.execute(load("sealed")["secret_names"]).fetchall()}


def remove_secret(connection: sqlite3.Connection, name: str) -> bool:
    """Forget a secret; False where there was none."""
    return connection.execute(load("sealed")["remove_secret"], (name,)).rowcount == 1


def rekey(connection: sqlite3.Connection, old: Key | None, new: Key, actor: str, at: datetime) -> int:
    """Seal every row under a new key, all or none. Raises: ConfigError where a row does not open."""
    sql, sealed_anew, before = load("sealed"), 0, set[str]()
    for table in ("secrets", "tokens"):
        rows = connection.execute(sql[f"all_{table}"]).fetchall()
        for name, key_id, sealed in rows:
            if key_id == new.id:
                continue
            plain = open_sealed(old, sealed, key_id=key_id, table=table, name=name)
            connection.execute(sql[f"reseal_{table}"], (new.id, new.seal(plain, table=table, name=name), name))
            sealed_anew += 1
            before.add(key_id)
    if sealed_anew:
        detail = {"rows": sealed_anew, "from": sorted(before), "to": new.id}
        audit.append(connection, [AuditEvent("secrets.rekeyed", None, "secrets", at, actor=actor, detail=detail)])
    return sealed_anew


def take_lease(connection: sqlite3.Connection, name: str, owner: str, now: datetime, length: timedelta) -> bool:
    """Take a lease that is free or has run out; False where somebody holds it."""
    at = to_micros(now)
    return connection.execute(load("sealed")["take_lease"], (name, owner, at + length // _MICROSECOND, at)).rowcount > 0


def lease_holder(connection: sqlite3.Connection, name: str) -> str | None:
    """Who holds a lease or held it last."""
    row = connection.execute(load("sealed")["lease_holder"], (name,)).fetchone()
    return None if row is None else str(row[0])


def drop_lease(connection: sqlite3.Connection, name: str, owner: str) -> None:
    """Give a lease back, if it is still ours."""
    connection.execute(load("sealed")["drop_lease"], (name, owner))
