"""Whatever happens to bundles, in whatever order: each fact is posted once, nothing is lost, all of it is told."""

from __future__ import annotations

import tempfile

import anyio
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crossdock.clock import ManualClock
from crossdock.contract.holds import DONE, NOT_DONE
from crossdock.engine import probing
from crossdock.errors import StoreError
from crossdock.store.rows import Decision, State
from posting_house import House, HouseSink

ANSWERS = ["ok", "429", "503", "lost_before", "lost_after", "late", "500_after", "400", "die_before", "die_after"]
NAMES = ["mug", "cup", "jar", "all"]

things = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 3)), max_size=4)
deaths = st.none() | st.tuples(
    st.sampled_from(["die_before", "die_after", "full_before", "full_after"]), st.integers(1, 9)
)
runs = st.tuples(
    st.just("run"),
    things,
    st.lists(st.sampled_from(ANSWERS), max_size=4),
    st.lists(st.sampled_from(["ok", "503", "403", "lost_after"]), max_size=6),
    st.sampled_from([0.0, 2.0, 20.0]),
    st.sampled_from([("things",), ("twin",), ("things", "twin")]),
    deaths,
    st.none() | st.integers(1, 60),
)
advances = st.tuples(st.just("advance"), st.sampled_from([0.5, 2.0, 4.0, 6.0, 301.0, 3600.0]))
moods = st.tuples(st.just("bad"), st.sets(st.sampled_from(NAMES), max_size=2))
words = st.tuples(st.just("word"), st.sampled_from(NAMES), st.booleans())
stories = st.lists(st.one_of(runs, runs, runs, advances, moods, words), min_size=1, max_size=8)


class Death(BaseException):
    """The process ends here: nothing after it is done."""


class Mortal(House):
    """A house whose caller may die at some request."""

    def __init__(self, clock):
        super().__init__(clock, takes_s=3.0)
        self.dead = False

    async def handle(self, request):
        if self.dead:
            raise Death
        reads = request.method == "GET"
        if not reads and self.script and self.script[0].startswith("die"):
            how = self.script.pop(0)
            self.dead = True
            if how == "die_after":
                self._answer(request)
            raise Death
        return await super().handle(request)


class Shared(HouseSink):
    """Postings of which one covers what others do."""

    name = "shared"
    bulk = 3

    def plan(self, thing, known):
        planned = super().plan(thing, known)
        facts = ["mug:1", "cup:1"] if thing.name == "all" else [f"{thing.name}:1"]
        entry = {**planned.memo["entry"], "facts": facts}
        return type(planned)(planned.key, [], planned.content, {"entry": entry}, facts)


class Dying:
    """A store whose process dies, or whose disk is full, at some write."""

    def __init__(self, store, world, how, after):
        self._store, self._world, self._how, self._left = store, world, how, after

    def __getattr__(self, name):
        found = getattr(self._store, name)
        return self._wrapped(found) if name in ("apply", "stage", "read_ended", "allot_number") else found

    def _wrapped(self, write):
        async def guarded(*args, **kwargs):
            if self._world.dead:
                raise Death
            self._left -= 1
            if self._left > 0 or self._how is None:
                return await write(*args, **kwargs)
            if self._how.endswith("after") and self._left == 0:
                await write(*args, **kwargs)
            if self._how.startswith("die"):
                self._world.dead = True
                raise Death
            raise StoreError("there is no room left", code="store_full")

        return guarded


async def run(bench, world, pipelines, wait_s, cancel_after):
    """One run of some pipelines in one process, perhaps cancelled at some point."""
    try:
        with anyio.fail_after(60):  # what goes round for ever is found, too
            async with anyio.create_task_group() as tasks:
                for name in pipelines:
                    tasks.start_soon(bench.deliver, name, wait_s)
                if cancel_after is not None:
                    for _ in range(cancel_after):
                        await anyio.lowlevel.checkpoint()
                    tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        _, other = group.split((Death, StoreError))
        if other is not None:
            raise
    world.dead = False


async def live(open_bench, story, folder):
    clock = ManualClock()
    world = Mortal(clock)
    pipelines, newest, discarded = ["things", "twin"], set(), set()
    async with open_bench(folder, clock, world, Shared, max_in_flight=2) as bench:
        store = bench.store
        for happening in story:
            match happening:
                case ("run", records, script, reads, wait_s, names, death, cancel_after):
                    world.script, world.reads = list(script), list(reads)
                    for name in names:
                        for key, size in records:
                            await bench.stage({"name": key, "size": size}, pipeline=name)
                            newest.add(key)
                    bench.store = Dying(store, world, *(death or (None, 0)))
                    await run(bench, world, names, wait_s, cancel_after)
                    bench.store = store
                case ("advance", seconds):
                    clock.advance(seconds)
                case ("bad", names):
                    world.bad = set(names)
                case ("word", name, discards):
                    discarded |= await tell_the_truth(store, world, name, discards)
        world.script, world.reads, world.bad = [], [], set()
        for _ in range(6):
            clock.advance(1000)
            await run(bench, world, pipelines, 200.0, None)
        world.work()
        return world, newest - discarded, await store.deliveries(), await store.verify_audit()


async def tell_the_truth(store, world, name, discards):
    """A person looks, and says of what is held what they found; nothing where it cannot be seen."""
    world.work()
    there = bool(world.posted[name])
    busy = world.late or any(name in [one["key"] for one in run["rows"]] for run in world.runs.values())
    held = await store.deliveries(states=[State.HELD, State.DEAD], key=name)
    if not held or (busy and not there):
        return set()
    at = world.clock.now()
    for one in held:
        if discards:
            await store.discard(one.id, reason="by hand", actor="kim", at=at)
        elif there:
            await store.resolve(one.id, Decision(DONE, "kim", "I see it", at, f"J-{name}"))
        else:
            await store.resolve(one.id, Decision(NOT_DONE, "kim", "it is not there", at, insist=True))
    return {name} if discards else set()


def check_told(deliveries):
    """Nothing is left open without anybody being told."""
    unknown = {one.key for one in deliveries if one.code == "outcome_unknown" and one.state.value == "held"}
    for one in deliveries:
        ended = one.state.value in ("delivered", "skipped", "held", "dead")
        # What comes after a held unknown outcome, or covers the same, waits for the person who settles that.
        assert ended or (one.state.value == "pending" and unknown), one
        assert not ended or one.state.value == "delivered" or one.reason, one


@pytest.fixture
def live_in(anyio_backend, opening):
    def play(story):
        with tempfile.TemporaryDirectory() as folder:
            return anyio.run(live, opening[1], story, folder, backend=anyio_backend)

    return play


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=stories)
def test_each_fact_is_posted_once_whatever_happens_to_the_bundles(story, live_in):
    world, newest, deliveries, audit = live_in(story)

    assert audit is None
    check_told(deliveries)
    assert {fact: count for fact, count in world.facts.items() if count > 1} == {}
    assert {key: count for key, count in world.posted.items() if count > 1} == {}
    for key in newest:
        told = [one for one in deliveries if one.key == key and one.state.value in ("held", "dead")]
        covered = [one for one in deliveries if one.key == key and one.code == "facts_covered"]
        waits = [one for one in deliveries if one.key == key and one.state.value == "pending"]
        assert world.posted[key] or told or covered or waits, key


def test_checker_finds_what_happens_without_looking(live_in, monkeypatch):
    monkeypatch.setattr(probing, "sabotaged", lambda what: what == "no-probe")
    story = [("run", [("mug", 1), ("jar", 1)], ["ok", "lost_after"], [], 20.0, ("things",), None, None)]

    world, *_ = live_in(story)

    assert world.posted == {"mug": 2, "jar": 2}
