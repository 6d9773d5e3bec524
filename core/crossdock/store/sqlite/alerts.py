"""What persons were told out of band: the first process that asks tells, the others do not."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from crossdock.jsonio import loads
from crossdock.store import codec
from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import AlertRow, Alerts
from crossdock.store.sqlite.queries import load


def claim(
    connection: sqlite3.Connection,
    scopes: Collection[str],
    issues: Sequence[AlertRow],
    repeat: timedelta,
    at: datetime,
) -> Alerts:
    """Take what is to be told now, so that nobody else tells it, and what is over of the scopes that were looked at."""
    sql, told = load("alerts"), dict[str, tuple[AlertRow, datetime]]()
    for issue, scope, mark, about, told_at in connection.execute(sql["all"]).fetchall():
        told[issue] = AlertRow(issue, scope, mark, loads(about)), from_micros(told_at)
    new = [one for one in issues if _is_due(one, told.get(one.issue), repeat, at)]
    standing = {one.issue for one in issues}
    over = [row for row, _ in told.values() if row.scope in scopes and row.issue not in standing]
    moment = to_micros(at)
    rows = [(one.issue, one.scope, one.mark, codec.to_text(dict(one.about)), moment) for one in new]
    connection.executemany(sql["tell"], rows)
    connection.executemany(sql["forget"], [(one.issue,) for one in over])
    return Alerts(new, over)


def give_back(connection: sqlite3.Connection, taken: Alerts) -> None:
    """Telling failed: what was taken is to be told by the next that asks, and what is over once more."""
    sql = load("alerts")
    connection.executemany(sql["forget"], [(one.issue,) for one in taken.new])
    over = [(one.issue, one.scope, one.mark, codec.to_text(dict(one.about)), 0) for one in taken.over]
    connection.executemany(sql["tell"], over)


def _is_due(one: AlertRow, told: tuple[AlertRow, datetime] | None, repeat: timedelta, at: datetime) -> bool:
    return told is None or told[0].mark != one.mark or at - told[1] >= repeat
