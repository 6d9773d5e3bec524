"""The loop of a route: what it fetches, and what it must not work on."""

from __future__ import annotations

import anyio
import pytest

pytestmark = pytest.mark.anyio


async def test_delivery_that_ends_while_a_look_is_under_way_is_not_worked_on_by_what_that_look_saw(bench, world):
    """The look is slow: it sees the delivery as due, and its answer comes when the delivery was throttled already."""
    await bench.run()
    world.script = ["429"]
    look, slow = bench.store.ready, anyio.Event()
    seen = []

    async def ready(*args, **kwargs):
        found = await look(*args, **kwargs)
        seen.append(len(found))
        if len(seen) == 2 and found:  # the second look, while the first one's finding is in work
            while not world.writes or (await bench.only()).attempts == 0:
                await anyio.lowlevel.checkpoint()
            slow.set()
        return found

    bench.store.ready = ready
    await bench.run([{"name": "mug", "size": 1}])

    assert slow.is_set()
    assert await bench.states() == [("pending", "throttled")]
    assert len(world.writes) == 1
