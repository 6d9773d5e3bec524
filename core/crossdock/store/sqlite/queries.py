"""SQL lives in `.sql` files; each query bears a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TypeVar

_MARK = "-- name: "
_MOST = 256  # values a query takes at once; well below SQLite's limit of parameters

T = TypeVar("T")


@cache
def load(name: str) -> Mapping[str, str]:
    """The queries of `sql/<name>.sql` by their names."""
    text = files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    sections = text.split(_MARK)[1:]
    return {head.strip(): body.strip() for head, _, body in (section.partition("\n") for section in sections)}


def slices(values: Sequence[T]) -> Iterator[list[T]]:
    """Cut a list into pieces whose lengths are powers of two, the last value repeated.

    A query is prepared once for each length, so that a few lengths serve all; it bears the repeats.
    """
    for start in range(0, len(values), _MOST):
        piece = list(values[start : start + _MOST])
        size = 1 << (len(piece) - 1).bit_length()
        yield piece + [piece[-1]] * (size - len(piece))


@cache
def widen(sql: str, count: int, columns: int = 1) -> str:
    """Put `count` rows of parameters where the query says `{rows}`."""
    row = f"({','.join('?' * columns)})"
    return sql.replace("{rows}", ",".join([row] * count))
