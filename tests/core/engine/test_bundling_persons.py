"""Bundles whose outcome stays unknown, persons' words about them, and those who take them over."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from crossdock.contract.holds import DONE, NOT_DONE
from crossdock.store.rows import Decision, State
from posting_house import House, HouseSink

pytestmark = pytest.mark.anyio


@pytest.fixture
def world(clock):
    return House(clock, takes_s=1.0)


@pytest.fixture
async def bench(make_bench):
    return await make_bench(HouseSink)


def thing(name="mug", size=1, **more):
    return {"name": name, "size": size, **more}


def some(count, **more):
    return [thing(f"thing-{number}", **more) for number in range(1, count + 1)]


async def say(bench, key, choice, ref=None, *, insist=False):
    bench.clock.advance(1)
    one = await bench.only(key)
    await bench.store.resolve(one.id, Decision(choice, "tester", "I looked", bench.clock.now(), ref, insist))


@pytest.fixture
async def unknown(bench, world):
    """Three that went together, of which nobody can tell what became: the first answer was lost, and no look works."""
    await bench.run([])
    world.script, world.reads = ["lost_after"], ["403"] * 10_000
    await bench.run(some(3), wait_s=400)
    assert await bench.states() == [("held", "outcome_unknown")] * 3
    return bench


async def test_bundle_of_unknown_outcome_is_held_as_a_whole_and_never_sent_again(unknown, world):
    for _ in range(3):
        unknown.clock.advance(400)
        await unknown.deliver()

    assert world.requests.count(("POST", "/runs")) == 1
    assert await unknown.states() == [("held", "outcome_unknown")] * 3


async def test_look_that_succeeds_later_goes_on_with_all_of_it(unknown, world):
    world.reads = []
    unknown.clock.advance(301)
    await unknown.deliver(wait_s=20)

    assert await unknown.states() == [("delivered", None)] * 3
    assert set(world.posted.values()) == {1}


async def test_one_that_is_done_by_a_persons_word_is_settled_alone(unknown, world):
    await say(unknown, "thing-2", DONE, "J-17")
    await unknown.deliver()

    assert await unknown.states("thing-2") == [("delivered", None)]
    assert await unknown.states("thing-1") == [("held", "outcome_unknown")]
    story = await unknown.store.delivery((await unknown.only("thing-2")).id)
    assert [effect.receipt.id for effect in story.effects] == ["J-17"]

    world.reads = []
    unknown.clock.advance(301)
    await unknown.deliver(wait_s=20)
    assert await unknown.states() == [("delivered", None)] * 3


async def test_word_that_it_was_not_made_counts_for_the_bundle_once_it_is_insisted_on(unknown, world):
    await say(unknown, "thing-2", NOT_DONE)
    await unknown.deliver()
    one = await unknown.only("thing-2")
    assert (one.state, one.code) == (State.HELD, "outcome_unknown")
    assert f"crossdock resolve {one.id} not-done --insist" in one.fix

    world.runs.clear()
    world.reads = []
    world.reads = ["403"]
    await say(unknown, "thing-2", NOT_DONE, insist=True)
    await unknown.deliver(wait_s=30)

    assert await unknown.states() == [("delivered", None)] * 3
    assert world.posted == {"thing-1": 1, "thing-2": 1, "thing-3": 1}


async def test_one_that_a_person_discarded_is_not_sent_with_the_others_again(unknown, world):
    one = await unknown.only("thing-2")
    await unknown.store.discard(one.id, reason="by hand", actor="kim", at=unknown.clock.now())
    world.runs.clear()
    world.reads = []
    unknown.clock.advance(301)
    await unknown.deliver(wait_s=30)

    assert await unknown.states("thing-2") == [("skipped", "discarded")]
    assert world.posted == {"thing-1": 1, "thing-3": 1}
    assert await unknown.store.covering(unknown.connection.identity, ["thing-2:1"]) == {}


async def test_newer_revision_waits_for_the_bundle_that_the_older_one_went_with(bench, world):
    await bench.run(some(2))
    await bench.stage(thing("thing-1", size=2))
    await bench.deliver()
    assert await bench.states("thing-1") == [("attempted", "processing"), ("pending", None)]

    await bench.deliver(wait_s=20)
    assert await bench.states("thing-1") == [("delivered", None), ("held", "changed_after_delivery")]
    held = (await bench.store.deliveries(states=[State.HELD]))[0]
    assert "a reversal" in held.fix


async def test_pipeline_under_another_name_takes_over_what_is_under_way(bench, world):
    await bench.run(some(2))
    assert sum(world.starts.values()) == 1

    bench.options["alive"] = lambda pipeline, route: pipeline == "renamed"
    await bench.run(some(2), pipeline="renamed", wait_s=20)

    assert world.posted == {"thing-1": 1, "thing-2": 1}
    assert len(world.staged) == 1
    found = {(one.pipeline, one.state.value, one.code) for one in await bench.store.deliveries()}
    assert found == {("things", "delivered", None), ("renamed", "skipped", "already_in_effect")}


async def test_rejected_one_that_is_replayed_goes_with_a_bundle_again(bench, world):
    world.never = {"thing-1"}
    await bench.run(some(2), wait_s=10)
    one = await bench.only("thing-1")
    assert one.state is State.DEAD

    world.never = set()
    await bench.store.replay([one.id], reason="opened", actor="kim", at=bench.clock.now())
    await bench.deliver(wait_s=10)

    assert world.posted == {"thing-1": 1, "thing-2": 1}
    assert await bench.states("thing-1") == [("delivered", None)]


async def test_refused_account_keeps_what_was_to_be_sent(bench, world):
    world.script = ["401", "401"]
    await bench.run(some(2))
    assert not world.posted

    world.script = []
    await bench.deliver(wait_s=20)
    assert await bench.states() == [("delivered", None)] * 2


async def test_answer_that_cannot_be_read_for_one_leaves_that_one_unknown(make_bench, world):
    class Blurred(HouseSink):
        name = "blurred"
        sees: bool = False

        def receipt(self, effect, answers):
            if effect.key == "thing-2" and not self.sees:
                raise ValueError("what is this")
            return super().receipt(effect, answers)

    bench = await make_bench(Blurred)
    await bench.run(some(3), wait_s=5)
    assert await bench.states("thing-1") == [("delivered", None)]
    assert (await bench.only("thing-2")).state is State.ATTEMPTED

    bench.sink = Blurred(sees=True)
    bench.clock.advance(60)
    await bench.deliver(wait_s=30)
    assert await bench.states() == [("delivered", None)] * 3
    assert set(world.posted.values()) == {1}


async def test_bundle_that_the_sink_stumbles_over_holds_only_its_culprit(make_bench, world):
    class Stumbling(HouseSink):
        name = "stumbling"

        def bundle(self, bundle):
            if any(effect.key == "thing-3" for effect in bundle.effects):
                raise ZeroDivisionError
            return super().bundle(bundle)

    bench = await make_bench(Stumbling)
    await bench.run(some(5), wait_s=30)

    assert await bench.states("thing-3") == [("held", "plugin_fault")]
    assert len(world.posted) == 4


@pytest.mark.parametrize("forgotten", ["start", "all"])
async def test_restored_store_finds_out_how_far_a_bundle_went_that_it_knew_half_of(tmp_path, clock, opening, forgotten):
    world = House(clock, takes_s=1.0)
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()

    @asynccontextmanager
    async def at(folder):
        async with opening[1](tmp_path / folder, clock, world, HouseSink) as bench:
            async with bench.store.running(["things"]):
                pass
            yield bench

    async with at("old") as bench:
        await bench.run()
        world.script = ["ok", "429"] if forgotten == "start" else []
        if forgotten == "all":
            await bench.stage(*some(2))
        else:
            await bench.run(some(2))
            assert {one.state for one in await bench.store.deliveries()} == {State.ATTEMPTED}
        await bench.store.backup(tmp_path / "new" / "x.db", at=clock.now(), actor="kim")
        clock.advance(10)
        await bench.deliver(wait_s=20)
        assert world.posted == {"thing-1": 1, "thing-2": 1}

    clock.advance(60)
    async with at("new") as bench:
        for _ in range(4):
            await bench.run(some(2), wait_s=60)
            clock.advance(10)

        assert {one.state for one in await bench.store.deliveries()} == {State.DELIVERED}
    assert world.posted == {"thing-1": 1, "thing-2": 1}
    assert len(world.staged) == 1
