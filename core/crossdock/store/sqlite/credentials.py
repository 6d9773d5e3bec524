"""What is known of the credentials of connections: which ones worked, whose they were, and that they were refused."""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from typing import Any

from crossdock.store.cipher import Key, fingerprint
from crossdock.store.moments import from_micros_or_none, to_micros
from crossdock.store.rows import AuditEvent, CredentialRow, Refusal
from crossdock.store.sqlite import audit
from crossdock.store.sqlite.queries import load

_SALT = 16


def find(connection: sqlite3.Connection, key: Key | None, name: str, material: bytes) -> CredentialRow | None:
    """What is known of a connection, and whether these are the same credentials."""
    row = connection.execute(load("credentials")["find"], (name,)).fetchone()
    return None if row is None else _row(row, same=fingerprint(key, row[4], material) == row[5])


def all_of(connection: sqlite3.Connection) -> list[CredentialRow]:
    """What is known of all connections."""
    return [_row(row, same=True) for row in connection.execute(load("credentials")["all"]).fetchall()]


def vouch(connection: sqlite3.Connection, key: Key | None, row: CredentialRow, material: bytes, at: datetime) -> None:
    """Note that these credentials work, and whose they are."""
    salt = os.urandom(_SALT)
    marked = salt, fingerprint(key, salt, material), to_micros(at)
    connection.execute(load("credentials")["vouch"], (row.connection, row.account, row.host, row.owner, *marked))
    detail = {"account": row.account, "owner": row.owner}
    audit.append(connection, [AuditEvent("connection.vouched", None, row.connection, at, detail=detail)])


def refuse(
    connection: sqlite3.Connection, key: Key | None, row: CredentialRow, material: bytes, refusal: Refusal
) -> None:
    """Note that these credentials were refused: whose the last ones were that worked stays known."""
    salt, at = os.urandom(_SALT), refusal.at
    marked = salt, fingerprint(key, salt, material), to_micros(at)
    told = refusal.code, refusal.reason, refusal.fix
    connection.execute(load("credentials")["refuse"], (row.connection, row.account, row.host, *marked, *told))
    detail = {"code": refusal.code, "reason": refusal.reason}
    audit.append(connection, [AuditEvent("connection.refused", None, row.connection, at, detail=detail)])


def forget(connection: sqlite3.Connection, name: str) -> bool:
    """Forget a refusal, and whose the credentials were; False where there was none."""
    return connection.execute(load("credentials")["forget"], (name,)).rowcount > 0


def _row(row: tuple[Any, ...], *, same: bool) -> CredentialRow:
    name, account, host, owner, _, _, worked_at, refused_at, code, reason, fix = row
    refused = from_micros_or_none(refused_at)
    refusal = None if refused is None else Refusal(refused, code, reason, fix)
    return CredentialRow(name, account, host, owner, from_micros_or_none(worked_at), refusal, same)
