"""SQL lives in `.sql` files; each query bears a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TypeVar

_MARK = "-- name: "
_MOST = 256  # values a query takes at once; well below SQLite's limit of parameters

T = TypeVar("T")


class Query(str):
    """The text of a query that knows its name, so that PostgreSQL can say the same in its own words."""

    __slots__ = ("listed", "place")

    place: tuple[str, str]
    """The file and the name in it."""
    listed: int
    """How many values of a list it begins with; 0 where it takes no list."""

    def __new__(cls, text: str, place: tuple[str, str], listed: int = 0) -> Query:
        """Give a text its name."""
        query = super().__new__(cls, text)
        query.place, query.listed = place, listed
        return query


@cache
def load(name: str) -> Mapping[str, Query]:
    """The queries of `sql/<name>.sql` by their names."""
    return {title: Query(text, (name, title)) for title, text in read(__package__, name).items()}


def read(package: str, name: str) -> dict[str, str]:
    """The texts of `sql/<name>.sql` of a package by their names."""
    text = files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    sections = text.split(_MARK)[1:]
    # A comment above a mark stands at the end of the section before; it belongs to none.
    cut = ((head.strip(), body.strip()) for head, _, body in (section.partition("\n") for section in sections))
    return {head: "\n".join(line for line in body.splitlines() if not line.startswith("--")) for head, body in cut}


def slices(values: Sequence[T]) -> Iterator[list[T]]:
    """Cut a list into pieces whose lengths are powers of two, the last value repeated.

    A query is prepared once for each length, so that a few lengths serve all; it bears the repeats.
    """
    for start in range(0, len(values), _MOST):
        piece = list(values[start : start + _MOST])
        size = 1 << (len(piece) - 1).bit_length()
        yield piece + [piece[-1]] * (size - len(piece))


@cache
def widen(sql: Query, count: int) -> Query:
    """Put `count` parameters where the query says `{rows}`."""
    return Query(sql.replace("{rows}", ",".join(["(?)"] * count)), sql.place, count)
