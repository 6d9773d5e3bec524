"""What core itself holds, walked: held with advice, its cause removed, delivered once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crossdock import HoldError, NotYetError

pytestmark = pytest.mark.anyio

THING = {"name": "A", "size": 1}


async def recheck(bench):
    bench.clock.advance(301)
    await bench.deliver(wait_s=5)


async def assert_held(bench, code):
    one = await bench.only()
    assert (one.state.value, one.code) == ("held", code)
    assert one.fix


async def assert_delivered_once(bench):
    assert (await bench.states())[-1][0] == "delivered"
    assert bench.world.made == {"A": 1}


async def test_hold_for_a_conflict_ends_when_what_is_there_is_corrected(make_bench):
    bench = await make_bench(sink_settings={"probe_first_": True})
    bench.world.appear({**THING, "size": 7, "color": "red"})
    await bench.run([dict(THING)])
    await assert_held(bench, "conflict")

    bench.world.things["A"]["size"] = 1
    await recheck(bench)

    await assert_delivered_once(bench)


async def test_hold_for_what_is_overdue_ends_when_the_precondition_is_met(make_bench, sinks):
    class Waiting(sinks["create"]):
        name = "waiting"

        def plan(self, thing, known):
            if not met:
                at = bench.clock.now()
                raise NotYetError("not yet", deadline=at + timedelta(hours=1), alert_at=at, fix="accept it")
            return super().plan(thing, known)

    met = []
    bench = await make_bench(Waiting)
    await bench.run([dict(THING)])
    await assert_held(bench, "overdue")

    met.append(True)
    await recheck(bench)

    await assert_delivered_once(bench)


async def test_hold_for_a_faulty_plugin_ends_when_it_is_mended(make_bench, sinks):
    class Faulty(sinks["create"]):
        name = "faulty"

        def plan(self, thing, known):
            return super().plan(thing, known) if mended else 1 / 0

    mended = []
    bench = await make_bench(Faulty)
    await bench.run([dict(THING)])
    await assert_held(bench, "plugin_fault")

    mended.append(True)
    await recheck(bench)

    await assert_delivered_once(bench)


def blindfolded(sinks):
    """A sink that may not look until a person lets it, and what says that it may."""

    class Blindfolded(sinks["create"]):
        name = "blindfolded"

        async def probe(self, effect):
            if not allowed:
                raise HoldError("may_not_look", "it may not look", fix="let it look")
            return await super().probe(effect)

    allowed = []
    return Blindfolded, allowed


async def test_hold_of_a_first_look_ends_when_it_may_look(make_bench, sinks):
    sink, allowed = blindfolded(sinks)
    bench = await make_bench(sink, sink_settings={"probe_first_": True})
    await bench.run([dict(THING)])
    await assert_held(bench, "may_not_look")
    assert bench.world.writes == []

    allowed.append(True)
    await recheck(bench)

    await assert_delivered_once(bench)


async def test_look_that_is_not_allowed_never_says_that_nothing_happened(make_bench, sinks):
    sink, allowed = blindfolded(sinks)
    bench = await make_bench(sink)
    await bench.run()
    bench.world.script = ["lost_after"]
    await bench.run([dict(THING)])
    await recheck(bench)
    await assert_held(bench, "outcome_unknown")

    allowed.append(True)
    await recheck(bench)

    await assert_delivered_once(bench)
