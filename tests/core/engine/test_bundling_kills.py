"""A process that carries a bundle ends at any of the named points, at any hit of it: the next one goes on."""

from __future__ import annotations

import pytest

from crossdock import boundary
from crossdock.errors import StoreError
from posting_house import House, HouseSink

pytestmark = pytest.mark.anyio

POINTS = [name for name in boundary.NAMES if name.startswith(("effect.", "settle."))]


class Death(BaseException):
    """The process ends here."""


class Watch:
    """Counts the points, and ends the process at one hit of one of them."""

    def __init__(self, name=None, hit=0):
        self.hits, self._name, self._hit, self.dead = [], name, hit, False

    def hit(self, name):
        self.hits.append(name)
        if name == self._name and self.hits.count(name) == self._hit:
            self.dead = True
        if self.dead:
            raise Death


class Mortal(House):
    """Nothing that a dead process sends arrives."""

    watch = Watch()

    async def handle(self, request):
        if self.watch.dead:
            raise Death
        return await super().handle(request)


@pytest.fixture
def world(clock):
    return Mortal(clock, takes_s=3.0)


def some(count):
    return [{"name": f"thing-{number}", "size": 1} for number in range(1, count + 1)]


async def live(bench, world, watch, monkeypatch):
    """One process until it dies, or ends."""
    world.watch = watch
    monkeypatch.setattr(boundary, "_watch", watch)
    try:
        await bench.deliver(wait_s=30)
    except BaseExceptionGroup as group:
        _, other = group.split((Death, StoreError))
        if other is not None:
            raise
    finally:
        monkeypatch.setattr(boundary, "_watch", None)
        world.watch = Watch()


async def test_every_point_is_passed(make_bench, world, monkeypatch):
    bench = await make_bench(HouseSink)
    await bench.stage(*some(3))
    watch = Watch()
    await live(bench, world, watch, monkeypatch)

    assert sorted(set(watch.hits)) == sorted(POINTS)
    assert await bench.states() == [("delivered", None)] * 3


@pytest.mark.parametrize("hit", [1, 2])
@pytest.mark.parametrize("point", POINTS)
async def test_killed_process_leaves_what_the_next_one_ends(make_bench, world, monkeypatch, point, hit):
    bench = await make_bench(HouseSink)
    await bench.stage(*some(3))
    watch = Watch(point, hit)
    await live(bench, world, watch, monkeypatch)
    passed = watch.hits.count(point) >= hit
    assert watch.dead is passed

    for _ in range(3):
        await live(bench, world, Watch(), monkeypatch)
        bench.clock.advance(30)

    assert await bench.states() == [("delivered", None)] * 3
    assert world.posted == {"thing-1": 1, "thing-2": 1, "thing-3": 1}
    assert await bench.store.verify_audit() is None
