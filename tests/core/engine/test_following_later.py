"""What is done only later is asked for again and again, across restarts, and nothing is done twice by that."""

from __future__ import annotations

import pytest

from crossdock.store.rows import State
from posting_house import House, SoloSink

pytestmark = pytest.mark.anyio


@pytest.fixture
def world(clock):
    return House(clock, takes_s=5.0)


@pytest.fixture
async def bench(make_bench):
    return await make_bench(SoloSink)


def thing(name="mug", size=1, **more):
    return {"name": name, "size": size, **more}


def polls(world):
    """How often it was asked how far it is, the look before the first creation left out."""
    return [method for method, _ in world.requests[2:]].count("GET")


async def steps_of(bench):
    story = await bench.store.delivery((await bench.only()).id)
    return [
        (step.method, step.url.rpartition("/")[2], step.status) for effect in story.effects for step in effect.steps
    ]


async def test_run_ends_with_what_is_under_way_and_the_next_one_goes_on(bench, world):
    await bench.run([thing()])

    one = await bench.only()
    assert (one.state, one.code) == (State.ATTEMPTED, "processing")
    assert (one.due_at - bench.clock.now()).total_seconds() == pytest.approx(2, abs=0.1)
    assert not world.posted

    for _ in range(3):
        bench.clock.advance(2)
        await bench.deliver()

    assert await bench.states() == [("delivered", None)]
    assert world.posted == {"mug": 1}
    assert polls(world) == 3
    assert len(world.starts) == sum(world.starts.values()) == 1


async def test_wait_goes_on_within_the_run_where_it_is_allowed_to(bench, world):
    await bench.run([thing()], wait_s=3)

    assert await bench.states() == [("delivered", None)]
    assert world.posted == {"mug": 1}


async def test_repeated_question_leaves_its_newest_answer_alone(bench, world):
    world.takes_s = 2 * 70
    await bench.run([thing()], wait_s=3)

    assert await bench.states() == [("delivered", None)]
    assert polls(world) == 70
    assert await steps_of(bench) == [("POST", "runs", 200), ("POST", "start", 202), ("GET", "XDmug", 200)]


async def test_run_before_it_is_time_asks_nothing(bench, world):
    await bench.run([thing()])
    asked = len(world.requests)

    bench.clock.advance(1)
    await bench.deliver()

    assert len(world.requests) == asked


@pytest.mark.parametrize("how", ["503", "429", "lost_before", "lost_after", "500_after"])
async def test_question_that_fails_is_asked_again_however_often(bench, world, how):
    world.reads = ["ok"] + [how] * 12  # the first looks whether it is there already
    await bench.run([thing()], wait_s=10)
    for _ in range(40):
        bench.clock.advance(60)
        await bench.deliver(wait_s=3)

    assert await bench.states() == [("delivered", None)]
    assert world.posted == {"mug": 1}
    story = await bench.store.delivery((await bench.only()).id)
    assert {event.kind for event in story.audit} == {
        "effect.attempted",
        "effect.done",
        "delivery.attempted",
        "delivery.delivered",
    }


@pytest.mark.parametrize(("write", "how"), [(0, "lost_after"), (0, "500_after"), (1, "lost_after"), (1, "500_after")])
async def test_what_was_carried_out_though_its_answer_was_lost_is_gone_on_with(bench, world, write, how):
    world.script = ["ok"] * write + [how]
    await bench.run([thing()], wait_s=30)

    assert await bench.states() == [("delivered", None)]
    assert world.posted == {"mug": 1}
    assert world.requests.count(("POST", "/runs")) == 1
    assert world.requests.count(("POST", "/runs/XDmug/start")) == 1


@pytest.mark.parametrize("write", [0, 1])
async def test_what_was_not_carried_out_is_sent_again_once_that_is_sure(bench, world, write):
    world.script = ["ok"] * write + ["lost_before"]
    await bench.run([thing()], wait_s=60)

    assert await bench.states() == [("delivered", None)]
    assert world.posted == {"mug": 1}
    assert [method for method, _ in world.requests].count("POST") == 3


async def test_refusal_that_shows_only_later_is_held(bench, world):
    world.bad = {"mug"}
    await bench.run([thing()], wait_s=10)

    assert await bench.states() == [("held", "refused")]
    assert not world.posted


async def test_what_never_ends_is_told_to_a_person_and_goes_on_by_itself(make_bench, world):
    bench = await make_bench(SoloSink, sink_settings={"poll_s": 600.0})
    world.takes_s = 2 * 3600
    await bench.run([thing()], wait_s=601)

    one = await bench.only()
    assert (one.state, one.code) == (State.HELD, "outcome_unknown")
    assert one.reason.startswith("the remote system has been at work on it since")

    for _ in range(12):
        bench.clock.advance(601)
        await bench.deliver()
    assert await bench.states() == [("delivered", None)]
    assert world.posted == {"mug": 1}
