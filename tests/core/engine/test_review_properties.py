"""Whatever happens, and in whatever order: each change is made once, nothing is lost, and all of it is told."""

from __future__ import annotations

import tempfile
from collections import defaultdict

import anyio
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crossdock import Absent, CannotTell, Conflict, Done, Effect, jsonio
from crossdock.clock import ManualClock
from crossdock.engine import probing
from crossdock.errors import StoreError

SETTLES_S = 5.0

ANSWERS = ["ok", "429", "503", "lost_before", "lost_after", "late", "html", "500_after", "400", "422", "302"]
NAMES = ["mug", "cup"]

things = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 3)), max_size=3)
deaths = st.none() | st.tuples(
    st.sampled_from(["die_before", "die_after", "full_before", "full_after"]), st.integers(1, 9)
)
runs = st.tuples(
    st.just("run"),
    things,
    st.lists(st.sampled_from([*ANSWERS, "die_before", "die_after"]), max_size=4),
    st.sampled_from([200, 200, 200, 503, 403]),
    st.sampled_from([0.0, 2.0, 20.0]),
    st.sampled_from([("things",), ("twin",), ("things", "twin")]),
    deaths,
    st.none() | st.integers(1, 60),
)
advances = st.tuples(st.just("advance"), st.sampled_from([0.5, 2.0, 4.0, 6.0, 301.0, 3600.0]))
foreign = st.tuples(st.just("foreign"), st.sampled_from(NAMES))
stories = st.lists(st.one_of(runs, runs, runs, advances, foreign), min_size=1, max_size=7)


class Death(BaseException):
    """The process ends here: nothing after it is done."""


def lively(World):  # noqa: N803  (a class)
    class Lively(World):
        """A world with a clock: what is late acts within the settling time, and no write may come while one may act."""

        def __init__(self, clock):
            super().__init__()
            self.clock = clock
            self.due = []
            self.open = defaultdict(list)  # name: when writes left whose outcome nobody was told
            self.dead = False
            self.foreign = set()
            self.wrongs = []

        async def handle(self, request):
            if self.dead:
                raise Death
            self.come_due()
            answer = await super().handle(request)
            name = request.url.path.rpartition("/")[2]
            if request.method == "GET" and answer.status_code == 200:
                self.open.pop(name, None)  # it was seen: whatever was unknown has acted
            return answer

        def come_due(self):
            for at, body in [one for one in self.due if one[0] <= self.clock.monotonic()]:
                self.due.remove((at, body))
                self.appear(body)

        def _write(self, body, how):
            name, now = body["name"], self.clock.monotonic()
            # Noted, not raised: an exception here is a cut connection to whoever sent.
            if any(now - left < SETTLES_S for left in self.open[name]):
                self.wrongs.append(f"{name} was sent while an earlier one could still act")
            if how == "die_before":
                self.dead = True
                self.open[name].append(now)
                raise Death
            if how == "die_after":
                self.dead = True
                self.appear(body)
                self.open[name].append(now)
                raise Death
            if how == "late":
                self.due.append((now + 4.5, body))
                how = "lost_before"
            if how not in ("ok", "429", "400", "422"):
                self.open[name].append(now)
            return super()._write(body, how)

    return Lively


def strict(sinks, kind):
    """The sinks of the bench, with probes that compare all there is."""

    class Strict(sinks[kind]):
        name = f"strict_{kind}"

        async def probe(self, effect):
            answer = await self.http.get(f"/things/{effect.key}")
            if answer.status_code == 404:
                return Absent()
            if answer.status_code != 200:
                return CannotTell(f"answered {answer.status_code}")
            found = jsonio.loads(answer.content)
            if found == {name: effect.memo[name] for name in ("name", "size", "color")}:
                return Done(self._receipt(found))
            return Absent() if kind == "state" else Conflict(["size"])

    return Strict


def in_two(sinks):
    class InTwo(sinks["create"]):
        """A thing and its label: two writes, and a probe that says so where only one is there."""

        name = "in_two"

        def plan(self, thing, known):
            body = {"name": thing.name, "size": thing.size, "color": thing.color}
            label = {**body, "name": f"{thing.name}-label"}
            steps = [self.http.build("POST", "/things", json=one) for one in (body, label)]
            return Effect(key=thing.name, steps=steps, memo=body)

        def follow(self, effect, answers):
            return None

        def receipt(self, effect, answers):
            jsonio.loads(answers[0].content)
            return super().receipt(effect, answers[:1] if len(answers) == 1 else answers[1:])

        async def probe(self, effect):
            there = [await self.http.get(f"/things/{name}") for name in (effect.key, f"{effect.key}-label")]
            match [answer.status_code for answer in there]:
                case [404, 404]:
                    return Absent()
                case [200, 200]:
                    return Done(self._receipt(effect.memo))
            return CannotTell("half of it is there")

    return InTwo


class Dying:
    """A store whose process dies, or whose disk is full, at some write."""

    def __init__(self, store, world, how, after):
        self._store, self._world, self._how, self._left = store, world, how, after

    def __getattr__(self, name):
        found = getattr(self._store, name)
        return self._wrapped(found) if name in ("apply", "stage", "read_ended") else found

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
            await _run(bench, pipelines, wait_s, cancel_after)
    except BaseExceptionGroup as group:
        _, other = group.split((Death, StoreError))
        if other is not None:
            raise
    world.dead = False


async def _run(bench, pipelines, wait_s, cancel_after):
    async with anyio.create_task_group() as tasks:
        for name in pipelines:
            tasks.start_soon(bench.deliver, name, wait_s)
        if cancel_after is not None:
            for _ in range(cancel_after):
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()


async def live(opening, sink, story, pipelines, folder):
    World, open_bench = opening  # noqa: N806  (a class)
    clock = ManualClock()
    world = lively(World)(clock)
    async with open_bench(folder, clock, world, sink, max_in_flight=2) as bench:
        store, newest = bench.store, {}
        for happening in story:
            match happening:
                case ("run", records, script, read_status, wait_s, names, death, cancel_after):
                    world.script, world.read_status = list(script), read_status
                    names = [name for name in names if name in pipelines] or pipelines[:1]
                    for name in names:
                        for key, size in records:
                            await bench.stage({"name": key, "size": size}, pipeline=name)
                            newest[name, key] = size
                    bench.store = Dying(store, world, *(death or (None, 0)))
                    await run(bench, world, names, wait_s, cancel_after)
                    bench.store = store
                case ("advance", seconds):
                    clock.advance(seconds)
                    world.come_due()
                case ("foreign", name) if name not in world.things and not world.open[name]:
                    world.things[name] = {"name": name, "size": 9, "color": "red"}
                    world.foreign.add(name)
        world.script, world.read_status = [], 200
        for _ in range(6):
            clock.advance(1000)
            world.come_due()
            await run(bench, world, pipelines, 200.0, None)
        return world, newest, await store.deliveries(), await store.verify_audit()


def check_told(deliveries):
    """Nothing is left open without anybody being told."""
    unknown = {one.key for one in deliveries if one.code == "outcome_unknown" and one.state.value == "held"}
    for one in deliveries:
        # What comes after a held unknown outcome waits for the person who settles that.
        ended = one.state.value in ("delivered", "skipped", "held", "dead")
        assert ended or (one.state.value == "pending" and one.key in unknown), one
        assert not ended or one.state.value == "delivered" or one.reason, one
    for key in {(one.pipeline, one.key) for one in deliveries}:
        newest = max((one for one in deliveries if (one.pipeline, one.key) == key), key=lambda one: one.revision)
        assert newest.code not in ("superseded", "taken_over"), newest


def in_person(deliveries, key):
    return any(one.state.value in ("held", "dead") for one in deliveries if one.key == key)


MANY = settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def live_in(anyio_backend, opening):
    def play(sink, story, pipelines=("things",)):
        with tempfile.TemporaryDirectory() as folder:
            return anyio.run(live, opening, sink, story, list(pipelines), folder, backend=anyio_backend)

    return play


@MANY
@given(story=stories)
def test_each_thing_is_made_once_by_whichever_of_two_pipelines(story, live_in, sinks):
    world, newest, deliveries, audit = live_in(strict(sinks, "create"), story, ["things", "twin"])

    assert audit is None
    assert not world.wrongs
    check_told(deliveries)
    for name in {key for _, key in newest}:
        assert world.made[name] <= 1, name
        if name not in world.foreign and not in_person(deliveries, name):
            assert world.made[name] == 1, name


@MANY
@given(story=stories)
def test_state_ends_on_the_newest_content(story, live_in, sinks):
    world, newest, deliveries, audit = live_in(strict(sinks, "state"), story)

    assert audit is None
    assert not world.wrongs
    check_told(deliveries)
    for (_, name), size in newest.items():
        if not in_person(deliveries, name):
            assert world.things[name]["size"] == size, name


@MANY
@given(story=stories)
def test_each_step_of_an_effect_is_made_once(story, live_in, sinks):
    world, newest, deliveries, audit = live_in(in_two(sinks), story)

    assert audit is None
    assert not world.wrongs
    check_told(deliveries)
    for name in {key for _, key in newest}:
        assert world.made[name] <= 1, name
        assert world.made[f"{name}-label"] <= 1, name
        if name not in world.foreign and not in_person(deliveries, name):
            assert (world.made[name], world.made[f"{name}-label"]) == (1, 1)


@pytest.mark.parametrize("kind", ["create", "state"])
def test_checker_finds_what_happens_without_looking(kind, live_in, sinks, monkeypatch):
    monkeypatch.setattr(probing, "sabotaged", lambda what: what == "no-probe")
    story = [("run", [("mug", 1)], ["late"], 200, 20.0, ("things",), None, None)]

    world, *_ = live_in(strict(sinks, kind), story)

    assert world.wrongs == ["mug was sent while an earlier one could still act"]
    assert world.made["mug"] == 2
