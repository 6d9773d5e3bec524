from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from crossdock.store.rows import Change

pytestmark = pytest.mark.anyio


@pytest.fixture
async def logged(store, make, beside):
    """A store with ten rows in its log, and a way to tamper with them."""
    for number in range(5):
        said = make.event("c.d", "ü", at="10.10", reason="Mrs. Example called")
        await store.apply(Change(audit=[make.event("a.b", str(number), n=number), replace(said, actor="kim")]))
    return beside.change


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ([], None),
        (["UPDATE audit SET at = at + 1 WHERE seq = 6"], "audit row 6 was changed"),
        (["UPDATE audit SET hash = set_byte(hash, 3, 255 - get_byte(hash, 3)) WHERE seq = 3"], "row 3 was changed"),
        (["UPDATE audit_parts SET value = 'someone' WHERE seq = 4 AND name = 'actor'"], "row 4"),
        (["DELETE FROM audit WHERE seq = 1"], "row 1 is missing"),
        (["DELETE FROM audit WHERE seq = 5"], "row 5 is missing"),
        (["DELETE FROM audit WHERE seq > 7"], "row 8 is missing"),
        (["DELETE FROM audit"], "row 1 is missing"),
        (
            [f"UPDATE audit SET seq = {new} WHERE seq = {old}" for old, new in ((4, -1), (6, 4), (-1, 6))],
            "row 4 was changed",
        ),
        (["INSERT INTO audit SELECT 11, at, pipeline, kind, ref, detail, parts, hash FROM audit WHERE seq = 9"], "11"),
    ],
)
async def test_audit_names_the_first_row_that_is_not_as_it_was_written(store, logged, statements, said):
    logged(*statements)

    found = await store.verify_audit()

    assert found is None if said is None else said in found


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET kind = 'x'", "DELETE FROM audit WHERE seq = 3", "TRUNCATE audit", "DELETE FROM audit_parts",
        "UPDATE audit_parts SET value = 'me'", "TRUNCATE audit_parts",
    ],
)  # fmt: skip
async def test_log_can_only_grow(store, logged, postgres_url, statement):
    with psycopg.connect(postgres_url) as connection, pytest.raises(psycopg.Error, match="append-only"):
        connection.execute(statement)

    assert await store.verify_audit() is None


async def test_two_processes_write_one_chain(store, open_shared, make):
    async with open_shared() as other:
        for number in range(6):
            await (store, other)[number % 2].apply(Change(audit=[make.event("a.b", str(number))]))

        assert await other.verify_audit() is None
    assert (await store.audit_head()).seq == 6
