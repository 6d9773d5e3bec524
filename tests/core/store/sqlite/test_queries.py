from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.store.sqlite import queries
from crossdock.store.sqlite.connections import open_writer
from crossdock.store.sqlite.migrate import migrate

NAMES = sorted(entry.name.removesuffix(".sql") for entry in files("crossdock.store.sqlite").joinpath("sql").iterdir())


@given(st.lists(st.integers(), max_size=1200))
def test_slices_cover_all_values_in_lengths_that_are_few(values):
    pieces = list(queries.slices(values))

    assert list(dict.fromkeys(one for piece in pieces for one in piece)) == list(dict.fromkeys(values))
    assert all(len(piece) & (len(piece) - 1) == 0 and len(piece) <= 256 for piece in pieces)


def test_widen_writes_a_row_of_parameters_for_each_value():
    query = queries.Query("VALUES {rows}", ("file", "name"))

    wide = queries.widen(query, 3)

    assert wide == "VALUES (?),(?),(?)"
    assert (wide.place, wide.listed) == (query.place, 3)


@pytest.mark.parametrize("name", NAMES)
def test_every_query_fits_the_schema(path, name):
    connection = open_writer(path)
    migrate(connection, path)

    for title, sql in queries.load(name).items():
        ready = queries.widen(sql, 2).replace("{conditions}", "TRUE")
        assert connection.execute(f"EXPLAIN {ready}", [None] * ready.count("?")), title

    connection.close()
