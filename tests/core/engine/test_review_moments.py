"""The moment that is noted for a request is the moment from which its absence counts."""

import pytest

from crossdock.store.rows import Change

pytestmark = pytest.mark.anyio

ATTEMPT = {"name": "mug", "size": 1}
SLOW_S = 40.0


class SlowDisk:
    """A store whose first change of an effect takes its time."""

    def __init__(self, store, clock):
        self._store, self._clock, self.slow = store, clock, 1

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def apply(self, change: Change):
        await self._store.apply(change)
        if change.effects and self.slow:
            self.slow -= 1
            self._clock.advance(SLOW_S)


async def test_attempt_is_noted_anew_when_its_journal_took_long(make_bench, world, clock):
    bench = await make_bench()
    bench.store = SlowDisk(bench.store, clock)
    began = clock.now()
    world.script = ["lost_before"]

    await bench.run([ATTEMPT])

    story = await bench.store.delivery((await bench.only()).id)
    (step,) = story.effects[0].steps
    assert (step.attempted_at - began).total_seconds() == SLOW_S
    assert len(world.writes) == 1


async def test_lost_request_is_not_repeated_early_because_its_journal_took_long(make_bench, world, clock):
    bench = await make_bench()
    bench.store = SlowDisk(bench.store, clock)
    world.script = ["late"]
    await bench.run([ATTEMPT])
    sent = clock.now()

    clock.advance(bench.sink.settles_after.total_seconds() - 1)
    await bench.run(wait_s=0)
    before = len(world.writes)
    world.appear(world.late.pop())
    await bench.run(wait_s=60)

    assert (clock.now() - sent) > bench.sink.settles_after / 2
    assert before == 1
    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]
