"""Bundles: what goes together, and what becomes of each of it, whatever the remote system does."""

from __future__ import annotations

import pytest

from crossdock.store.rows import EffectState, State
from posting_house import House, HouseSink

pytestmark = pytest.mark.anyio


@pytest.fixture
def world(clock):
    return House(clock, takes_s=5.0)


@pytest.fixture
async def bench(make_bench):
    return await make_bench(HouseSink)


def thing(name="mug", size=1, **more):
    return {"name": name, "size": size, **more}


def some(count, **more):
    return [thing(f"thing-{number}", **more) for number in range(1, count + 1)]


def groups(world):
    """The requests that staged a run."""
    return [one for one in world.requests if one == ("POST", "/runs")]


async def test_records_go_together_and_settle_one_by_one(bench, world):
    await bench.run(some(3), wait_s=10)

    assert world.posted == {"thing-1": 1, "thing-2": 1, "thing-3": 1}
    assert len(groups(world)) == 1
    assert await bench.states() == [("delivered", None)] * 3
    links = await bench.store.links(bench.connection.identity, bench.connection.identity, {"thing-2": ["thing-2"]})
    assert [(link.near.id, link.far.kind, link.far.id, link.lines) for link in links["thing-2"]] == [
        ("thing-2", "posting", "thing-2", {"1": {"size": 1}})
    ]


async def test_more_than_fit_go_with_several_bundles_of_ever_new_numbers(bench, world):
    await bench.run(some(12), wait_s=20)

    assert len(groups(world)) == 3
    assert set(world.posted.values()) == {1}
    assert len(world.posted) == 12
    assert [group[2:5] for group in world.runs] == ["001", "002", "003"]
    assert len({group[5:] for group in world.runs}) == 3


async def test_effects_of_one_delivery_stay_together(bench, world):
    await bench.run([*some(4), thing("pair", size=99)], wait_s=20)

    assert sorted(map(sorted, world.staged)) == [["pair", "pair-b"], ["thing-1", "thing-2", "thing-3", "thing-4"]]


async def test_same_record_read_again_does_nothing(bench, world):
    await bench.run(some(2), wait_s=10)
    await bench.run(some(2), wait_s=10)

    assert len(groups(world)) == 1
    assert set(world.posted.values()) == {1}


async def test_run_ends_while_the_house_works_and_the_next_one_goes_on(bench, world):
    await bench.run(some(2))
    assert await bench.states() == [("attempted", "processing")] * 2

    for _ in range(3):
        bench.clock.advance(2)
        await bench.deliver()

    assert await bench.states() == [("delivered", None)] * 2
    assert sum(world.starts.values()) == 1


async def test_one_that_is_refused_is_held_alone_and_the_others_go_at_once(bench, world):
    world.bad = {"thing-2"}
    await bench.run(some(4), wait_s=10)

    assert await bench.states("thing-2") == [("held", "refused")]
    assert world.posted == {"thing-1": 1, "thing-3": 1, "thing-4": 1}
    assert {one.attempts for one in await bench.store.deliveries(states=[State.DELIVERED])} == {1}
    assert len(groups(world)) == 2


async def test_one_that_was_refused_spoils_nothing_for_new_ones(bench, world):
    world.bad = {"thing-1"}
    await bench.run(some(1), wait_s=10)
    bench.clock.advance(301)
    await bench.run([thing("mug")], wait_s=10)

    assert await bench.states("mug") == [("delivered", None)]
    assert (await bench.only("mug")).attempts == 1
    assert [keys for keys in world.staged if "mug" in keys] == [["mug"]]

    world.bad = set()
    bench.clock.advance(301)
    await bench.deliver(wait_s=10)
    assert await bench.states("thing-1") == [("delivered", None)]


async def test_one_that_is_rejected_is_dead_and_its_facts_are_free(bench, world):
    world.never = {"thing-1"}
    await bench.run(some(2), wait_s=10)

    assert await bench.states() == [("dead", "rejected"), ("delivered", None)]
    covers = await bench.store.covering(bench.connection.identity, ["thing-1:1", "thing-2:1"])
    assert [(fact, cover.state) for fact, cover in covers.items()] == [("thing-2:1", EffectState.DONE)]


@pytest.mark.parametrize(("write", "how"), [(0, "lost_after"), (0, "500_after"), (1, "lost_after"), (1, "500_after")])
async def test_bundle_goes_on_after_what_was_carried_out_though_its_answer_was_lost(bench, world, write, how):
    world.script = ["ok"] * write + [how]
    await bench.run(some(3), wait_s=60)

    assert await bench.states() == [("delivered", None)] * 3
    assert set(world.posted.values()) == {1}
    assert (len(groups(world)), sum(world.starts.values())) == (1, 1)


@pytest.mark.parametrize("write", [0, 1])
async def test_same_bundle_is_sent_again_once_it_is_sure_that_nothing_was_done(bench, world, write):
    world.script = ["ok"] * write + ["lost_before"]
    await bench.run(some(3), wait_s=60)

    assert await bench.states() == [("delivered", None)] * 3
    assert set(world.posted.values()) == {1}
    assert len(world.runs) == 1


@pytest.mark.parametrize("how", ["429", "refused"])
async def test_bundle_of_which_nothing_was_done_is_dissolved_and_goes_later(bench, world, how):
    world.script = ["429" if how == "429" else "400"]
    await bench.run(some(3), wait_s=60)

    if how == "429":
        assert await bench.states() == [("delivered", None)] * 3
        assert {one.attempts for one in await bench.store.deliveries()} == {2}
    else:
        assert await bench.states() == [("held", "not_staged")] * 3
        assert not world.posted


async def test_state_that_changed_goes_again_with_a_later_bundle(make_bench, world):
    class Level(HouseSink):
        name = "levels"
        kind = "state"

    bench = await make_bench(Level)
    await bench.run([thing("mug", size=1), thing("cup")], wait_s=9)
    await bench.run([thing("mug", size=2), thing("cup")], wait_s=9)

    assert [sorted(keys) for keys in world.staged] == [["cup", "mug"], ["mug"]]
    assert await bench.states("mug") == [("delivered", None), ("delivered", None)]


async def test_newer_revision_takes_the_place_of_one_whose_bundle_was_not_taken(bench, world):
    world.script = ["429"]
    await bench.run([thing("mug", size=1)])
    assert await bench.states("mug") == [("pending", "throttled")]

    await bench.run([thing("mug", size=2)], wait_s=30)
    assert await bench.states("mug") == [("skipped", "superseded"), ("delivered", None)]
    assert world.posted == {"mug": 1}
