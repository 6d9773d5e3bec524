from __future__ import annotations

import sqlite3

import pytest

from crossdock.store.rows import Change
from crossdock.store.sqlite.queries import load

pytestmark = pytest.mark.anyio


@pytest.fixture
async def logged(store, make):
    """A store with ten rows in its log, and a way to tamper with the file."""
    for number in range(5):
        await store.apply(Change(audit=[make.event("a.b", str(number), n=number), make.event("c.d", "ü", at="10.10")]))

    def tamper(*statements):
        connection = sqlite3.connect(store.path, isolation_level=None)
        connection.executescript("DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_cut;")
        for statement in statements:
            connection.execute(statement)
        connection.close()

    return tamper


async def test_audit_of_a_new_store_holds(store):
    assert await store.verify_audit() is None


async def test_audit_holds_as_it_was_written(store, logged):
    assert await store.verify_audit() is None


@pytest.mark.parametrize(
    "change",
    [
        "at = at + 1", "actor = 'me'", "pipeline = NULL", "pipeline = 'other'", "kind = 'x'", "ref = ref || ' '",
        "detail = replace(detail, '2', '3')", "detail = detail || ' '", "detail = CAST(detail AS BLOB)",
        "hash = zeroblob(32)", "hash = substr(hash, 1, 31)", "at = CAST(at AS TEXT) || 'x'", "ref = x'00ff'",
    ],
)  # fmt: skip
async def test_audit_names_the_row_that_was_changed(store, logged, change):
    logged(f"UPDATE audit SET {change} WHERE seq = 5")

    assert await store.verify_audit() == "audit row 5 was changed"


async def test_audit_names_the_row_whose_byte_was_flipped(store, logged):
    logged(
        "UPDATE audit SET hash = CAST(substr(hash, 1, 3) || x'00' || substr(hash, 5) AS BLOB) WHERE seq = 3",
    )

    assert await store.verify_audit() == "audit row 3 was changed"


@pytest.mark.parametrize(("seq", "said"), [(1, "row 1 is missing"), (5, "row 5 is missing"), (10, "row 10 is missing")])
async def test_audit_names_the_row_that_was_removed(store, logged, seq, said):
    logged(f"DELETE FROM audit WHERE seq = {seq}")

    assert said in await store.verify_audit()


async def test_audit_misses_a_tail_and_a_whole_log(store, logged):
    logged("DELETE FROM audit WHERE seq > 7")
    assert await store.verify_audit() == "audit row 8 is missing: the log ends at row 7, its head says 10"

    connection = sqlite3.connect(store.path, isolation_level=None)
    connection.execute("DELETE FROM audit")
    connection.close()
    assert "audit row 1 is missing" in await store.verify_audit()


async def test_audit_names_rows_that_were_swapped(store, logged):
    logged(
        "UPDATE audit SET seq = -1 WHERE seq = 4",
        "UPDATE audit SET seq = 4 WHERE seq = 6",
        "UPDATE audit SET seq = 6 WHERE seq = -1",
    )

    assert await store.verify_audit() == "audit row 4 was changed"


async def test_audit_names_a_row_that_was_added_behind(store, logged):
    logged("INSERT INTO audit SELECT 11, at, actor, pipeline, kind, ref, detail, hash FROM audit WHERE seq = 10")
    assert await store.verify_audit() == "audit row 11 was changed"


async def test_audit_names_a_true_row_that_the_head_does_not_know(store, logged):
    logged("UPDATE audit_head SET seq = 9, hash = (SELECT hash FROM audit WHERE seq = 9)")
    assert await store.verify_audit() == "audit row 10 was not written by crossdock: the head does not know it"


async def test_audit_names_a_renumbered_log(store, logged):
    logged(
        "DELETE FROM audit WHERE seq = 5", *(f"UPDATE audit SET seq = {n - 1} WHERE seq = {n}" for n in range(6, 11))
    )

    assert await store.verify_audit() == "audit row 5 was changed"


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET kind = 'x'", "DELETE FROM audit", "DELETE FROM audit WHERE seq = 3"]
)
async def test_log_can_only_grow(store, logged, statement):
    connection = sqlite3.connect(store.path, isolation_level=None)

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)

    connection.close()
    assert await store.verify_audit() is None


async def test_story_is_found_by_index(store, make):
    sql = load("audit")["about"].replace("{rows}", "(?),(?)")
    plan = [row[3] for row in store._writer._connection.execute(f"EXPLAIN QUERY PLAN {sql}", ("a", "b", "p"))]

    assert any("audit_ref (ref=?)" in step for step in plan)
