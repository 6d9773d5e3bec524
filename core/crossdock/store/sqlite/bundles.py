"""Effects that go together: their number, and the effect that carries them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from crossdock.store.moments import to_micros
from crossdock.store.rows import BundleRow, CarrierRow, NewBundle
from crossdock.store.sqlite import effects
from crossdock.store.sqlite.queries import load


def allot(connection: sqlite3.Connection, account: str, sink: str, at: datetime) -> int:
    """A number that no bundle of this store ever had, or will have."""
    (number,) = connection.execute(load("bundles")["allot"], (account, sink, to_micros(at))).fetchone()
    return int(number)


def add(connection: sqlite3.Connection, bundles: Sequence[NewBundle]) -> None:
    """Note which effects go together."""
    rows = chain.from_iterable(((member, one.carrier_id) for member in one.member_ids) for one in bundles)
    connection.executemany(load("bundles")["add_member"], list(rows))


def carrier(connection: sqlite3.Connection, carrier_id: str) -> CarrierRow:
    """What carried an effect."""
    sql = load("bundles")
    (found,) = effects.complete(connection, connection.execute(sql["carrier"], (carrier_id,)).fetchall())
    (members,) = connection.execute(sql["count"], (carrier_id,)).fetchone()
    return CarrierRow(found, int(members))


def find(connection: sqlite3.Connection, carrier_id: str) -> BundleRow | None:
    """A bundle by the id of its carrier."""
    sql = load("bundles")
    found = effects.complete(connection, connection.execute(sql["carrier"], (carrier_id,)).fetchall())
    if not found:
        return None
    return BundleRow(
        found[0], effects.complete(connection, connection.execute(sql["members"], (carrier_id,)).fetchall())
    )
