"""At go-live: what exists already is linked, what differs is held, what is absent is left to the next run."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock import Absent, CannotTell
from crossdock.clock import ManualClock
from crossdock.engine.adopting import Adopter
from crossdock.engine.intake import Origin
from crossdock.engine.linkbook import LinkBook
from crossdock.engine.results import Fate
from crossdock.errors import CredentialsError, TransientError

pytestmark = pytest.mark.anyio


def thing(name="mug", size=1, **more):
    return {"name": name, "size": size, **more}


async def adopt(bench, belt, *batches, keep=True, limit=None, store=True, book=None):
    belt["batches"] = list(batches) or [[]]
    route = bench.route()
    origin = Origin("things", route.source, "shelf_one", bench.connection, bench.client, ["route"])
    known = bench.store if store else None
    adopter = Adopter(origin, [route], known, bench.clock, book or LinkBook(known), keep=keep)
    await adopter.adopt(limit, None)
    return adopter


def fates(adopter):
    return {found.key: (found.fate, found.code) for found in adopter.findings}


def there(world, *names, size=1, color="red"):
    for name in names:
        world.things[name] = {"name": name, "size": size, "color": color}


async def links(bench, *keys):
    account = bench.connection.identity
    found = await bench.store.links(account, account, {key: [key] for key in keys})
    return {key: [link.far.id for link in several] for key, several in found.items()}


async def test_adopt_links_what_is_there_and_leaves_what_is_absent_alone(bench, belt, world):
    there(world, "mug", "cap")

    adopter = await adopt(bench, belt, [thing("mug"), thing("cap"), thing("pen")])

    assert fates(adopter) == {"mug": (Fate.LINKED, None), "cap": (Fate.LINKED, None), "pen": (Fate.ABSENT, None)}
    assert await bench.states() == [("delivered", "adopted"), ("delivered", "adopted")]
    assert await links(bench, "mug", "cap", "pen") == {"mug": ["id-mug"], "cap": ["id-cap"], "pen": []}
    assert world.writes == []
    assert await bench.store.cursor("things") is None
    assert await bench.store.effect_count("things") == 0


async def test_run_after_adopt_makes_only_what_is_absent(bench, belt, world):
    there(world, "mug")
    await adopt(bench, belt, [thing("mug"), thing("pen")])

    await bench.run([thing("mug"), thing("pen")])

    assert [body["name"] for _, body in world.writes] == ["pen"]
    assert await bench.states() == [("delivered", "adopted"), ("delivered", None)]


@pytest.mark.parametrize("way", ["adopt", "run"])
async def test_adopted_is_stored_as_a_run_stores_what_it_finds(make_bench, sinks, belt, world, way):
    bench = await make_bench(sinks["create"], sink_settings={"probe_first_": True})
    there(world, "mug")

    await (adopt(bench, belt, [thing()]) if way == "adopt" else bench.run([thing()]))

    (effect,) = (await bench.store.delivery(1)).effects
    told = [event.kind for event in (await bench.store.delivery(1)).audit]
    assert (effect.state, effect.key, effect.version, effect.receipt.id) == ("adopted", "mug", 1, "id-mug")
    assert [step.attempted_at for step in effect.steps] == [None]
    assert told == ["effect.adopted", "delivery.delivered"]
    assert await bench.states() == [("delivered", "adopted")]
    assert await bench.store.verify_audit() is None


async def test_adopt_holds_what_differs_and_the_next_run_sends_nothing_for_it_while_it_looks(
    make_bench, sinks, belt, world
):
    bench = await make_bench(sinks["create"], sink_settings={"probe_first_": True})
    there(world, "mug", size=7)

    adopter = await adopt(bench, belt, [thing(size=1)])
    await bench.run([thing(size=1)])

    assert fates(adopter) == {"mug": (Fate.DIFFERS, "conflict")}
    assert await bench.states() == [("held", "conflict")]
    assert "size 7" in (await bench.only()).reason
    assert world.writes == []


async def test_adopt_links_what_differed_once_it_was_corrected_there(bench, belt, world):
    there(world, "mug", size=7)
    await adopt(bench, belt, [thing()])
    there(world, "mug", size=1)

    adopter = await adopt(bench, belt, [thing()])

    assert fates(adopter) == {"mug": (Fate.LINKED, None)}
    assert await bench.states() == [("delivered", "adopted")]


async def test_plan_counts_and_stores_nothing(bench, belt, world):
    there(world, "mug")

    adopter = await adopt(bench, belt, [thing("mug"), thing("pen")], keep=False)

    assert Counter(found.fate for found in adopter.findings) == {Fate.LINKED: 1, Fate.ABSENT: 1}
    assert await bench.states() == []
    assert (await links(bench, "mug"))["mug"] == []


async def test_plan_needs_no_store_and_later_pipelines_see_the_links_it_would_write(bench, belt, world):
    there(world, "mug")
    book = LinkBook(None)

    await adopt(bench, belt, [thing("mug")], keep=False, store=False, book=book)

    route = bench.route()
    seen = await book.of(route, (await _imagined(bench, "mug")))
    assert [link.far.id for link in seen] == ["id-mug"]


async def _imagined(bench, key):
    from crossdock import Record
    from crossdock.engine.planning import imagined

    route = bench.route()
    origin = Origin("things", route.source, "shelf_one", bench.connection, bench.client, ["route"])
    return imagined(origin, route, Record(key, {"name": key}), bench.clock.now())


async def test_adopt_again_finds_that_all_is_known(bench, belt, world):
    there(world, "mug")
    await adopt(bench, belt, [thing()])

    adopter = await adopt(bench, belt, [thing()])

    assert fates(adopter) == {"mug": (Fate.KNOWN, None)}
    assert await bench.states() == [("delivered", "adopted")]


async def test_adopt_looks_at_what_is_stored_and_not_made_yet(bench, belt, world):
    await bench.stage(thing())
    there(world, "mug")

    adopter = await adopt(bench, belt, [])

    assert fates(adopter) == {"mug": (Fate.LINKED, None)}
    assert await bench.states() == [("delivered", "adopted")]


async def test_adopt_leaves_an_unknown_outcome_to_the_run(bench, belt, world):
    world.script = ["late"]
    await bench.run([thing()])
    assert (await bench.states())[0][0] == "attempted"

    adopter = await adopt(bench, belt, [thing()])

    assert fates(adopter) == {"mug": (Fate.UNCLEAR, "in_progress")}
    assert (await bench.states())[0][0] == "attempted"


async def test_adopt_counts_what_cannot_be_told_and_stores_nothing_of_it(make_bench, sinks, belt):
    class Blinking(sinks["create"]):
        async def probe(self, effect):
            return CannotTell("it is dark")

    bench = await make_bench(Blinking)

    adopter = await adopt(bench, belt, [thing()])

    assert fates(adopter) == {"mug": (Fate.UNCLEAR, "cannot_look")}
    assert await bench.states() == []


async def test_adopt_ends_early_where_nobody_answers_any_more(bench, belt, world):
    world.read_status = 500

    with pytest.raises(TransientError) as ended:
        await adopt(bench, belt, [thing(f"mug-{number}") for number in range(20)], [thing("never")])

    assert ended.value.code == "connection_lost"
    assert world.reads < 60
    assert await bench.states() == []


async def test_adopt_says_of_a_sink_that_cannot_look_that_it_cannot(make_bench, sinks, belt, world):
    bench = await make_bench(sinks["blind"])
    there(world, "mug")

    adopter = await adopt(bench, belt, [thing()])

    assert fates(adopter) == {"mug": (Fate.UNCLEAR, "no_probe")}
    assert await bench.states() == []


async def test_adopt_says_of_what_nobody_can_ever_look_for_that_it_cannot(make_bench, sinks, belt, world):
    class NeverSeen(sinks["create"]):
        async def probe(self, effect):
            return CannotTell("it bears no name of its own there", ever=True)

    bench = await make_bench(NeverSeen)

    adopter = await adopt(bench, belt, [thing()])

    assert fates(adopter) == {"mug": (Fate.UNCLEAR, "no_probe")}
    assert await bench.states() == []


async def test_adopt_looks_too_where_the_remote_side_refuses_duplicates(make_bench, sinks, belt, world):
    class Refusing(sinks["create"]):
        refuses_duplicates = property(lambda self: True)

    bench = await make_bench(Refusing)
    there(world, "mug")

    assert fates(await adopt(bench, belt, [thing()])) == {"mug": (Fate.LINKED, None)}


async def test_adopt_of_a_state_that_stands_already_sends_nothing_later(make_bench, sinks, belt, world):
    bench = await make_bench(sinks["state"])
    there(world, "mug")

    await adopt(bench, belt, [thing(), thing("pen")])
    await bench.run([thing(), thing("pen")])
    await bench.run([thing(size=2)])

    assert [(body["name"], body["size"]) for _, body in world.writes] == [("pen", 1), ("mug", 2)]


async def test_adopt_of_several_effects_links_those_that_are_there_and_the_run_makes_the_rest(bench, belt, world):
    there(world, "box", size=99)  # it goes with box-b

    adopter = await adopt(bench, belt, [thing("box", 99)])
    await bench.run([thing("box", 99)])

    assert [(found.effect_key, found.fate) for found in adopter.findings] == [
        ("box", Fate.LINKED),
        ("box-b", Fate.ABSENT),
    ]
    assert [body["name"] for _, body in world.writes] == ["box-b"]
    assert await bench.states() == [("delivered", None)]


async def test_adopt_keeps_what_needs_a_person_held_and_linked(bench, belt, world):
    there(world, "mug", color="grey")

    await adopt(bench, belt, [thing()])

    assert await bench.states() == [("held", "grey")]
    assert (await links(bench, "mug"))["mug"] == ["id-mug"]


async def test_adopt_counts_what_a_run_would_hold_or_skip(bench, belt):
    adopter = await adopt(bench, belt, [thing("a", 0), thing("b", -1), {"key": "c", "broken": True}])

    assert fates(adopter) == {
        "a": (Fate.SKIPPED, "nothing_to_do"),
        "b": (Fate.HELD, "negative"),
        "c": (Fate.HELD, "rejected"),
    }
    assert await bench.states() == []


async def test_adopt_stops_at_its_limit(bench, belt, world):
    there(world, "a", "b", "c")

    adopter = await adopt(bench, belt, [thing("a"), thing("b")], [thing("c")], limit=1)

    assert (adopter.read, list(fates(adopter))) == (1, ["a"])


async def test_refused_credentials_end_it_and_what_was_linked_before_stays(bench, belt, world):
    there(world, "mug", "pen")

    with pytest.raises(CredentialsError):
        await adopt(bench, belt, [thing("mug")], [thing("pen")], CredentialsError("no"))

    assert await links(bench, "mug", "pen") == {"mug": ["id-mug"], "pen": ["id-pen"]}


async def test_what_was_looked_at_is_not_linked_where_a_newer_revision_is_stored(bench, belt, world):
    there(world, "mug")
    await bench.stage({**thing(size=5), "version": 9})

    adopter = await adopt(bench, belt, [{**thing(size=1), "version": 3}])

    assert fates(adopter)["mug"][0] is not Fate.LINKED  # the stored one was looked at, and differs
    assert await bench.states() == [("held", "conflict")]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["same", "other", "none"]), min_size=1))
def test_adopt_then_run_leaves_each_thing_there_once(opening, belt, tmp_path_factory, shelves):
    """Whatever lies there: what is the same is taken over, what is absent is made once, what differs is left alone."""
    import anyio

    make_world, open_bench = opening
    world, clock = make_world(), ManualClock()
    for name, how in shelves.items():
        if how != "none":
            there(world, name, size=1 if how == "same" else 2)

    async def go():
        async with open_bench(
            tmp_path_factory.mktemp("bench"), clock, world, sink_settings={"probe_first_": True}
        ) as bench:
            things = [thing(name) for name in shelves]
            await adopt(bench, belt, [dict(one) for one in things])
            await bench.run([dict(one) for one in things])
            return await bench.states()

    states = anyio.run(go)

    assert world.made == dict.fromkeys((name for name, how in shelves.items() if how == "none"), 1)
    wanted = Counter(
        {"same": ("delivered", "adopted"), "none": ("delivered", None), "other": ("held", "conflict")}[how]
        for how in shelves.values()
    )
    assert Counter(states) == wanted


async def test_probe_that_comes_back_after_a_fault_is_believed(make_bench, sinks, belt, world):
    class Shy(sinks["create"]):
        tried: list = []

        async def probe(self, effect):
            self.tried.append(effect.key)
            if len(self.tried) == 1:
                raise OSError("cut")
            return Absent()

    bench = await make_bench(Shy)

    assert fates(await adopt(bench, belt, [thing()])) == {"mug": (Fate.ABSENT, None)}
