"""What is asked is found by index, also while nobody has told the planner how much there is."""

from __future__ import annotations

from importlib.resources import files

import pytest

from crossdock.store.postgres.line import Line
from crossdock.store.postgres.session import statement
from crossdock.store.sqlite import queries

OURS = {entry.name.removesuffix(".sql") for entry in files("crossdock.store.postgres").joinpath("sql").iterdir()}
SHARED = sorted(entry.name.removesuffix(".sql") for entry in files("crossdock.store.sqlite").joinpath("sql").iterdir())


@pytest.fixture(scope="module")
def session(postgres_database, _migrated):
    line = Line(postgres_database)
    yield line.session()
    line.close()


def explained(session, sql):
    """The plan of a query whose parameters are not known."""
    cursor = session.connection.cursor()
    marks = sql.count("%b")
    sql = sql.replace("%%", "%")
    for number in range(marks):
        sql = sql.replace("%b", f"${number + 1}", 1)
    cursor.execute(f"EXPLAIN (GENERIC_PLAN) {sql}".encode())
    return [line for (line,) in cursor.fetchall()]


CASES = [(name, title) for name in SHARED for title in queries.load(name)]


@pytest.mark.parametrize(("name", "title"), CASES)
def test_every_query_fits_the_schema_and_reads_no_table_from_end_to_end(session, name, title):
    text = queries.load(name)[title].replace("{conditions}", "d.id = ?" if "deliveries d" in title else "id = ?")
    sql = statement((name, title), text)

    plan = explained(session, sql)

    small = {
        "audit_head",
        "pauses",
        "secrets",
        "notices",
        "pipelines",
        "crossdock_schema",
        "quotas",
        "outages",
        "lineage",
    }
    read = [line.split(" on ")[1].split()[0] for line in plan if "Seq Scan on" in line]
    assert set(read) <= small
