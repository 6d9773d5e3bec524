"""A fact is covered once in an account, whatever effects name it."""

from __future__ import annotations

import pytest

from crossdock import Effect
from crossdock.contract.holds import DONE
from crossdock.store.rows import Decision, EffectState
from posting_house import House, SoloSink

pytestmark = pytest.mark.anyio


class Whole(SoloSink):
    """Posts what `covers` names, under a key of its own."""

    name = "whole"
    covers: tuple[str, ...] = ()

    def plan(self, document, known):
        planned = super().plan(document, known)
        return Effect(f"whole-{document.name}", planned.steps, planned.content, planned.memo, self.covers)


@pytest.fixture
def world(clock):
    return House(clock, takes_s=0.0)


@pytest.fixture
async def bench(make_bench):
    return await make_bench(SoloSink)


def thing(name="mug", size=2, **more):
    return {"name": name, "size": size, **more}


def beside(bench, sink):
    bench.sink = sink


async def test_effect_whose_facts_others_cover_is_not_made(bench, world):
    await bench.run([thing("mug"), thing("cup", 1)], wait_s=9)
    beside(bench, Whole(covers=("mug:1", "mug:2", "cup:1")))
    await bench.run([thing("day")], wait_s=9, pipeline="totals")

    one = await bench.only("day")
    assert (one.state.value, one.code) == ("skipped", "facts_covered")
    assert one.reason == "already in effect by mug, cup"
    assert world.posted == {"mug": 1, "cup": 1}


async def test_effect_some_of_whose_facts_another_covers_is_held(bench, world):
    await bench.run([thing("mug", 1)], wait_s=9)
    beside(bench, Whole(covers=("mug:1", "mug:2")))
    await bench.run([thing("day")], wait_s=9, pipeline="totals")

    one = await bench.only("day")
    assert (one.state.value, one.code) == ("held", "facts_overlap")
    assert "mug:1 by mug (delivery 1 of things)" in one.reason
    assert world.posted == {"mug": 1}


async def test_one_that_overlaps_ends_by_a_persons_word_and_covers_only_what_is_left(bench, world):
    await bench.run([thing("mug", 1)], wait_s=9)
    beside(bench, Whole(covers=("mug:1", "mug:2")))
    await bench.run([thing("day")], wait_s=9, pipeline="totals")
    one = await bench.only("day")

    await bench.store.resolve(one.id, Decision(DONE, "kim", "by hand", bench.clock.now(), "J-1"))
    await bench.deliver(pipeline="totals")

    assert await bench.states("day") == [("delivered", "done_by_hand")]
    covers = await bench.store.covering(bench.connection.identity, ["mug:1", "mug:2"])
    assert {fact: cover.key for fact, cover in covers.items()} == {"mug:1": "mug", "mug:2": "whole-day"}


async def test_fact_that_one_effect_names_twice_counts_once(bench, world):
    beside(bench, Whole(covers=("mug:1", "mug:1")))
    await bench.run([thing("day")], wait_s=9)

    assert await bench.states("day") == [("delivered", None)]


async def test_facts_of_what_was_not_made_are_free(bench, world):
    world.bad = {"mug"}
    await bench.run([thing("mug")], wait_s=9)
    assert await bench.states("mug") == [("held", "refused")]

    beside(bench, Whole(covers=("mug:1", "mug:2")))
    await bench.run([thing("day")], wait_s=9, pipeline="totals")
    assert await bench.states("day") == [("delivered", None)]

    world.bad = set()
    beside(bench, SoloSink())
    bench.clock.advance(301)
    await bench.deliver(wait_s=9)
    assert await bench.states("mug") == [("skipped", "facts_covered")]


async def test_effect_waits_for_another_that_is_at_work_on_its_facts(bench, world):
    world.takes_s = 60
    await bench.run([thing("mug", 1)])
    beside(bench, Whole(covers=("mug:1",)))
    await bench.run([thing("day")], pipeline="totals")
    assert await bench.states("day") == [("pending", "in_progress")]

    beside(bench, SoloSink())
    await bench.deliver(wait_s=90)
    beside(bench, Whole(covers=("mug:1",)))
    bench.clock.advance(301)
    await bench.deliver(pipeline="totals")
    assert await bench.states("day") == [("skipped", "facts_covered")]


async def test_loser_of_a_race_for_a_fact_is_planned_again(bench, world, monkeypatch):
    await bench.run([thing("mug", 1)], wait_s=9)
    beside(bench, Whole(covers=("mug:1",)))
    blind, asked = bench.store.covering, []

    async def covering(account, facts):
        asked.append(facts)
        return {} if len(asked) == 1 else await blind(account, facts)

    monkeypatch.setattr(type(bench.store), "covering", lambda self, account, facts: covering(account, facts))
    await bench.run([thing("day")], wait_s=9, pipeline="totals")

    assert len(asked) == 2
    assert await bench.states("day") == [("skipped", "facts_covered")]
    assert world.facts == {"mug:1": 1}


async def test_next_version_of_a_state_covers_what_the_one_before_covered(make_bench, world):
    class State(SoloSink):
        name = "state"
        kind = "state"

    bench = await make_bench(State)
    await bench.run([thing("mug", 1)], wait_s=9)
    await bench.run([thing("mug", 2)], wait_s=9)

    covers = await bench.store.covering(bench.connection.identity, ["mug:1", "mug:2"])
    assert [(fact, cover.key, cover.state) for fact, cover in sorted(covers.items())] == [
        ("mug:1", "mug", EffectState.DONE),
        ("mug:2", "mug", EffectState.DONE),
    ]


async def test_void_version_leaves_its_facts_to_the_one_before(make_bench, world):
    class State(SoloSink):
        name = "state"
        kind = "state"

    bench = await make_bench(State)
    await bench.run([thing("mug", 1)], wait_s=9)
    world.bad = {"mug"}
    await bench.run([thing("mug", 2)], wait_s=9)

    assert await bench.states("mug") == [("delivered", None), ("held", "refused")]
    covers = await bench.store.covering(bench.connection.identity, ["mug:1", "mug:2"])
    assert list(covers) == ["mug:1"]


async def test_record_that_plans_one_fact_twice_is_held(bench, world):
    beside(bench, Whole(covers=("all",)))
    await bench.run([thing("mug", 99)], wait_s=9)

    one = await bench.only()
    assert one.state.value == "held"
    assert "one record plans the same fact twice: all" in one.reason
