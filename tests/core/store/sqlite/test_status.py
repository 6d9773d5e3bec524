from __future__ import annotations

import pytest

from crossdock.store.rows import State
from crossdock.store.sqlite.queries import load

pytestmark = pytest.mark.anyio


async def test_status_of_pipelines_never_run_is_zero(store):
    one, two = await store.status(["b", "a"])

    assert (one.name, two.name) == ("b", "a")
    assert (one.last_read, one.last_success, one.read, one.oldest_open, one.reason) == (None, None, 0, None, None)
    assert one.counts == dict.fromkeys(State, 0)


async def test_status_counts_states_and_finds_the_oldest_open(store, make, staged, clock):
    start = clock.now()
    await staged(make.record("a"), make.record("b"))
    clock.advance(60)
    await staged(make.record("c"), make.record("a", "B"))
    await store.stage(make.intake(make.record("a"), pipeline="other"))
    (b,) = await store.deliveries(key="b")
    await store.apply(make.move(b.id, State.HELD, code="x"))

    (status,) = await store.status([make.pipeline])

    counts = {state.value: count for state, count in status.counts.items() if count}
    assert counts == {"skipped": 1, "held": 1, "pending": 2}
    assert (status.oldest_open, status.read, status.last_success) == (start, 4, None)


async def test_status_knows_the_last_success(store, make, staged, clock):
    (one, two) = await staged(make.record("a"), make.record("b"))
    clock.advance(60)
    await store.apply(make.move(one.id, State.DELIVERED))
    delivered = clock.now()
    clock.advance(60)
    await store.apply(make.move(two.id, State.DEAD, code="x"))
    after_delivery = (await store.status([make.pipeline]))[0]
    await store.read_ended(make.pipeline, clock.now(), "nothing new", complete=True)
    after_read = (await store.status([make.pipeline]))[0]

    assert after_delivery.last_success == delivered
    assert (after_read.last_success, after_read.last_read, after_read.reason) == (
        clock.now(),
        clock.now(),
        "nothing new",
    )


async def test_status_keeps_the_last_good_read_when_one_fails(store, make, clock):
    good = clock.now()
    await store.read_ended(make.pipeline, good, None, complete=True)
    clock.advance(60)
    await store.read_ended(make.pipeline, clock.now(), "the shop cannot be reached", complete=False)

    (status,) = await store.status([make.pipeline])
    assert (status.last_read, status.last_success, status.reason) == (good, None, "the shop cannot be reached")

    await store.read_ended(make.pipeline, clock.now(), None, complete=True)
    assert (await store.status([make.pipeline]))[0].reason is None


async def test_effect_count_is_zero_until_a_pipeline_acts(store, make, staged):
    (due,) = await staged(make.record("a"))
    before = await store.effect_count(make.pipeline)
    await store.apply(make.attempt(due, "e1"))

    assert (before, await store.effect_count(make.pipeline)) == (0, 1)


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["settled", "last_delivered"])
async def test_status_of_settled_deliveries_reads_an_index_only(store, name):
    plan = [row[3] for row in store._writer._connection.execute(f"EXPLAIN QUERY PLAN {load('status')[name]}", ("p",))]

    assert all("USING COVERING INDEX deliveries_settled" in step for step in plan if "deliveries" in step)
    assert not any("TEMP B-TREE" in step for step in plan)
