"""One connection as the store's functions use it: they name a query, and it is said in this dialect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import psycopg
from psycopg.types.numeric import Int8BinaryDumper
from psycopg.types.string import StrBinaryDumper

from crossdock.store.sqlite.queries import Query, read

_OF_ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


class Nothing(NamedTuple):
    """What a statement for no rows at all comes to."""

    rowcount: int = 0


class Session:
    """A connection with the few methods that the store's functions use of SQLite's."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        # One type for each kind of value, whatever its size: a statement is prepared once.
        connection.adapters.register_dumper(int, Int8BinaryDumper)
        connection.adapters.register_dumper(str, StrBinaryDumper)

    def execute(self, query: str, values: Sequence[object] = ()) -> Any:
        """Run one query; a list that it begins with goes as one array."""
        if isinstance(query, Query):
            first = _own(query.place[0]).get(f"before {query.place[1]}")
            if first is not None:  # what a single writer needs no lock for
                self._cursor().execute(first)
            if query.listed:
                values = (list(dict.fromkeys(values[: query.listed])), *values[query.listed :])
            return self._cursor().execute(statement(query.place, query), values)
        if query == "BEGIN":  # only readers begin one themselves
            query = _OF_ONE_MOMENT
        return self._cursor().execute(translate(query), values or None)

    def executemany(self, query: Query, rows: Iterable[Sequence[object]]) -> Any:
        """Run a query for many rows; where it takes arrays, in one statement."""
        rows = list(rows)
        if not rows:
            return Nothing()
        cursor, own = self._cursor(), _own(query.place[0]).get(query.place[1])
        if own is not None:
            return cursor.execute(own, [list(column) for column in zip(*rows, strict=True)])
        cursor.executemany(translate(query), rows)
        return cursor

    def _cursor(self) -> Any:
        return self.connection.cursor(binary=True)


def statement(place: tuple[str, str], text: str) -> str:
    """What PostgreSQL is told: its own words, else those that both dialects share."""
    own = _own(place[0]).get(place[1])
    return translate(text) if own is None else own


@cache
def translate(text: str) -> str:
    """The same words with the marks for parameters that psycopg knows."""
    return text.replace("%", "%%").replace("?", "%b")


@cache
def _own(name: str) -> dict[str, str]:
    try:
        return read(__package__, name)
    except FileNotFoundError:  # both dialects share all of it
        return {}
