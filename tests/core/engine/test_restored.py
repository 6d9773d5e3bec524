"""A store that was put back from a backup: what it forgot may be in effect, so it reads and looks before it sends."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from crossdock import CannotTell
from crossdock.errors import TransientError

pytestmark = pytest.mark.anyio


def thing(name="mug", **more):
    return {"name": name, "size": 1, **more}


@pytest.fixture
async def life(tmp_path, clock, world, opening):
    """A bench, a backup of it amid its life, and a bench on what was restored."""
    _, open_bench = opening
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()

    class Life:
        @asynccontextmanager
        async def before(self, sink, **more):
            async with open_bench(tmp_path / "old", clock, world, sink, **more) as bench:
                await bench.run()
                yield bench

        async def back_up(self, bench):
            await bench.store.backup(tmp_path / "new" / "x.db", at=clock.now(), actor="kim")

        @asynccontextmanager
        async def restored(self, sink, **more):
            clock.advance(60)
            async with open_bench(tmp_path / "new", clock, world, sink, **more) as bench:
                async with bench.store.running(["things"]):
                    pass
                yield bench

    return Life()


async def run_all(bench, clock, *batches):
    """Run, and once more when absence counts."""
    await bench.run(*batches)
    clock.advance(6)
    await bench.deliver()


async def test_restored_store_sends_nothing_again_that_it_forgot(life, sinks, world, clock):
    async with life.before(sinks["create"]) as bench:
        await bench.run([thing("known")])
        await bench.stage(thing("pending"))
        await life.back_up(bench)
        await bench.run([thing("lost")])

    async with life.restored(sinks["create"]) as bench:
        await run_all(bench, clock, [thing("lost"), thing("new")])

        assert await bench.states("pending") == [("delivered", "adopted")]
        assert await bench.states("lost") == [("delivered", "adopted")]
        assert await bench.states("new") == [("delivered", None)]
    assert world.made == dict.fromkeys(["known", "pending", "lost", "new"], 1)


async def test_restored_store_looks_no_more_for_what_is_read_later(life, sinks, world, clock):
    async with life.before(sinks["create"]) as bench:
        await life.back_up(bench)

    async with life.restored(sinks["create"]) as bench:
        await run_all(bench, clock, [thing("first")])
        reads = world.reads
        await bench.run([thing("second")])

    assert world.made == {"first": 1, "second": 1}
    assert world.reads == reads


async def test_restored_store_believes_absence_only_when_what_it_forgot_can_no_longer_act(life, sinks, world, clock):
    async with life.before(sinks["create"]) as bench:
        await bench.stage(thing())
        await life.back_up(bench)
        clock.advance(60)
        world.script = ["late"]
        await bench.deliver()

    clock.advance(-60)
    async with life.restored(sinks["create"]) as bench:
        await bench.run()
        assert await bench.states() == [("pending", "restored")]
        for body in world.late:
            world.appear(body)
        clock.advance(6)
        await bench.deliver()

        assert await bench.states() == [("delivered", "adopted")]
    assert world.made == {"mug": 1}


@pytest.mark.parametrize("script", ["429", "lost_before"])
async def test_restored_store_looks_for_an_effect_that_it_meant_to_send_again(life, sinks, world, clock, script):
    async with life.before(sinks["create"]) as bench:
        world.script = [script]
        await bench.run([thing()])
        await life.back_up(bench)
        for _ in range(3):
            clock.advance(30)
            await bench.deliver()
        assert await bench.states() == [("delivered", None)]

    async with life.restored(sinks["create"]) as bench:
        await run_all(bench, clock)

        assert [state for state, _ in await bench.states()] == ["delivered"]
    assert world.made == {"mug": 1}


@pytest.mark.parametrize("script", ["429", "lost_before"])
async def test_restored_store_goes_on_with_an_effect_that_is_not_there(life, sinks, world, clock, script):
    async with life.before(sinks["create"]) as bench:
        world.script = [script]
        await bench.run([thing()])
        await life.back_up(bench)

    async with life.restored(sinks["create"]) as bench:
        for _ in range(4):
            await run_all(bench, clock)

        assert await bench.states() == [("delivered", None)]
    assert world.made == {"mug": 1}


async def test_restored_store_reads_before_it_delivers_so_that_nothing_old_undoes_the_new(life, sinks, world, clock):
    async with life.before(sinks["state"]) as bench:
        await bench.stage(thing(size=1))
        await life.back_up(bench)
        await bench.deliver()
        await bench.run([thing(size=2)])
        assert [body["size"] for _, body in world.writes] == [1, 2]

    async with life.restored(sinks["state"]) as bench:
        await run_all(bench, clock, [thing(size=2)])

        assert await bench.states() == [("skipped", "superseded"), ("delivered", "adopted")]
    assert [body["size"] for _, body in world.writes] == [1, 2]


async def test_restored_store_does_not_repeat_a_version_that_it_forgot(life, sinks, world, clock):
    async with life.before(sinks["state"]) as bench:
        await bench.run([thing(size=1)])
        await life.back_up(bench)
        await bench.run([thing(size=2)])

    async with life.restored(sinks["state"]) as bench:
        await run_all(bench, clock, [thing(size=2)])
        assert [body["size"] for _, body in world.writes] == [1, 2]
        await bench.run([thing(size=3)])

    assert [body["size"] for _, body in world.writes] == [1, 2, 3]


async def test_restored_store_delivers_nothing_while_its_source_cannot_be_read(life, sinks, world, clock):
    async with life.before(sinks["create"]) as bench:
        await bench.stage(thing())
        await life.back_up(bench)

    async with life.restored(sinks["create"]) as bench:
        clock.advance(60)
        await bench.run(TransientError("closed"))
        assert (await bench.states(), world.made) == ([("pending", None)], {})
        await bench.run()

        assert await bench.states() == [("delivered", None)]


async def test_restored_store_holds_what_nobody_can_look_for_until_a_person_decides(life, sinks, world, clock):
    async with life.before(sinks["blind"]) as bench:
        await bench.stage(thing("there"), thing("missing"))
        await life.back_up(bench)

    async with life.restored(sinks["blind"]) as bench:
        await run_all(bench, clock)
        assert {*await bench.states()} == {("held", "restored_unseen")}
        assert world.writes == []
        missing, there = await bench.only("missing"), await bench.only("there")
        assert "cannot look" in missing.reason
        await bench.store.replay([missing.id], reason="it is not there", actor="kim", at=clock.now())
        await bench.store.discard(there.id, reason="it is there", actor="kim", at=clock.now())
        await bench.deliver()

        assert await bench.states("missing") == [("delivered", None)]
    assert world.made == {"missing": 1}


async def test_restored_store_holds_what_a_look_can_never_tell(life, sinks, world, clock):
    class NeverSeen(sinks["create"]):
        async def probe(self, effect):
            return CannotTell("it bears no name of its own there", ever=True)

    async with life.before(NeverSeen) as bench:
        await bench.stage(thing())
        await life.back_up(bench)

    async with life.restored(NeverSeen) as bench:
        await run_all(bench, clock)
        assert await bench.states() == [("held", "restored_unseen")]
        assert world.writes == []


async def test_restored_store_repeats_a_state_that_nobody_can_look_for(life, sinks, world, clock):
    class BlindState(sinks["state"]):
        name = "blind_states"
        probe = sinks["blind"].probe

    async with life.before(BlindState) as bench:
        await life.back_up(bench)
        await bench.run([thing(size=2)])

    async with life.restored(BlindState) as bench:
        await run_all(bench, clock, [thing(size=2)])

        assert await bench.states() == [("delivered", None)]
    assert [body["size"] for _, body in world.writes] == [2, 2]
