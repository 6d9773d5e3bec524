"""What is shown and kept of bundles: plans, stories, traces, and what retention takes."""

from __future__ import annotations

import pytest

from crossdock import jsonio
from crossdock.engine.comparing import Comparer
from crossdock.engine.intake import Origin
from crossdock.engine.planning import Planner
from crossdock.errors import StoreError
from crossdock.store.rows import State
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


async def plan(bench, belt, *records):
    belt["batches"] = [list(records)]
    route = bench.route()
    planner = Planner(
        Origin("things", route.source, "shelf_one", bench.connection, bench.client, ["route"]),
        [route],
        bench.store,
        bench.clock,
    )
    await planner.plan(None, None)
    return planner


async def test_plan_shows_the_bundles_that_would_be_sent_and_allots_nothing(bench, belt, world):
    await bench.run(some(1), wait_s=9)
    planner = await plan(bench, belt, *some(7))

    assert [(one.effect_key, one.requests) for one in planner.effects] == [(f"thing-{n}", ()) for n in range(2, 8)]
    assert [len(bundle.effect_keys) for bundle in planner.bundles] == [5, 1]
    (request,) = planner.bundles[1].requests
    body = jsonio.loads(request.body)
    assert (body["group"], [one["key"] for one in body["entries"]]) == ("XD00000000", ["thing-7"])
    assert len(world.staged) == 1
    assert await bench.store.allot_number("a", "s", bench.clock.now()) == 2


async def test_comparison_shows_what_a_member_would_send_if_it_went_alone(bench):
    await bench.run(some(3), wait_s=9)
    bench.mappers = [type(bench.mappers[0])(color="blue")]
    one = await bench.only("thing-2")
    (delivery,) = await bench.store.delivery_rows([one.id])

    compared = await Comparer(bench.route(), bench.store, bench.clock).compare(delivery)

    (fact,) = compared.facts
    assert (fact.outcome, fact.differs) == ("hold", True)
    before, after = (jsonio.loads(one[0].body)["entries"] for one in (fact.before, fact.after))
    assert [entry["color"] for entry in (*before, *after)] == ["red", "blue"]


async def test_story_of_one_shows_the_bundle_that_it_went_with(bench):
    await bench.run(some(3), wait_s=9)

    story = await bench.store.delivery((await bench.only("thing-2")).id)

    (effect,) = story.effects
    carrier = story.carriers[effect.carrier_id]
    assert (effect.steps, carrier.members, carrier.effect.version) == ((), 3, 1)
    assert [(step.method, step.status) for step in carrier.effect.steps] == [("POST", 200), ("POST", 202), ("GET", 200)]
    assert [event.kind for event in story.audit if event.kind.startswith("effect.")] == [
        "effect.attempted",
        "effect.done",
    ]
    assert carrier.effect.key in story.audit[0].detail.values()


async def test_trace_tells_the_requests_of_the_bundle(bench):
    await bench.run(some(2), wait_s=9)

    trace = await bench.store.trace("thing-2")

    answered = [
        (event.detail["method"], event.detail["status"]) for event in trace.events if event.kind == "effect.answered"
    ]
    assert answered == [("POST", 200), ("POST", 202), ("GET", 200)]
    assert [event.ref for event in trace.events if event.kind == "effect.done"] == ["thing-2"]


async def test_bundles_do_not_count_as_effects(bench):
    await bench.run(some(3), wait_s=9)

    assert await bench.store.effect_count("things") == 3


async def stored(bench):
    """What is kept of the bundle of thing-1: bodies of its requests, and of its answers."""
    story = await bench.store.delivery((await bench.only("thing-1")).id)
    (carrier,) = story.carriers.values()
    return [(bool(step.body), step.answer is not None) for step in carrier.effect.steps]


async def erase(bench):
    now = bench.clock.now()
    return (await bench.store.erase(before=now, at=now)).records


async def test_retention_takes_a_bundle_once_all_that_went_with_it_is_settled(bench, world):
    await bench.run(some(2), wait_s=9)
    bench.clock.advance(10)

    assert await erase(bench) == 2
    assert await stored(bench) == [(False, False)] * 3


async def test_retention_keeps_a_bundle_of_which_one_is_open(make_bench, world):
    class Slow(HouseSink):
        name = "slow"

        def receipt(self, effect, answers):
            if effect.key == "thing-2":
                raise ValueError("what is this")
            return super().receipt(effect, answers)

    bench = await make_bench(Slow)
    await bench.run(some(2), wait_s=2)
    assert await bench.states("thing-1") == [("delivered", None)]
    bench.clock.advance(10)

    assert await erase(bench) == 1
    assert (True, True) in await stored(bench)
    with pytest.raises(StoreError) as caught:
        await bench.store.erase_key(["thing-1"], reason="asked", actor="kim", at=bench.clock.now())
    assert caught.value.code == "key_open"


async def test_erasing_a_key_takes_the_bundle_that_bears_it(bench):
    await bench.run(some(2), wait_s=9)

    await bench.store.erase_key(["thing-2"], reason="asked", actor="kim", at=bench.clock.now())

    assert await stored(bench) == [(False, False)] * 3
    await bench.run(some(2), wait_s=9)
    assert {one.state for one in await bench.store.deliveries()} <= {State.DELIVERED, State.SKIPPED}
