"""A remote system that is away for hours: nothing dies of it, and nothing is tried again and again."""

from __future__ import annotations

import pytest

from crossdock.http import LOST

pytestmark = pytest.mark.anyio

HOURS_S = 5 * 3600.0


def thing(name):
    return {"name": name, "size": 1}


async def test_an_outage_of_hours_makes_nothing_dead(bench, world, clock):
    """Whatever is tried meanwhile is tried by one request at a time, and counts for nobody."""
    world.read_status, world.script = 503, ["lost_before"] * 10_000
    await bench.run([thing("mug"), thing("jar"), thing("cup")])
    start = clock.monotonic()

    while clock.monotonic() < start + HOURS_S:
        clock.advance(300)  # a timer starts a run every five minutes
        await bench.deliver(wait_s=20)
    states = {state for state, _ in await bench.states()}
    attempts = [one.attempts for one in await bench.store.deliveries()]
    tried = world.reads + len(world.writes)
    world.read_status, world.script = 200, []
    clock.advance(300)
    await bench.deliver(wait_s=600)

    assert states <= {"pending", "attempted"}
    assert max(attempts) <= 5
    assert tried < 5 + 3 * HOURS_S / 300
    assert world.made == {"mug": 1, "jar": 1, "cup": 1}
    assert {state for state, _ in await bench.states()} == {"delivered"}


async def test_what_may_have_happened_is_not_held_while_nobody_can_look(bench, world, clock):
    async def go_away():
        world.read_status = 503

    world.script, world.on_write = ["lost_after"], go_away
    await bench.run([thing("mug")])

    for _ in range(30):
        clock.advance(300)
        await bench.deliver(wait_s=20)
    waits = await bench.states()
    world.read_status = 200
    clock.advance(300)
    await bench.deliver(wait_s=60)

    assert waits == [("attempted", "outcome_unknown")]
    assert await bench.states() == [("delivered", None)]
    assert world.made == {"mug": 1}


async def test_a_run_does_not_wait_for_a_lost_connection_longer_than_it_was_told(bench, world, clock):
    world.read_status, world.script = 503, ["lost_before"] * 10_000
    await bench.run([thing("mug")], wait_s=600)
    lost = await bench.only()
    start = clock.monotonic()

    await bench.deliver(wait_s=90)

    assert lost.code in (LOST, "outcome_unknown")
    assert clock.monotonic() - start <= 90


async def test_a_lost_connection_is_not_worked_on_at_all(bench, world, clock):
    world.read_status, world.script = 503, ["lost_before"] * 10_000
    await bench.run([thing("mug")], wait_s=60)
    seen = len(world.writes) + world.reads

    await bench.stage(thing("jar"), thing("cup"))
    await bench.deliver()

    assert len(world.writes) + world.reads == seen
    assert [state for state, _ in await bench.states("jar")] == ["pending"]
