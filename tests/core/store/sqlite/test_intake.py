from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock import jsonio
from crossdock.clock import ManualClock
from crossdock.contract.values import Record
from crossdock.errors import StoreError
from crossdock.store.rows import OUTCOME_UNKNOWN, Intake, Staged, State
from crossdock.store.sqlite import intake
from crossdock.store.sqlite.connections import open_writer
from crossdock.store.sqlite.migrate import migrate

pytestmark = pytest.mark.anyio


async def test_stage_stores_new_records_as_pending_deliveries(store, make, clock):
    staged = await store.stage(make.intake(make.record("1"), make.record("2")))

    due = await store.ready(make.pipeline, make.route, now=clock.now(), limit=10)
    assert staged == Staged(new=2)
    assert [(one.key, one.revision, one.state, one.attempts) for one in due] == [
        ("1", 1, State.PENDING, 0),
        ("2", 1, State.PENDING, 0),
    ]
    assert jsonio.loads(due[0].raw) == {"id": "1", "content": "A"}
    assert due[0].account == make.source
    assert due[0].read_at == due[0].since == clock.now()


async def test_stage_makes_a_delivery_for_each_route(store, make, clock):
    await store.stage(make.intake(make.record("1"), routes=["one", "two"]))

    for route in ("one", "two"):
        assert len(await store.ready(make.pipeline, route, now=clock.now(), limit=10)) == 1


async def test_stage_keeps_the_records_own_words(store, make, clock):
    raw = {"z": 1, "a": [{"y": "10.10", "b": None}], "ü": "\u0000"}
    record = Record("1", raw, identifiers={"customer_order": "C1"}, ordering_key="group")

    await store.stage(make.intake(record, backfill=True))

    (one,) = await store.ready(make.pipeline, make.route, now=clock.now(), limit=10)
    assert one.raw == jsonio.dumps(raw)
    assert (one.identifiers, one.ordering_key, one.backfill) == ({"customer_order": "C1"}, "group", True)


async def test_stage_does_nothing_for_the_same_content(store, make):
    await store.stage(make.intake(make.record("1")))

    assert await store.stage(make.intake(make.record("1"))) == Staged(unchanged=1)


async def test_stage_compares_content_and_not_the_order_of_keys(store, make):
    await store.stage(make.intake(Record("1", {"a": 1, "b": 2})))

    assert await store.stage(make.intake(Record("1", {"b": 2, "a": 1}))) == Staged(unchanged=1)


async def test_stage_counts_three_revisions_when_content_returns(store, make):
    for content in ("A", "B", "A"):
        await store.stage(make.intake(make.record("1", content)))

    revisions = [one.revision for one in await store.deliveries(key="1")]
    assert revisions == [3, 2, 1]


async def test_stage_applies_a_key_twice_in_one_batch_in_order(store, make, clock):
    staged = await store.stage(make.intake(*(make.record("1", content) for content in "ABBA")))

    (one,) = await store.ready(make.pipeline, make.route, now=clock.now(), limit=10)
    assert staged == Staged(new=1, revised=2, unchanged=1, superseded=2)
    assert (one.revision, jsonio.loads(one.raw)["content"]) == (3, "A")


T0 = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize("versions", [(1, 2, 3), (T0, T0 + timedelta(microseconds=1), T0 + timedelta(days=1))])
async def test_stage_judges_by_the_vendors_version(store, make, versions):
    old, middle, new = versions
    await store.stage(make.intake(make.record("1", "A", version=middle)))

    counts = [
        await store.stage(make.intake(make.record("1", "B", version=old))),
        await store.stage(make.intake(make.record("1", "A", version=middle))),
        await store.stage(make.intake(make.record("1", "B", version=middle))),
        await store.stage(make.intake(make.record("1", "B", version=new))),
        await store.stage(make.intake(make.record("1", "C", version=middle))),
    ]

    assert counts == [
        Staged(outdated=1),
        Staged(unchanged=1),
        Staged(revised=1, superseded=1),
        Staged(revised=1, superseded=1),
        Staged(outdated=1),
    ]


async def test_stage_compares_content_when_the_vendor_changes_its_kind_of_version(store, make):
    await store.stage(make.intake(make.record("1", "A", version=T0)))

    assert await store.stage(make.intake(make.record("1", "A", version=5))) == Staged(unchanged=1)
    assert await store.stage(make.intake(make.record("1", "B", version=5))) == Staged(revised=1, superseded=1)


async def test_stage_refuses_a_version_beyond_64_bits_and_stores_nothing(store, make):
    with pytest.raises(StoreError, match="version of record 2"):
        await store.stage(make.intake(make.record("1"), make.record("2", version=2**70), cursor="new"))

    assert await store.deliveries() == []
    assert await store.cursor(make.pipeline) is None


async def test_stage_goes_by_version_or_by_how_it_was_read_when_retention_took_the_payload(store, make, beside):
    await store.stage(make.intake(make.record("plain"), make.record("dated", version=1)))
    beside.change("DELETE FROM payloads")

    swept = await store.stage(make.intake(make.record("plain", "other"), sweep=True))
    filled = await store.stage(make.intake(make.record("plain", "other"), backfill=True))
    plain = await store.stage(make.intake(make.record("plain", "other")))
    again = await store.stage(make.intake(make.record("plain", "other")))
    same = await store.stage(make.intake(make.record("dated", "other", version=1)))
    newer = await store.stage(make.intake(make.record("dated", "other", version=2)))

    assert (swept, filled, again, same) == (Staged(unchanged=1),) * 4
    assert (plain, newer) == (Staged(revised=1, superseded=1),) * 2


async def test_digest_says_nothing_without_the_salt_of_its_payload(store, make, beside):
    await store.stage(make.intake(make.record("1"), make.record("2"), pipeline="a"))
    await store.stage(make.intake(make.record("1"), pipeline="b"))

    digests = [digest for (digest,) in beside.rows("SELECT digest FROM records")]
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("state", "code", "goes"),
    [
        (State.PENDING, None, True),
        (State.WAITING, "not_acknowledged", True),
        (State.HELD, "unknown_sku", True),
        (State.HELD, None, True),
        (State.DEAD, "rejected", True),
        (State.ATTEMPTED, None, False),
        (State.HELD, OUTCOME_UNKNOWN, False),
        (State.DELIVERED, None, False),
        (State.SKIPPED, "not_ours", False),
    ],
)
async def test_newer_revision_supersedes_only_what_can_have_had_no_effect(store, make, state, code, goes):
    await store.stage(make.intake(make.record("1", "A")))
    (old,) = await store.deliveries()
    await store.apply(make.move(old.id, state, code=code))

    staged = await store.stage(make.intake(make.record("1", "B")))

    after = (await store.delivery(old.id)).summary
    assert staged.superseded == int(goes)
    if goes:
        assert (after.state, after.reason, after.due_at) == (State.SKIPPED, "superseded", None)
    else:
        assert (after.state, after.code) == (state, code)


async def test_newer_revision_supersedes_nothing_when_every_record_counts(store, make):
    await store.stage(make.intake(make.record("1", "A"), every=True))

    assert await store.stage(make.intake(make.record("1", "B"), every=True)) == Staged(revised=1)
    assert {one.state for one in await store.deliveries()} == {State.PENDING}


async def test_newer_revision_leaves_other_keys_routes_and_pipelines_alone(store, make):
    await store.stage(make.intake(make.record("1"), make.record("2"), routes=["one", "two"]))
    await store.stage(make.intake(make.record("1"), pipeline="other", routes=["one"]))

    staged = await store.stage(make.intake(make.record("1", "B"), routes=["one"]))

    assert staged.superseded == 1
    skipped = await store.deliveries(states=[State.SKIPPED])
    assert [(one.pipeline, one.route, one.key, one.revision) for one in skipped] == [("orders", "one", "1", 1)]


async def test_cursor_is_none_before_the_first_complete_read(store, make):
    await store.stage(make.intake(make.record("1")))

    assert await store.cursor(make.pipeline) is None


async def test_cursor_moves_with_the_batch_that_bears_it(store, make, clock):
    await store.stage(make.intake(cursor={"page": 7}, swept=True))
    first = await store.cursor(make.pipeline)
    clock.advance(60)
    await store.stage(make.intake(cursor={"page": 8}))
    second = await store.cursor(make.pipeline)

    assert (first.value, first.swept_at) == ({"page": 7}, first.advanced_at)
    assert (second.value, second.advanced_at) == ({"page": 8}, clock.now())
    assert second.swept_at == first.swept_at


async def test_sweep_without_cursor_is_noted_and_moves_nothing(store, make, clock):
    await store.stage(make.intake(cursor="here"))
    clock.advance(60)

    await store.stage(make.intake(swept=True))

    cursor = await store.cursor(make.pipeline)
    assert (cursor.value, cursor.swept_at, cursor.advanced_at) == (
        "here",
        clock.now(),
        clock.now() - timedelta(60 / 86400),
    )


async def test_stage_logs_a_batch_that_brought_something_and_only_that(store, make, beside):
    await store.stage(make.intake(make.record("1")))
    await store.stage(make.intake(make.record("1"), cursor="here"))

    assert beside.rows("SELECT kind, ref, detail FROM audit") == [
        ("batch.staged", "orders", '{"new":1,"records":[["1",1]],"revised":0,"superseded":0}')
    ]


async def test_stage_writes_names_that_other_systems_know_a_record_by(store, make, beside):
    await store.stage(make.intake(make.record("1", identifiers={"customer_order": "C1", "po": "1"})))
    await store.stage(make.intake(make.record("1", "B", identifiers={"customer_order": "C1"})))

    assert beside.rows("SELECT value, pipeline, key, name FROM identifiers") == [
        ("C1", "orders", "1", "customer_order")
    ]


async def test_stage_takes_an_empty_batch_and_a_very_large_one(store, make):
    assert await store.stage(make.intake()) == Staged()
    assert await store.stage(make.intake(*(make.record(str(n)) for n in range(1500)))) == Staged(new=1500)
    assert await store.stage(make.intake(*(make.record(str(n)) for n in range(1500)))) == Staged(unchanged=1500)


async def test_supersession_does_not_walk_the_settled_revisions_of_a_key(path, make):
    connection = ready_file(path)
    sql = intake.load("intake")["supersede"]

    plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", (0, 0, "p", "k", "r", 9)))
    connection.close()

    assert "INDEX deliveries_unsettled (pipeline=? AND key=? AND route=? AND revision<?)" in plan


async def test_newest_revision_is_found_by_index_alone(path, make):
    connection = ready_file(path)
    sql = intake.widen(intake.load("intake")["newest"], 4)

    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", ("a", "b", "c", "d", "p"))]
    connection.close()

    assert any("records_revision (pipeline=? AND key=?)" in step for step in plan)
    assert not any(step.startswith(("SCAN r", "SCAN p", "SCAN records")) for step in plan)


# ---------------------------------------------------------------- laws

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=3)  # NUL and quotes too
versioned = st.lists(st.lists(st.tuples(keys, st.integers(0, 5)), max_size=6), max_size=6)


@settings(max_examples=60, deadline=None)
@given(versioned)
def test_replaying_any_batches_of_versioned_records_changes_nothing(memory, batches):
    connection, of = memory()
    for batch in batches:
        intake.stage(connection, of([Record(key, {"v": version}, version) for key, version in batch]))
    before = everything(connection)

    for batch in batches:
        staged = intake.stage(connection, of([Record(key, {"v": version}, version) for key, version in batch]))
        assert (staged.new, staged.revised, staged.superseded) == (0, 0, 0)

    assert everything(connection) == before


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("AB")), max_size=12), st.integers(1, 4))
def test_revisions_are_the_changes_of_content_however_records_are_cut_into_batches(memory, records, size):
    connection, of = memory()
    for start in range(0, len(records), size):
        intake.stage(connection, of([Record(key, content) for key, content in records[start : start + size]]))

    for key in "xyz":
        contents = [content for one, content in records if one == key]
        changes = [content for n, content in enumerate(contents) if n == 0 or contents[n - 1] != content]
        stored = connection.execute(
            "SELECT revision, body FROM records JOIN payloads USING (id) WHERE key = ? ORDER BY revision", (key,)
        ).fetchall()
        assert stored == [(n, jsonio.dumps(content)) for n, content in enumerate(changes, start=1)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([(s, c) for s in State for c in (None, "other", OUTCOME_UNKNOWN)]), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_supersession_never_touches_what_may_have_had_an_effect(memory, moves):
    connection, of = memory()
    for number, ((state, code), _) in enumerate(moves):
        intake.stage(connection, of([Record("k", number)]))
        still = {State.DELIVERED: None, State.SKIPPED: None, State.DEAD: 2}.get(state, 1)
        connection.execute(
            "UPDATE deliveries SET state = ?, code = ?, open = ? WHERE revision = ?",
            (state.value, code, still, number + 1),
        )
    before = connection.execute("SELECT revision, state, code FROM deliveries ORDER BY revision").fetchall()

    intake.stage(connection, of([Record("k", "last")]))

    after = connection.execute("SELECT revision, state, code FROM deliveries ORDER BY revision").fetchall()[:-1]
    for old, new in zip(before, after, strict=True):
        safe = old[1] in ("pending", "waiting", "dead") or (old[1] == "held" and old[2] != OUTCOME_UNKNOWN)
        assert new == ((old[0], "skipped", "superseded") if safe else old)


def everything(connection):
    tables = ("records", "payloads", "deliveries", "identifiers", "audit", "audit_head", "pipelines")
    return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


def ready_file(path):
    connection = open_writer(path)
    migrate(connection, path)
    return connection


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    """Fresh connections, rolled back after each use: a file for each example would be slow."""
    path = tmp_path_factory.mktemp("laws") / "crossdock.db"
    connection = ready_file(path)
    usual = Intake("p", "account", "entity", False, ["r"], (), ManualClock().now())

    def fresh():
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("BEGIN IMMEDIATE")
        return connection, lambda records: replace(usual, records=records)

    yield fresh
    connection.close()


async def test_many_callers_stage_the_same_records_once(store, make):
    async def stage(results):
        results.append(await store.stage(make.intake(*(make.record(str(n)) for n in range(20)))))

    results: list[Staged] = []
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(stage, results)

    assert sum(one.new for one in results) == 20
    assert sum(one.unchanged for one in results) == 180
