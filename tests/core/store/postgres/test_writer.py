from __future__ import annotations

import threading
from datetime import timedelta

import anyio
import pytest

from crossdock.errors import StoreError
from crossdock.http import Ask, Rate
from crossdock.store.rows import AlertRow, Change, State

pytestmark = pytest.mark.anyio


@pytest.fixture
def gate():
    """Holds the writer's thread inside a transaction until it is opened."""

    class Gate:
        def __init__(self):
            self.entered, self.opened = threading.Event(), threading.Event()

        def work(self, connection):
            self.entered.set()
            assert self.opened.wait(20)

    gate = Gate()
    yield gate
    gate.opened.set()


async def test_callers_that_wait_during_a_commit_share_the_next_one(store, make, gate):
    writer = store._parts[0]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.do, gate.work)
        await anyio.to_thread.run_sync(gate.entered.wait)
        before = writer.groups
        for number in range(100):
            tasks.start_soon(store.apply, Change(audit=[make.event("a.b", str(number))]))
        await anyio.wait_all_tasks_blocked()
        gate.opened.set()

    assert writer.groups == before + 1
    assert await store.verify_audit() is None


async def test_one_that_cannot_be_written_leaves_the_others_of_its_group(store, make, staged, gate):
    one, two = await staged(make.record("1"), make.record("2"))
    refused = []

    async def fail():
        try:
            await store.apply(make.move(999, State.HELD))
        except StoreError as error:
            refused.append(error.code)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store._parts[0].do, gate.work)
        await anyio.to_thread.run_sync(gate.entered.wait)
        tasks.start_soon(store.apply, make.attempt(one, "e1"))
        tasks.start_soon(fail)
        tasks.start_soon(store.apply, make.attempt(two, "e2"))
        await anyio.wait_all_tasks_blocked()
        gate.opened.set()

    assert refused == ["delivery_unknown"]
    assert [len(await store.effects_of(one.id)), len(await store.effects_of(two.id))] == [1, 1]


CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'crossdock' AND datname = current_database()"""


async def test_line_that_breaks_between_two_writes_is_taken_up_again(store, make, beside):
    await store.stage(make.intake(make.record("1")))
    beside.rows(CUT)

    await store.stage(make.intake(make.record("2")))

    assert [one.key for one in await store.deliveries()] == ["2", "1"]


async def test_line_that_breaks_in_a_transaction_loses_and_doubles_nothing(store, make, beside):
    cut = []

    def work(connection):
        connection.execute("INSERT INTO routes (pipeline, route, fingerprint) VALUES ('p', ?, 'f')", (str(len(cut)),))
        if not cut:
            cut.append(beside.rows(CUT))

    await store._parts[0].do(work)

    assert beside.rows("SELECT route FROM routes") == [("1",)]


@pytest.mark.parametrize("done", [True, False])
async def test_line_that_breaks_during_the_commit_is_asked_whether_it_was_done(store, make, beside, monkeypatch, done):
    """A commit whose answer is lost may be there: what is there must not be written again, what is not must be."""
    writer, times = store._parts[0], 0
    connection = writer._line.session().connection
    usual = type(connection).execute

    def execute(self, sql, *more, **options):
        if sql != "COMMIT" or self is not connection:
            return usual(self, sql, *more, **options)
        if done:
            usual(self, sql)
        beside.rows(CUT)
        return usual(self, "SELECT 1")  # finds the line broken

    monkeypatch.setattr(type(connection), "execute", execute)

    def work(session):
        nonlocal times
        times += 1
        session.execute("INSERT INTO routes (pipeline, route, fingerprint) VALUES ('p', ?, 'f')", (str(times),))
        return times

    result = await writer.do(work)

    assert (result, beside.rows("SELECT route FROM routes")) == ((1, [("1",)]) if done else (2, [("2",)]))


async def test_question_is_asked_again_where_its_line_breaks(store, make, beside):
    await store.stage(make.intake(make.record("1")))
    assert len(await store.deliveries()) == 1
    beside.rows(CUT)

    assert len(await store.deliveries()) == 1


async def test_lost_presence_is_taken_up_again_with_its_lock(store, open_shared, beside):
    async with store.running(["orders"]), open_shared() as other:
        beside.rows(CUT)
        await store._parts[2]._renew()

        with pytest.raises(StoreError, match="in use"):
            async with other.running(["orders"]):
                pass


async def test_row_that_another_keeps_is_waited_for(store, open_shared, make, gate, monkeypatch):
    """A process frozen in the midst of a transaction holds its rows until the server ends it; others wait for that."""
    monkeypatch.setattr("crossdock.store.postgres.address._SETTINGS", {"lock_timeout": "20ms"})
    async with open_shared() as other, anyio.create_task_group() as tasks:

        def freeze(connection):
            connection.execute("UPDATE audit_head SET seq = seq")
            gate.work(connection)

        tasks.start_soon(store._parts[0].do, freeze)
        await anyio.to_thread.run_sync(gate.entered.wait)
        tasks.start_soon(other.apply, Change(audit=[make.event("a.b", "1")]))
        await anyio.sleep(0.05)
        gate.opened.set()

    assert (await store.audit_head()).seq == 1


async def test_closing_serves_those_who_wait(open_shared, make, beside):
    async with anyio.create_task_group() as tasks, open_shared() as store:
        for number in range(300):
            tasks.start_soon(store.apply, Change(audit=[make.event("a.b", str(number))]))
        await anyio.wait_all_tasks_blocked()

    assert beside.rows("SELECT count(*) FROM audit") == [(300,)]
    with pytest.raises(StoreError, match="is not open"):
        await store.apply(Change())


async def test_processes_that_rent_at_once_never_rent_the_same_calls(store, open_shared, clock):
    rate, rented = Rate("POST /things", 20), []

    async def rent(one):
        rented.append((await one.rent("shop:1", rate, Ask(6), clock.now())).calls)

    async with open_shared() as other, anyio.create_task_group() as tasks:
        for number in range(8):
            tasks.start_soon(rent, (store, other)[number % 2])

    assert sum(rented) <= 20
    assert max(rented) == 6


async def test_of_processes_that_would_tell_a_person_at_once_one_does(store, open_shared, clock):
    issue, told = AlertRow("delivery:17", "orders", "held", {}), []

    async def claim(one):
        told.extend((await one.claim_alerts({"orders"}, [issue], repeat=timedelta(days=1), at=clock.now())).new)

    async with open_shared() as other, anyio.create_task_group() as tasks:
        for number in range(6):
            tasks.start_soon(claim, (store, other)[number % 2])

    assert len(told) == 1
