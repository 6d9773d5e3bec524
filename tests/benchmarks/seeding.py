"""Fill a store with settled orders: the story of one that was really carried, copied with other names.

    python seeding.py crossdock.db 1000000

Columns that are not named here are copied as they are, so that a schema that grows is followed. Payloads, requests and
answers are small, as retention would leave them; the log is chained by the store's own hand.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from crossdock.store.rows import AuditEvent
from crossdock.store.sqlite import audit

_SLICE = 20_000
_KEY = "'seed-' || printf('%09d', n.n)"
_EFFECT = "printf('5eed%028d', n.n)"
_FAR = "'far-' || printf('%09d', n.n)"
_NUMBER = "(SELECT last FROM seed) + n.n"
_LAST = """
WITH used (id) AS (
    SELECT max(id) FROM records UNION ALL SELECT max(id) FROM deliveries
    UNION ALL SELECT max(id) FROM steps UNION ALL SELECT max(id) FROM links
)
SELECT max(id) FROM used"""
_SMALL = {"codec": "0", "body": "X'7B7D'"}

# In the order of their references. Each table's newest row is the pattern.
COPIES: Mapping[str, Mapping[str, str]] = {
    "records": {
        "id": _NUMBER,
        "key": _KEY,
        "ordering_key": _KEY,
        "identifiers": """'{"customer_order":"bought-' || printf('%09d', n.n) || '"}'""",
    },
    "payloads": {"id": _NUMBER, **_SMALL},
    "identifiers": {"value": "'bought-' || printf('%09d', n.n)", "key": _KEY},
    "deliveries": {"id": _NUMBER, "key": _KEY, "record_id": _NUMBER, "ordering_key": _KEY},
    "effects": {
        "id": _EFFECT,
        "key": f"'Acme Stores/' || {_KEY}",
        "delivery_id": _NUMBER,
        "record_id": _NUMBER,
        "receipt": f"""'{{"kind":"sale_order","id":"' || {_FAR} || '"}}'""",
    },
    "plans": {"effect_id": _EFFECT, "memo": "'{}'"},
    "steps": {"id": _NUMBER, "effect_id": _EFFECT},
    "requests": {"step_id": _NUMBER, **_SMALL},
    "answers": {"step_id": _NUMBER, **_SMALL},
    "links": {"id": _NUMBER, "near_id": _KEY, "far_id": _FAR, "effect_id": _EFFECT, "detail": "NULL"},
}


def fill(connection: sqlite3.Connection, count: int) -> None:
    """Add so many orders to a store in which at least one was carried."""
    connection.execute("PRAGMA synchronous = OFF")  # nothing of it is worth keeping through a power cut
    connection.execute("PRAGMA cache_size = -200000")
    (last,) = connection.execute(_LAST).fetchone()
    connection.execute("CREATE TEMP TABLE seed (last INTEGER)")
    connection.execute("INSERT INTO seed VALUES (?)", (last,))
    for table in COPIES:
        columns = ", ".join(_columns(connection, table))
        connection.execute(
            f"CREATE TEMP TABLE pattern_{table} AS SELECT {columns} FROM {table} ORDER BY 1 DESC LIMIT 1"
        )
    for start in range(1, count + 1, _SLICE):
        stop = min(start + _SLICE - 1, count)
        connection.execute("BEGIN")
        for table, replaced in COPIES.items():
            connection.execute(_copy(connection, table, replaced), (start, stop))
        audit.append(connection, _events(start, stop, last))
        connection.execute("COMMIT")
    connection.execute("UPDATE pipelines SET revisions = revisions + ?, effects = effects + ?", (count, count))
    connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(connection: sqlite3.Connection, table: str, replaced: Mapping[str, str]) -> str:
    columns = _columns(connection, table)
    values = (replaced.get(column, f"p.{column}") for column in columns)
    return (
        "WITH RECURSIVE n (n) AS (SELECT ? UNION ALL SELECT n + 1 FROM n WHERE n < ?) "
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM n CROSS JOIN pattern_{table} p"
    )


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _events(start: int, stop: int, last: int) -> Iterator[AuditEvent]:
    """What the engine writes of an order that goes well."""
    at = datetime.now(UTC)
    for number in range(start, stop + 1):
        key = f"seed-{number:09d}"
        effect = {"delivery": last + number, "effect": f"5eed{number:028d}", "effect_key": f"Acme Stores/{key}"}
        yield AuditEvent("effect.attempted", "orders", key, at, detail=effect)
        yield AuditEvent("effect.done", "orders", key, at, detail=effect)
        yield AuditEvent("delivery.delivered", "orders", key, at, detail={"delivery": last + number, "from": "pending"})


if __name__ == "__main__":
    with sqlite3.connect(sys.argv[1], isolation_level=None) as opened:
        fill(opened, int(sys.argv[2]))
    opened.close()
