from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.clock import ManualClock
from crossdock.store.moments import to_micros
from crossdock.store.rows import OUTCOME_UNKNOWN, Selection, State
from crossdock.store.sqlite import deliveries
from crossdock.store.sqlite.connections import open_writer
from crossdock.store.sqlite.migrate import migrate
from crossdock.store.sqlite.queries import load

pytestmark = pytest.mark.anyio


@pytest.fixture
def ready(store, make, clock):
    async def keys(limit=100):
        return [one.key for one in await store.ready(make.pipeline, make.route, now=clock.now(), limit=limit)]

    return keys


async def test_ready_gives_the_longest_due_first_up_to_the_limit(store, make, staged, clock, ready):
    for key in "cab":
        await staged(make.record(key))
        clock.advance(1)

    assert await ready() == ["c", "a", "b"]
    assert await ready(2) == ["c", "a"]


async def test_ready_leaves_what_is_not_due_or_never_due(store, make, staged, clock, ready):
    later, never, _ = await staged(make.record("later"), make.record("never"), make.record("now"))
    await store.apply(make.move(later.id, State.WAITING, due_at=clock.now() + timedelta(seconds=10)))
    await store.apply(make.move(never.id, State.HELD, code="x"))

    assert await ready() == ["now"]
    clock.advance(10)
    assert await ready() == ["now", "later"]


async def test_ready_gives_one_of_each_ordering_key(store, make, staged, ready):
    await staged(make.record("a", ordering_key="po"), make.record("b", ordering_key="po"), make.record("c"))

    assert await ready() == ["a", "c"]


@pytest.mark.parametrize(
    ("state", "code", "blocks"),
    [
        (State.PENDING, None, True),
        (State.ATTEMPTED, None, True),
        (State.WAITING, "x", True),
        (State.HELD, OUTCOME_UNKNOWN, True),
        (State.HELD, "x", False),
        (State.DELIVERED, None, False),
        (State.SKIPPED, "x", False),
        (State.DEAD, OUTCOME_UNKNOWN, False),
    ],
)
async def test_older_delivery_blocks_while_its_outcome_is_open(store, make, staged, clock, ready, state, code, blocks):
    (older,) = await staged(make.record("a", ordering_key="po"), make.record("b", ordering_key="po"))
    await store.apply(make.move(older.id, state, code=code, due_at=clock.now() + timedelta(hours=1)))

    assert await ready() == ([] if blocks else ["b"])
    due = await store.next_due(make.pipeline, make.route)
    if state in (State.PENDING, State.ATTEMPTED):
        assert due == clock.now() + timedelta(hours=1)
    else:
        assert due == (None if blocks else clock.now())


async def test_held_delivery_that_is_due_for_a_look_comes_before_its_younger(store, make, staged, clock, ready):
    (older,) = await staged(make.record("a", ordering_key="po"), make.record("b", ordering_key="po"))
    await store.apply(make.move(older.id, State.HELD, code="x", due_at=clock.now() + timedelta(minutes=5)))

    before = await ready()
    clock.advance(300)

    assert (before, await ready()) == (["b"], ["a"])


async def test_attempted_delivery_is_ready_when_it_is_due(store, make, staged, ready):
    (one,) = await staged(make.record("a"))
    await store.apply(make.attempt(one, "e1"))

    assert await ready() == ["a"]


async def test_ready_gives_none_for_raw_after_retention(store, make, staged, clock, beside):
    await staged(make.record("a"))
    beside.change("DELETE FROM payloads")

    (one,) = await store.ready(make.pipeline, make.route, now=clock.now(), limit=1)
    assert one.raw is None
    assert await store.record_raw(one.record_id) is None


async def test_next_due_is_none_where_nothing_settles_by_itself(store, make, staged, clock):
    assert await store.next_due(make.pipeline, make.route) is None

    (one,) = await staged(make.record("a"))
    await store.apply(make.move(one.id, State.HELD, code="x", due_at=clock.now()))

    assert await store.next_due(make.pipeline, make.route) is None


async def test_deliveries_are_filtered_and_newest_first(store, make, staged, clock):
    one, *_ = await staged(make.record("a"), make.record("b"))
    start = clock.now()
    clock.advance(60)
    await store.stage(make.intake(make.record("a"), pipeline="other"))
    await store.apply(make.move(one.id, State.HELD, code="x", reason="why", fix="so", deadline=clock.now()))

    async def keys(**filters):
        return [(row.pipeline, row.key) for row in await store.deliveries(**filters)]

    a, b, other = ("orders", "a"), ("orders", "b"), ("other", "a")
    assert await keys() == [other, b, a]
    assert await keys(limit=1) == [other]
    assert await keys(pipelines=["orders"]) == [b, a]
    assert await keys(pipelines=[]) == []
    assert await keys(states=[State.HELD, State.DEAD]) == [a]
    assert await keys(key="a") == [other, a]
    assert await keys(key="a", pipelines=["other"]) == [other]
    assert await keys(since=start + timedelta(seconds=1)) == [other, a]
    (held,) = await store.deliveries(states=[State.HELD])
    assert (held.code, held.reason, held.fix, held.deadline) == ("x", "why", "so", clock.now())


# ---------------------------------------------------------------- plans and laws


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    path = tmp_path_factory.mktemp("ready") / "crossdock.db"
    opened = open_writer(path)
    migrate(opened, path)
    yield opened
    opened.close()


def plan_of(connection, sql, *values):
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


@pytest.mark.parametrize(("name", "values"), [("ready", ("p", "r", 1, 1, 9)), ("next_due", ("p", "r"))])
def test_what_is_due_is_found_by_index_without_sorting(connection, name, values):
    plan = plan_of(connection, load("deliveries")[name], *values)

    assert any("deliveries_due (pipeline=? AND route=?" in step for step in plan)
    assert any("deliveries_order (pipeline=? AND route=? AND ordering_key=? AND" in step for step in plan)
    assert not any(step.startswith("SCAN") or "TEMP B-TREE" in step for step in plan)


def test_work_to_find_what_is_due_does_not_grow_with_what_is_settled(connection):
    def steps_of_ready():
        count = 0

        def tick():
            nonlocal count
            count += 1

        connection.set_progress_handler(tick, 10)
        found = deliveries.ready(connection, "p", "r", ManualClock().now(), 50)
        connection.set_progress_handler(None, 0)
        assert len(found) == 50
        return count

    connection.execute("BEGIN IMMEDIATE")
    fill(connection, 1, 100, settled=False)
    few = steps_of_ready()
    fill(connection, 101, 20_100, settled=True)
    many = steps_of_ready()
    connection.execute("ROLLBACK")

    assert many <= few * 1.2


def fill(connection, first, last, *, settled):
    at = to_micros(ManualClock().now())
    numbers = range(first, last + 1)
    connection.executemany(
        "INSERT INTO records VALUES (?, 'p', 'a', 'e', ?, 1, NULL, 0, ?, '{}', x'', ?, 0, 0)",
        ((n, str(n), str(n % 50 if not settled else n), at) for n in numbers),
    )
    connection.executemany(
        """INSERT INTO deliveries (id, pipeline, route, key, revision, record_id, ordering_key, state, open, read_at,
        since, due_at, settled_at) VALUES (?, 'p', 'r', ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            (n, str(n), n, str(n % 50 if not settled else n), "delivered", None, at, at, None, at)
            if settled
            else (n, str(n), n, str(n % 50), "pending", 1, at, at, at, None)
            for n in numbers
        ),
    )


def test_what_needs_a_person_is_found_without_walking_what_is_settled(connection):
    statements = []
    connection.set_trace_callback(statements.append)
    deliveries.find(connection, Selection(states=[State.HELD, State.DEAD]), 9)
    connection.set_trace_callback(None)

    plan = plan_of(connection, statements[0])

    assert any("USING INDEX deliveries_unsettled" in step for step in plan)
    assert any("SEARCH deliveries USING INTEGER PRIMARY KEY" in step for step in plan)
    assert "SCAN deliveries" not in plan


rows = st.lists(
    st.tuples(
        st.sampled_from("xyz"),
        st.sampled_from(list(State)),
        st.sampled_from([None, OUTCOME_UNKNOWN, "other"]),
        st.none() | st.integers(-3, 3),
    ),
    max_size=14,
)


@settings(max_examples=80, deadline=None)
@given(rows, st.integers(1, 20))
def test_ready_is_what_its_rule_says(connection, several, limit):
    at = to_micros(ManualClock().now())
    ending = {State.DELIVERED: None, State.SKIPPED: None, State.DEAD: 2}
    connection.execute("BEGIN IMMEDIATE")
    model = []
    for number, (ordering, state, code, due) in enumerate(several, start=1):
        due_at = None if due is None or state in ending else at + due
        connection.execute(
            "INSERT INTO records VALUES (?, 'p', 'a', 'e', ?, 1, NULL, 0, ?, '{}', x'', ?, 0, 0)",
            (number, str(number), ordering, at),
        )
        connection.execute(
            """INSERT INTO deliveries (id, pipeline, route, key, revision, record_id, ordering_key, state, code, open,
            read_at, since, due_at, settled_at) VALUES (?, 'p', 'r', ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (number, str(number), number, ordering, state.value, code, ending.get(state, 1), at, at, due_at,
             at if state in ending else None),
        )  # fmt: skip
        model.append((number, ordering, state, code, due_at))

    found = [one.id for one in deliveries.ready(connection, "p", "r", ManualClock().now(), limit)]
    soonest = deliveries.next_due(connection, "p", "r")
    connection.execute("ROLLBACK")

    def blocks(row):
        return row[2] in (State.PENDING, State.ATTEMPTED, State.WAITING) or row[2:4] == (State.HELD, OUTCOME_UNKNOWN)

    def free(row):
        return not any(blocks(older) for older in model if older[0] < row[0] and older[1] == row[1])

    due = sorted(
        (row for row in model if row[4] is not None and row[4] <= at and free(row)), key=lambda r: (r[4], r[0])
    )
    first = [row for row in due if not any(o[0] < row[0] and o[1] == row[1] for o in due)]
    assert found == [row[0] for row in first][:limit]
    by_itself = (State.PENDING, State.ATTEMPTED)  # what waits for something else falls due when that is there
    own = [row[4] for row in model if row[4] and row[2] in by_itself and row[3] != "in_progress" and free(row)]
    assert (None if soonest is None else to_micros(soonest)) == min(own, default=None)


async def test_ready_order_holds_over_random_work(store, make, staged, clock):
    """Work through interleaved ordering keys: each is worked off in the order of its records."""
    chance, worked = random.Random(11), []
    await staged(*(make.record(f"{n:02}", ordering_key=str(n % 4)) for n in range(40)))
    while due := await store.ready(make.pipeline, make.route, now=clock.now(), limit=5):
        one = chance.choice(due)
        await store.apply(make.move(one.id, State.DELIVERED))
        worked.append(one.key)

    for ordering in range(4):
        mine = [key for key in worked if int(key) % 4 == ordering]
        assert mine == sorted(mine)
    assert len(worked) == 40
