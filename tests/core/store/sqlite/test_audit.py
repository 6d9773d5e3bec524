from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from crossdock.store import auditing
from crossdock.store.auditing import verify
from crossdock.store.chain import GENESIS, AuditHead, to_event
from crossdock.store.rows import Change
from crossdock.store.sqlite.queries import load

pytestmark = [pytest.mark.anyio, pytest.mark.sqlite]


@pytest.fixture
async def logged(store, make):
    """A store with ten rows in its log, and a way to tamper with the file."""
    for number in range(5):
        said = make.event("c.d", "ü", at="10.10", reason="Mrs. Example called")
        await store.apply(Change(audit=[make.event("a.b", str(number), n=number), replace(said, actor="kim")]))

    def tamper(*statements):
        connection = sqlite3.connect(store.path, isolation_level=None)
        for trigger in ("is_not_changed", "is_not_cut", "parts_are_only_erased", "parts_are_not_cut"):
            connection.execute(f"DROP TRIGGER IF EXISTS audit_{trigger}")
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
        "at = at + 1", "parts = '{}'", "parts = NULL", "parts = upper(parts)", "pipeline = NULL", "kind = 'x'",
        "pipeline = 'other'", "ref = ref || ' '", "detail = replace(detail, '1', '3')", "detail = detail || ' '",
        "detail = CAST(detail AS BLOB)", "hash = zeroblob(32)", "hash = substr(hash, 1, 31)",
        "at = CAST(at AS TEXT) || 'x'", "ref = x'00ff'", "hash = CAST(hash AS TEXT)",
        "ref = CAST(x'c328' AS TEXT)", "detail = CAST(x'7b22c3227d' AS TEXT)",
    ],
)  # fmt: skip
async def test_audit_names_the_row_that_was_changed(store, logged, change):
    logged(f"UPDATE audit SET {change} WHERE seq = 6")

    assert await store.verify_audit() == "audit row 6 was changed"


async def test_audit_names_the_row_whose_byte_was_flipped(store, logged):
    logged(
        "UPDATE audit SET hash = CAST(substr(hash, 1, 3) || iif(substr(hash, 4, 1) = x'00', x'01', x'00')"
        " || substr(hash, 5) AS BLOB) WHERE seq = 3",
    )

    assert await store.verify_audit() == "audit row 3 was changed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("SET value = 'Mr. Example called' WHERE seq = 6 AND name = 'reason'", "its reason is another"),
        ("SET value = 'robin' WHERE seq = 6 AND name = 'actor'", "its actor is another"),
        ("SET value = CAST(value AS BLOB) WHERE seq = 6 AND name = 'actor'", "its actor is another"),
        ("SET value = CAST(x'c3286b' AS TEXT) WHERE seq = 6 AND name = 'actor'", "its actor is another"),
        ("SET salt = zeroblob(16) WHERE seq = 6 AND name = 'actor'", "its actor is another"),
        ("SET salt = NULL WHERE seq = 6 AND name = 'actor'", "its actor is another"),
        ("SET name = 'other' WHERE seq = 6 AND name = 'actor'", "its actor is missing"),
        ("SET seq = 5 WHERE seq = 6 AND name = 'actor'", "row 5 was changed: its actor was added"),
        ("SET seq = 7 WHERE seq = 6 AND name = 'reason'", "row 6 was changed: its reason is missing"),
    ],
)
async def test_audit_names_the_row_whose_words_were_changed(store, logged, change, said):
    logged(f"UPDATE audit_parts {change}")

    assert said in await store.verify_audit()


async def test_audit_tells_who_and_why(store, logged):
    row = (await store.audit_page(0, 10, 10))[1]
    event = to_event(row)

    assert (event.actor, event.detail) == ("kim", {"at": "10.10", "reason": "Mrs. Example called"})
    assert "Example" not in row.detail + row.parts


async def test_audit_names_words_that_were_taken_out_without_a_record(store, logged):
    logged("UPDATE audit_parts SET salt = NULL, value = NULL WHERE seq = 6")

    said = "2 texts were taken out of the audit log, and it records the erasure of 0"
    assert await store.verify_audit() == said


async def test_audit_names_words_that_were_removed(store, logged):
    logged("DELETE FROM audit_parts WHERE seq = 6 AND name = 'reason'")

    assert await store.verify_audit() == "audit row 6 was changed: its reason is missing"


async def test_audit_holds_where_the_hash_fits_that_was_noted(store, make, logged):
    noted = await store.audit_head()
    await store.apply(Change(audit=[make.event("a.b", "later")]))

    assert (await verify(store, noted)).ok
    assert (await verify(store, noted)).rows == 11


async def test_audit_that_was_written_anew_does_not_fit_the_hash_that_was_noted(store, make, logged):
    noted = await store.audit_head()
    logged("DELETE FROM audit", "DELETE FROM audit_parts", f"UPDATE audit_head SET seq = 0, hash = X'{GENESIS.hex()}'")
    await store.apply(Change(audit=[make.event("a.b", str(number)) for number in range(12)]))

    assert await store.verify_audit() is None
    verdict = await verify(store, noted)
    assert (verdict.fault, verdict.at) == ("audit row 10 is not the one whose hash was noted", 10)


async def test_audit_that_ends_before_the_row_that_was_noted_misses_it(store, logged):
    verdict = await verify(store, AuditHead(12, b"x" * 32))

    assert verdict.fault == "audit row 11 is missing: the log ends at row 10, and row 12 was noted"


@pytest.mark.parametrize("seq", [0, -7])
async def test_audit_names_a_row_that_was_put_before_the_first(store, logged, seq):
    logged(f"INSERT INTO audit SELECT {seq}, at, pipeline, kind, ref, detail, parts, hash FROM audit WHERE seq = 1")

    assert await store.verify_audit() == f"audit row {seq} was inserted: rows count from 1"


async def test_audit_names_a_row_that_was_put_into_the_middle(store, logged):
    logged(
        *(f"UPDATE audit SET seq = {number + 1} WHERE seq = {number}" for number in range(10, 4, -1)),
        "INSERT INTO audit SELECT 5, at, pipeline, kind, ref, detail, parts, hash FROM audit WHERE seq = 3",
    )

    assert await store.verify_audit() == "audit row 5 was changed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE audit_head SET hash = zeroblob(32)", "the head of the audit log was changed: it does not fit row 10"),
        ("DELETE FROM audit_head", "the head of the audit log is missing"),
    ],
)
async def test_audit_names_a_head_that_was_changed(store, logged, change, said):
    logged(change)

    assert await store.verify_audit() == said


async def test_audit_is_read_a_page_at_a_time(store, logged, monkeypatch):
    monkeypatch.setattr(auditing, "PAGE", 3)

    assert (await verify(store)).rows == 10
    logged("DELETE FROM audit WHERE seq IN (4, 5, 6)")
    assert await store.verify_audit() == "audit row 4 is missing"


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
    logged("INSERT INTO audit SELECT 11, at, pipeline, kind, ref, detail, parts, hash FROM audit WHERE seq = 10")

    said = "audit row 11 was not written by crossdock: the head does not know it"
    assert await store.verify_audit() == said


async def test_audit_names_a_true_row_that_the_head_does_not_know(store, logged):
    logged("UPDATE audit_head SET seq = 9, hash = (SELECT hash FROM audit WHERE seq = 9)")
    assert await store.verify_audit() == "audit row 10 was not written by crossdock: the head does not know it"


async def test_audit_names_a_renumbered_log(store, logged):
    logged(
        "DELETE FROM audit WHERE seq = 5", *(f"UPDATE audit SET seq = {n - 1} WHERE seq = {n}" for n in range(6, 11))
    )

    assert await store.verify_audit() == "audit row 5 was changed"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET kind = 'x'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE seq = 3",
        "UPDATE audit_parts SET value = 'x'",
        "UPDATE audit_parts SET seq = 1, salt = NULL, value = NULL",
        "DELETE FROM audit_parts",
    ],
)
async def test_log_can_only_grow(store, logged, statement):
    connection = sqlite3.connect(store.path, isolation_level=None)

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)

    connection.close()
    assert await store.verify_audit() is None


async def test_story_is_found_by_index(store, make):
    sql = load("audit")["about"].replace("{rows}", "(?),(?)")
    plan = [row[3] for row in store._writer._connection.execute(f"EXPLAIN QUERY PLAN {sql}", ("a", "b"))]

    assert any("audit_ref (ref=?)" in step for step in plan)
