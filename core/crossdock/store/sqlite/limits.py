"""What all processes share of an account's limits: its buckets of calls, and that it cannot be reached."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from crossdock.http.buckets import Ask, Bucket, Rented, Told, to_us
from crossdock.http.circuit import Outage
from crossdock.http.types import Rate
from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import QuotaRow
from crossdock.store.sqlite.queries import load


def rent(connection: sqlite3.Connection, account: str, rate: Rate, ask: Ask, now: datetime) -> Rented:
    """Rent calls of a bucket."""
    full_us, rented = Bucket.of(rate).rent(_full_us(connection, account, rate), to_us(now), ask)
    _put(connection, account, rate, full_us)
    return rented


def correct(connection: sqlite3.Connection, account: str, rate: Rate, told: Told, now: datetime) -> None:
    """Believe the vendor where it says that fewer calls are left than we count."""
    _put(connection, account, rate, Bucket.of(rate).correct(_full_us(connection, account, rate), to_us(now), told))


def give_back(connection: sqlite3.Connection, account: str, rate: Rate, calls: int, now: datetime) -> None:
    """Put back what was rented and not used."""
    full_us = Bucket.of(rate).give_back(_full_us(connection, account, rate), to_us(now), calls)
    _put(connection, account, rate, full_us)


def quotas(connection: sqlite3.Connection, now: datetime) -> list[QuotaRow]:
    """Every bucket that was ever used, with what is left of it."""
    rows = connection.execute(load("limits")["quotas"]).fetchall()
    return [
        _quota(account, Rate(name, calls, per_us / 1_000_000, burst), full_us, now)
        for account, name, burst, calls, per_us, full_us in rows
    ]


def outage(connection: sqlite3.Connection, account: str) -> Outage | None:
    """The outage of an account; None where it can be reached."""
    row = connection.execute(load("limits")["outage"], (account,)).fetchone()
    return None if row is None else _outage(row)


def outages(connection: sqlite3.Connection) -> list[Outage]:
    """All outages, the longest first."""
    return [_outage(row) for row in connection.execute(load("limits")["outages"]).fetchall()]


def put_outage(connection: sqlite3.Connection, outage: Outage) -> None:
    """Keep an outage, or how it goes on."""
    times = to_micros(outage.since), to_micros(outage.until)
    connection.execute(
        load("limits")["put_outage"], (outage.account, outage.connection, *times, outage.trials, outage.reason)
    )


def drop_outage(connection: sqlite3.Connection, account: str) -> None:
    """Forget an outage."""
    connection.execute(load("limits")["drop_outage"], (account,))


def _full_us(connection: sqlite3.Connection, account: str, rate: Rate) -> int:
    row = connection.execute(load("limits")["full_at"], (account, rate.match)).fetchone()
    return 0 if row is None else row[0]


def _put(connection: sqlite3.Connection, account: str, rate: Rate, full_us: int) -> None:
    per_us = round(rate.per_s * 1_000_000)
    connection.execute(load("limits")["put_quota"], (account, rate.match, rate.at_once, rate.calls, per_us, full_us))


def _quota(account: str, rate: Rate, full_us: int, now: datetime) -> QuotaRow:
    left = Bucket.of(rate).left(full_us, to_us(now))
    return QuotaRow(account, rate.match, rate.calls, rate.per_s, rate.at_once, left, from_micros(full_us))


def _outage(row: tuple[str, str, int, int, int, str]) -> Outage:
    account, connection, since, until, trials, reason = row
    return Outage(account, connection, from_micros(since), from_micros(until), trials, reason)
