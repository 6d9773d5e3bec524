from __future__ import annotations

import sqlite3
import threading

import anyio
import pytest

from crossdock.clock import ManualClock
from crossdock.errors import StoreError
from crossdock.store.rows import Change, State
from crossdock.store.sqlite import writer as writing
from crossdock.store.sqlite.writer import Writer

pytestmark = [pytest.mark.anyio, pytest.mark.sqlite]


@pytest.fixture
def gate(store):
    """Holds the writer's thread inside a transaction until it is opened."""

    class Gate:
        entered, opened = threading.Event(), threading.Event()

        def work(self, connection):
            self.entered.set()
            assert self.opened.wait(20)

    gate = Gate()
    gate.entered, gate.opened = threading.Event(), threading.Event()
    yield gate
    gate.opened.set()


async def entered(gate):
    await anyio.to_thread.run_sync(gate.entered.wait)


async def test_callers_that_wait_during_a_commit_share_the_next_one(store, make, gate):
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store._writer.do, gate.work)
        await entered(gate)
        before = store._writer.groups
        for number in range(100):
            tasks.start_soon(store.apply, Change(audit=[make.event("a.b", str(number))]))
        await anyio.wait_all_tasks_blocked()
        gate.opened.set()

    assert store._writer.groups == before + 1
    assert await store.verify_audit() is None


async def test_group_is_bounded_and_a_batch_weighs_its_records(store, make, gate):
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store._writer.do, gate.work)
        await entered(gate)
        before = store._writer.groups
        for number in range(4):
            tasks.start_soon(store.stage, make.intake(*(make.record(f"{number}-{n}") for n in range(100))))
        await anyio.wait_all_tasks_blocked()
        gate.opened.set()

    assert store._writer.groups == before + 2


async def test_change_and_batch_share_a_commit(store, make, staged, gate):
    (one,) = await staged(make.record("1", "A"))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store._writer.do, gate.work)
        await entered(gate)
        before = store._writer.groups
        tasks.start_soon(store.stage, make.intake(make.record("1", "B")))
        tasks.start_soon(store.apply, make.attempt(one, "e1"))
        await anyio.wait_all_tasks_blocked()
        gate.opened.set()

    assert store._writer.groups == before + 1
    assert (await store.delivery(one.id)).summary.state is State.ATTEMPTED  # changes first: it is not superseded


async def test_cancelled_caller_stays_until_its_change_is_written(store, make, gate):
    written = []

    async def apply():
        await store.apply(Change(audit=[make.event("a.b", "1")]))
        written.append(True)
        await anyio.lowlevel.checkpoint()
        written.append("not cancelled")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(store._writer.do, gate.work)
        await entered(gate)
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as inner:
                inner.start_soon(apply)
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
                gate.opened.set()

    assert written == [True]


async def test_closing_serves_those_who_wait(open_at, path, make):
    async with anyio.create_task_group() as tasks, open_at(path) as store:
        for number in range(500):
            tasks.start_soon(store.apply, Change(audit=[make.event("a.b", str(number))]))
        await anyio.wait_all_tasks_blocked()

    assert count(path) == 500


async def test_cancelled_body_still_serves_those_who_wait_and_closes_the_file(open_at, path, make):
    with anyio.CancelScope() as scope:
        async with open_at(path) as store:
            await store.stage(make.intake(*(make.record(str(n)) for n in range(50))))
            async with anyio.create_task_group() as tasks:
                for number in range(50):
                    tasks.start_soon(store.apply, Change(audit=[make.event("a.b", str(number))]))
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
                await anyio.lowlevel.checkpoint()

    assert scope.cancelled_caught
    assert count(path) == 51
    assert not path.with_name("crossdock.db-wal").exists()
    with pytest.raises(StoreError, match="not open"):
        await store.apply(Change())


async def test_failing_body_closes_the_store_and_raises_its_own_error(open_at, path):
    with pytest.raises(ValueError, match="mine"):
        async with open_at(path):
            raise ValueError("mine")

    assert not path.with_name("crossdock.db-wal").exists()


async def test_store_can_be_opened_again(open_at, path, make):
    store = open_at(path)
    for number in range(2):
        async with store:
            await store.stage(make.intake(make.record(str(number))))

    async with store:
        assert len(await store.deliveries()) == 2


async def test_full_list_makes_callers_wait(path, monkeypatch, open_at, make, gate):
    monkeypatch.setattr(writing, "WAITING", 10)
    async with open_at(path) as store, anyio.create_task_group() as tasks:
        tasks.start_soon(store._writer.do, gate.work)
        await entered(gate)
        for number in range(50):
            tasks.start_soon(store.apply, Change(audit=[make.event("a.b", str(number))]))
        await anyio.wait_all_tasks_blocked()
        waiting = len(store._writer._waiting)
        gate.opened.set()

    assert waiting == 10
    assert count(path) == 50


async def test_waiting_for_room_can_be_cancelled(path, monkeypatch, open_at, make, gate):
    monkeypatch.setattr(writing, "WAITING", 1)
    async with open_at(path) as store, anyio.create_task_group() as tasks:
        tasks.start_soon(store._writer.do, gate.work)
        await entered(gate)
        tasks.start_soon(store.apply, Change(audit=[make.event("a.b", "waits")]))
        await anyio.wait_all_tasks_blocked()
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as inner:
                inner.start_soon(store.apply, Change(audit=[make.event("a.b", "cancelled")]))
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
        gate.opened.set()

    assert count(path) == 1


async def test_error_at_the_door_reaches_everybody_without_trying_each(path):
    """A writer whose connection refuses to begin asks it once, not once for each who waits."""

    class Refusing:
        asked = 0
        in_transaction = False

        def execute(self, sql):
            self.asked += 1
            raise sqlite3.OperationalError("locked")

    connection, errors = Refusing(), []
    writer = Writer(connection, path, ManualClock())

    async def apply():
        try:
            await writer.apply(Change())
        except StoreError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(apply)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(writer.run)
        await anyio.wait_all_tasks_blocked()
        writer.close()

    assert (len(errors), connection.asked) == (20, 1)


def count(path):
    connection = sqlite3.connect(path)
    (rows,) = connection.execute("SELECT count(*) FROM audit").fetchone()
    connection.close()
    return rows
