"""A sink that names its key beforehand, and links that are mended with what they stand for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crossdock import jsonio

pytestmark = pytest.mark.anyio


def thing(name="mug", size=1, **more):
    return {"name": name, "size": size, **more}


@pytest.fixture
def named(sinks):
    class NamedSink(sinks["state"]):
        """Knows the key of a thing before it plans, and refuses to plan a change as if it were the first."""

        name = "named"
        planned: list = []
        wrong: bool = False

        def effect_key(self, thing, known):
            return "another" if self.wrong else thing.name

        def plan(self, thing, known):
            self.planned.append(None if known.latest is None else known.latest.content)
            return super().plan(thing, known)

    return NamedSink


async def test_a_sink_that_names_its_key_is_told_at_once_what_is_in_effect(make_bench, named, world):
    bench = await make_bench(named)

    await bench.run([thing(size=1)])
    await bench.run([thing(size=2)])

    assert bench.sink.planned == [None, "1/red"]
    assert [body["before"] for _, body in world.writes] == [None, "1/red"]


async def test_a_sink_that_plans_another_key_than_it_named_is_held(make_bench, named, world):
    bench = await make_bench(named, sink_settings={"wrong": True})

    await bench.run([thing()])

    assert world.writes == []
    assert [state for state, _ in await bench.states()] == ["held"]
    assert "names one fact 'another' and 'mug'" in (await bench.only()).reason


async def test_what_a_person_mended_there_mends_the_link(make_bench, sinks, world, clock):
    class Labelled(sinks["create"]):
        def _receipt(self, found):
            receipt = super()._receipt(found)
            return type(receipt)(receipt.kind, receipt.id, lines={"1": found.get("color")}, attention=receipt.attention)

    bench = await make_bench(Labelled)
    await bench.run([thing(color="grey")])
    world.things["mug"]["color"] = "blue"
    clock.advance(timedelta(minutes=6).total_seconds())

    await bench.run([])

    account = bench.connection.identity
    links = await bench.store.links(account, account, {"mug": ["mug"]})
    assert await bench.states() == [("delivered", None)]
    assert [jsonio.dumps(link.lines) for link in links["mug"]] == [b'{"1":"blue"}']
