"""A re-read of an old window never acts twice, whatever retention took in between."""

from __future__ import annotations

from datetime import timedelta
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock.clock import ManualClock
from crossdock.engine.retaining import retain

pytestmark = pytest.mark.anyio

RETAINED = timedelta(days=90)


def thing(name="mug", **more):
    return {"name": name, "size": 1, **more}


async def pass_by(bench, clock):
    """Time passes, and a run erases what is due."""
    clock.advance(91 * 86400)
    await retain(bench.store, clock, RETAINED)


@pytest.mark.parametrize("pipeline", ["things", "renamed"])
async def test_record_that_is_read_again_after_its_content_was_erased_is_not_made_again(bench, world, clock, pipeline):
    await bench.run([thing()])
    await pass_by(bench, clock)

    await bench.run([thing()], pipeline=pipeline)

    assert world.made == {"mug": 1}
    (newest, *_) = await bench.store.deliveries()
    assert (newest.code, bool((await bench.store.effects_of(1))[0].erased)) == ("already_in_effect", True)


async def test_state_without_content_of_its_own_is_looked_for_when_its_requests_were_erased(
    make_bench, sinks, world, clock
):
    class Plain(sinks["state"]):
        name = "plain_states"

        def plan(self, document, known):
            effect = super().plan(document, known)
            return type(effect)(key=effect.key, steps=effect.steps, memo=effect.memo)

    bench = await make_bench(Plain)
    await bench.run([thing()])
    await pass_by(bench, clock)

    await bench.run([thing()], pipeline="renamed")
    assert len(world.writes) == 1
    await bench.run([thing(size=2)], pipeline="renamed")
    assert len(world.writes) == 2


async def test_what_is_held_is_delivered_with_its_content_however_late(bench, world, clock):
    world.script = ["400"]
    await bench.run([thing()])
    await pass_by(bench, clock)
    (notice,) = await bench.store.notices()

    await bench.deliver()

    assert (notice.notice.code, world.made) == ("payload_due", {"mug": 1})
    await retain(bench.store, clock, RETAINED)
    assert await bench.store.notices() == []


HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.sampled_from("ab"), st.integers(1, 3)),
        st.just(("pass", "", 0)),
        st.just(("rename", "", 0)),
    ),
    max_size=12,
)


@pytest.mark.parametrize("kind", ["create", "state"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=HAPPENINGS)
async def test_whatever_is_read_again_and_erased_each_fact_is_made_once(kind, happenings, opening, sinks):
    make_world, open_bench = opening
    world, clock, wanted, stands = make_world(), ManualClock(), 0, {}
    with TemporaryDirectory() as folder:
        async with open_bench(folder, clock, world, sinks[kind]) as bench:
            await bench.run()
            pipeline = "things"
            for what, name, size in happenings:
                if what == "rename":  # once and for all: the new name reads everything anew
                    pipeline = "renamed"
                if what == "pass":
                    await pass_by(bench, clock)
                if what != "read":
                    continue
                await bench.run([thing(name, size=size)], pipeline=pipeline)
                wanted += stands.get(name) != size if kind == "state" else name not in stands
                stands[name] = size

            assert len(world.writes) == wanted
            assert await bench.store.verify_audit() is None
