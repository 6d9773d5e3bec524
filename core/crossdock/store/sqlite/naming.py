"""Which names one business key goes by: from any of them to all of them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from crossdock.errors import StoreError
from crossdock.jsonio import loads
from crossdock.store.sqlite.queries import load, slices, widen

MOST = 64
"""A text that names more records than this is no business key."""
_HUB = 16
"""A thing with more links than this is shared (a day's entry): the way does not lead on through it."""
_FETCHED = 4096  # rows of one question; a hub shows long before


class FoundRecord(NamedTuple):
    """One revision that was read."""

    id: int
    pipeline: str
    account: str
    entity: str
    key: str
    revision: int
    version: int | None
    version_is_time: int
    identifiers: str
    digest: bytes
    read_at: int
    backfill: int
    sweep: int


class FoundLink(NamedTuple):
    """One link, and by which name it was found."""

    id: int
    by: str
    near_account: str
    near_kind: str
    near_id: str
    far_account: str
    far_kind: str
    far_id: str
    at: int
    effect_id: str | None


class Names:
    """All records and links that one text leads to.

    A record's key, a link's ends and an effect's key name the thing itself, and the way leads on from them to whatever
    bears them. A further identifier of a record may be shared (an order of several parts): links and keys are looked up
    by it, but no other record that has it too.
    """

    def __init__(self, connection: sqlite3.Connection, text: str) -> None:
        self.records: dict[int, FoundRecord] = {}
        self.links: dict[int, FoundLink] = {}
        self._connection = connection
        self._text = text
        self._followed: set[str] = set()
        self._looked: set[str] = set()
        self._aside: set[str] = set()
        self._search()

    @property
    def keys(self) -> list[str]:
        """The keys of the records, in the order in which these were read."""
        return list(dict.fromkeys(record.key for record in self.in_order()))

    def in_order(self) -> list[FoundRecord]:
        """The records in the order in which they were read."""
        return sorted(self.records.values(), key=lambda record: (record.read_at, record.id))

    def _search(self) -> None:
        wanted = {self._text}
        while wanted or self._aside - self._looked:
            self._followed |= wanted
            # An identifier that turns out to be a key or a link's end is followed in the next round.
            found = self._follow(wanted) | self._look_up(self._aside - self._looked)
            wanted = found - self._followed

    def _follow(self, names: set[str]) -> set[str]:
        """What bears one of these names in any way."""
        found = self._look_up(names)
        for row in self._few("named", names):
            found.add(row[1])
        for effect_key, key in self._few("effect_keys", names):
            found |= {effect_key, key}
        return found

    def _look_up(self, names: set[str]) -> set[str]:
        """The records of these keys and the links with these ends."""
        self._looked |= names
        found: set[str] = set()
        for row in self._ask("records", names):
            record = FoundRecord(*row)
            self.records[record.id] = record
            found.add(record.key)
            self._aside.update(loads(record.identifiers).values())
        for title in ("near", "far"):
            for row in self._few(title, names, by=1):
                link = FoundLink(*row)
                self.links[link.id] = link
                found |= {link.near_id, link.far_id}
        return found

    def _few(self, title: str, names: Iterable[str], by: int = 0) -> Iterator[tuple[Any, ...]]:
        """Rows of names that are not shared by many. Raises: StoreError where the text itself is."""
        grouped: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for row in self._ask(title, names, _FETCHED):
            grouped[row[by]].append(row)
        for name, rows in grouped.items():
            if name == self._text and len(rows) > MOST:
                raise _too_wide(name, title, rows)
            if name == self._text or len(rows) <= _HUB:
                yield from rows

    def _ask(self, title: str, names: Iterable[str], *more: object) -> Iterator[tuple[Any, ...]]:
        yield from ask(self._connection, title, list(names), *more)


def ask(
    connection: sqlite3.Connection, title: str, values: Sequence[object], *more: object
) -> Iterator[tuple[Any, ...]]:
    """A query of `trace.sql` for many values."""
    sql = load("trace")[title]
    for piece in slices(values):
        yield from connection.execute(widen(sql, len(piece)), (*piece, *more)).fetchall()


def _too_wide(name: str, title: str, rows: Sequence[tuple[Any, ...]]) -> StoreError:
    several = sorted({str(value) for row in rows for value in _ends(title, row) if value != name})
    return StoreError(
        f"{name} belongs to more than {MOST} things: it names none of them",
        code="shared_name",
        fix=f"trace one of them, such as {', '.join(several[:3])}",
    )


def _ends(title: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (row[4], row[7]) if title in ("near", "far") else row[1:2]
