from __future__ import annotations

import os
from datetime import timedelta

import anyio
import pytest

from crossdock.errors import LeaseLost, StoreError
from crossdock.store.rows import State

pytestmark = pytest.mark.anyio

A_WHILE = timedelta(seconds=10)
NOT_YET_EXPIRED = "UPDATE runs SET until = until + 60000000"
EXPIRED = "UPDATE runs SET until = 0"


async def test_pipeline_that_is_free_is_taken_and_given_back(store, open_shared):
    async with open_shared() as other:
        for _ in range(2):
            async with store.running(["orders"]) as elsewhere:
                assert elsewhere == {}
        async with other.running(["orders"]) as elsewhere:
            assert elsewhere == {}


async def test_process_that_runs_a_pipeline_is_named_to_the_next(store, open_shared):
    async with open_shared() as other, store.running(["orders"]):
        with pytest.raises(StoreError, match=r"pipeline orders .* is in use: process \d+ on .* runs it") as caught:
            async with other.running(["orders"]):
                pass

    assert caught.value.code == "store_in_use"


async def test_pipelines_are_shared_out_one_by_one(store, open_shared):
    async with open_shared() as other, store.running(["orders"]), other.running(["orders", "tracking"]) as elsewhere:
        assert list(elsewhere) == ["orders"]
        with pytest.raises(LeaseLost):
            other.owned("orders")
        await other.owned("tracking").pause([])


async def test_second_run_in_one_process_is_refused_too(store):
    async with store.running(["orders"]):
        with pytest.raises(StoreError, match="in use"):
            async with store.running(["orders"]):
                pass


async def test_pipeline_of_a_process_that_died_is_free_at_once(store, open_shared, beside):
    async with open_shared() as other, other.running(["orders"]):
        other._parts[2].close()  # the server sees its connection go, as when a process is killed

        with anyio.fail_after(20):
            while not await taken(store):  # not seen yet
                await anyio.lowlevel.checkpoint()

    assert beside.rows("SELECT fence FROM runs") == [(2,)]


async def taken(store):
    try:
        async with store.running(["orders"]):
            return True
    except StoreError:
        return False


async def test_pipeline_of_a_frozen_process_is_free_when_its_lease_is_over_and_not_before(store, open_shared, beside):
    async with open_shared() as frozen, frozen.running(["orders"]):
        with pytest.raises(StoreError, match="in use"):
            async with store.running(["orders"]):
                pass

        beside.change(EXPIRED)

        async with store.running(["orders"]) as elsewhere:
            assert elsewhere == {}


@pytest.fixture
async def late(store, open_shared, make, beside):
    """A run that began work, was frozen past its lease, and goes on while another runs the pipeline."""
    async with open_shared() as frozen, frozen.running(["orders"]):
        late = frozen.owned("orders")
        await late.stage(make.intake(make.record("1"), make.record("2")))
        beside.change(EXPIRED)
        async with store.running(["orders"]):
            yield late


async def test_late_run_writes_nothing_whatever_it_tries(late, store, make, clock):
    one, two = await late.ready(make.pipeline, make.route, now=clock.now(), limit=9)
    before = [await store.deliveries(), await store.audit_head()]

    for write in (
        lambda: late.apply(make.attempt(one, "e1")),
        lambda: late.apply(make.move(two.id, State.HELD, code="x")),
        lambda: late.stage(make.intake(make.record("3"), cursor="further")),
        lambda: late.read_ended(make.pipeline, clock.now(), None, complete=True),
        lambda: late.note_definition(make.pipeline, make.route, "other", clock.now()),
    ):
        with pytest.raises(LeaseLost, match="another process took over pipeline orders"):
            await write()

    assert [await store.deliveries(), await store.audit_head()] == before


async def test_late_run_does_not_end_the_lease_of_its_successor(late, store, open_shared, beside):
    ours = beside.rows("SELECT fence, owner FROM runs")

    await late._parts[2].give_back(["orders"])

    assert beside.rows("SELECT fence, owner FROM runs") == ours == [(2, ours[0][1])]


async def test_expired_lease_that_nobody_took_is_good_still(store, make, beside):
    async with store.running(["orders"]):
        owned = store.owned("orders")
        beside.change(EXPIRED)

        await owned.stage(make.intake(make.record("1")))

        assert beside.rows("SELECT until > 0 FROM runs") == [(True,)]  # and is renewed by that


async def test_others_of_a_group_are_written_where_one_has_lost_its_lease(late, store, make):
    """A process that lost one of two pipelines goes on with the other."""
    async with late.running(["tracking"]):
        tracking = late.owned("tracking")
        lost = []

        async def lose():
            try:
                await late.stage(make.intake(make.record("x")))
            except LeaseLost as error:
                lost.append(error)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lose)
            for number in range(5):
                tasks.start_soon(tracking.stage, make.intake(make.record(str(number)), pipeline="tracking"))

    assert len(lost) == 1
    assert len(await store.deliveries(pipelines=["tracking"])) == 5


async def test_lease_is_renewed_while_nothing_is_written(store, beside):
    async with store.running(["orders"], timedelta(milliseconds=20)):
        start = beside.rows("SELECT until FROM runs")
        with anyio.fail_after(20):
            while beside.rows("SELECT until FROM runs") == start:  # noqa: ASYNC110  the server tells nobody
                await anyio.sleep(0.01)


async def test_lease_is_three_times_as_long_as_the_longest_request_by_the_servers_clock(store, beside):
    async with store.running(["orders"], A_WHILE):
        ((left_s,),) = beside.rows("SELECT until / 1000000 - extract(epoch FROM clock_timestamp()) FROM runs")

    assert 29 < left_s <= 30


async def test_right_to_renew_a_token_goes_by_the_servers_clock(store, beside, clock):
    now = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    beside.change(f"INSERT INTO leases (name, owner, until) VALUES ('token:shop', 'gone', {now} + 90000000)")
    clock.advance(3600)  # the clock of one machine says nothing
    taken = []

    async def take():
        async with store.refreshing("shop"):
            taken.append(True)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take)
        while not clock.slept:  # noqa: ASYNC110  it was refused, and asks again
            await anyio.sleep(0.001)
        assert taken == []
        beside.change("UPDATE leases SET until = 0")

    assert taken == [True]


async def test_runners_are_named_with_what_they_run(store, open_shared, beside):
    async with open_shared() as other, other.running(["orders", "tracking"]):
        (running,) = await store.runners()
        beside.change(EXPIRED)
        (silent,) = await store.runners()

    assert (running.sign, running.pipelines) == ("running", ("orders", "tracking"))
    assert running.owner.startswith(f"process {os.getpid()} on ")
    assert (silent.sign, silent.owner) == ("silent", running.owner)
    assert await store.runners() == []


async def test_runner_that_died_is_told_from_one_that_lives(store, open_shared):
    async with open_shared() as other, other.running(["orders"]):
        other._parts[2].close()  # the server sees its connection go, as when a process is killed

        with anyio.fail_after(20):
            while [one.sign for one in await store.runners()] != ["gone"]:  # not seen yet
                await anyio.lowlevel.checkpoint()


async def test_schema_has_a_version(store):
    assert await store.schema_version() == 1
