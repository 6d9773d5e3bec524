"""What a person takes up again: planned with today's file, looked for first, compared with what was sent."""

from __future__ import annotations

from functools import partial

import pytest

from crossdock.engine.comparing import Comparer
from crossdock.store.rows import Selection

pytestmark = pytest.mark.anyio

THING = {"name": "A", "size": 1}


async def replay(bench, key=None):
    last = (await bench.store.deliveries(key=key))[0]
    return await bench.store.replay([last.id], reason="asked for", actor="tester", at=bench.clock.now())


async def compare(bench, key=None):
    last = (await bench.store.deliveries(key=key))[0]
    (row,) = await bench.store.delivery_rows([last.id])
    compared = await Comparer(bench.route(), bench.store, bench.clock).compare(row)
    return [(fact.outcome, fact.version, fact.differs) for fact in compared.facts], compared


async def recheck(bench):
    bench.clock.advance(301)
    await bench.deliver()


def paint(bench, color):
    bench.mappers[:] = [bench.mappers[0].model_copy(update={"color": color})]


# ---------------------------------------------------------------- what was delivered


@pytest.mark.parametrize("sink", ["create", "state"])
async def test_replay_of_what_is_in_effect_sends_nothing_and_stays_delivered(sink, make_bench, sinks):
    bench = await make_bench(sinks[sink])
    await bench.run([dict(THING)])

    shown, _ = await compare(bench)
    await replay(bench)
    await bench.deliver()

    assert shown == [("nothing", 1, False)]
    assert await bench.states() == [("delivered", "already_in_effect")]
    assert len(bench.world.writes) == 1


@pytest.mark.parametrize("sink", ["create", "state"])
async def test_edited_mapping_sends_nothing_again_without_a_replay(sink, make_bench, sinks):
    bench = await make_bench(sinks[sink])
    await bench.run([dict(THING)])

    paint(bench, "blue")
    bench.options["fingerprint"] = "edited"
    await bench.run([dict(THING)])
    await recheck(bench)

    assert len(bench.world.writes) == 1
    assert await bench.states() == [("delivered", None)]


async def test_replay_of_a_state_sends_what_differs_once_as_its_next_version(make_bench, sinks):
    bench = await make_bench(sinks["state"])
    await bench.run([dict(THING)])
    paint(bench, "blue")

    shown, compared = await compare(bench)
    await replay(bench)
    await bench.deliver()
    await replay(bench)
    await bench.deliver()

    assert shown == [("send", 1, True)]
    assert [b"red" in request.body for request in compared.facts[0].before] == [True]
    assert [b"blue" in request.body for request in compared.facts[0].after] == [True]
    assert [body["color"] for _, body in bench.world.writes] == ["red", "blue"]
    assert await bench.states() == [("delivered", "already_in_effect")]


async def test_replay_of_what_is_made_once_is_held_where_it_differs_until_the_mapping_is_back(bench):
    await bench.run([dict(THING)])
    paint(bench, "blue")

    shown, _ = await compare(bench)
    await replay(bench)
    await bench.deliver()
    first = await bench.states()
    await recheck(bench)
    still = await bench.states()
    paint(bench, None)
    await recheck(bench)

    assert shown == [("hold", 1, True)]
    assert first == still == [("held", "changed_after_delivery")]
    assert await bench.states() == [("delivered", "already_in_effect")]
    assert len(bench.world.writes) == 1


async def test_comparing_changes_nothing(bench):
    await bench.run([dict(THING)])
    paint(bench, "blue")
    before = await bench.store.delivery(1), bench.world.writes.copy(), bench.world.reads

    await compare(bench)

    assert (await bench.store.delivery(1), bench.world.writes, bench.world.reads) == before


# ---------------------------------------------------------------- what was not


async def test_replay_of_an_unknown_outcome_looks_first_and_finds_what_was_made(bench):
    await bench.run()  # the first read is a back-fill, and would look before
    bench.world.script, bench.world.read_status = ["lost_after"], 400
    await bench.run([dict(THING)], wait_s=900)
    assert await bench.states() == [("held", "outcome_unknown")]
    bench.world.read_status = 200

    shown, _ = await compare(bench)
    await replay(bench)
    await bench.deliver()

    assert shown == [("look", 1, False)]
    assert await bench.states() == [("delivered", None)]
    assert bench.world.made == {"A": 1}


async def test_replay_of_an_unknown_outcome_sends_what_was_stored_once_it_is_shown_to_be_absent(bench):
    await bench.run()
    bench.world.script, bench.world.read_status = ["lost_before"], 400
    await bench.run([dict(THING)], wait_s=900)
    bench.world.read_status = 200
    paint(bench, "blue")  # what may have been sent is repeated as it was, never as it would be today

    await replay(bench)
    looked = bench.world.reads
    await bench.deliver(wait_s=60)

    assert await bench.states() == [("delivered", None)]
    assert bench.world.reads > looked
    assert bench.world.things["A"]["color"] == "red"
    assert bench.world.made == {"A": 1}


async def test_replay_of_a_dead_one_looks_whether_somebody_made_it_by_hand(bench):
    bench.world.script = ["410"]
    await bench.run([dict(THING)])
    assert await bench.states() == [("dead", "rejected")]
    bench.world.appear({"name": "A", "size": 1, "color": "red"})

    await replay(bench)
    await bench.deliver()

    assert await bench.states() == [("delivered", "adopted")]
    assert bench.world.made == {"A": 1}


async def test_replay_of_what_was_skipped_plans_it_with_todays_mapping(bench):
    await bench.run([{"name": "A", "size": 0}])
    assert await bench.states() == [("skipped", "nothing_to_do")]
    shown, compared = await compare(bench)
    bench.mappers.clear()

    await replay(bench)
    await bench.deliver()

    assert (shown, compared.skipped) == ([], "it has no size")
    assert bench.world.made == {"A": 1}


async def test_replay_of_what_needs_a_person_there_looks_again_and_does_not_forget_it(bench):
    await bench.run([{"name": "A", "size": 1, "color": "grey"}])
    assert await bench.states() == [("held", "grey")]

    await replay(bench)
    await bench.deliver()
    still = await bench.states()
    bench.world.things["A"]["color"] = "red"
    await replay(bench)
    await bench.deliver()

    assert still == [("held", "grey")]
    assert await bench.states() == [("delivered", "already_in_effect")]
    assert len(bench.world.writes) == 1


async def test_second_effect_is_made_even_where_the_first_needs_a_person(bench):
    bench.world.script = ["ok", "400"]
    await bench.run([{"name": "A", "size": 99, "color": "grey"}])
    refused = await bench.states()

    await recheck(bench)
    both = await bench.states()
    for thing in bench.world.things.values():
        thing["color"] = "red"
    await recheck(bench)

    assert (refused, both) == ([("held", "refused")], [("held", "grey")])
    assert await bench.states() == [("delivered", None)]
    assert bench.world.made == {"A": 1, "A-b": 1}


async def test_comparing_names_what_would_be_held_and_what_was_erased(bench):
    await bench.run([{"name": "A", "size": -1}])

    _, compared = await compare(bench)

    assert (compared.held.code, compared.held.fix) == ("negative", "measure it again")


# ---------------------------------------------------------------- the past of a new route


@pytest.fixture
def stage_elsewhere(bench):
    """Store records as a read did before the route was in the file."""
    return partial(bench.stage, routes=["other"])


async def fill(bench):
    missing = await bench.store.missing("things", "route", Selection())
    at = bench.clock.now()
    return await bench.store.fill("things", "route", missing, reason="new route", actor="tester", at=at)


async def test_new_route_starts_with_what_is_read_from_now_on_and_is_filled_by_a_person(bench, stage_elsewhere):
    await stage_elsewhere(THING, {"name": "B", "size": 2})
    await bench.deliver()
    before = dict(bench.world.made)

    filled = await fill(bench)
    await bench.deliver()

    assert (before, filled) == ({}, 2)
    assert bench.world.made == {"A": 1, "B": 1}


async def test_filled_route_looks_before_it_makes_and_takes_the_newest_revision_alone(bench, stage_elsewhere):
    await stage_elsewhere(THING, {"name": "B", "size": 2})
    await stage_elsewhere({"name": "A", "size": 5})
    bench.world.appear({"name": "B", "size": 2, "color": "red"})

    filled = await fill(bench)
    await bench.deliver()
    again = await fill(bench)

    assert (filled, again) == (2, 0)
    assert [body["size"] for _, body in bench.world.writes] == [5]
    assert {one.key: one.code for one in await bench.store.deliveries(Selection(routes=["route"]))} == {
        "A": None,
        "B": "adopted",
    }


async def test_filled_route_survives_a_look_that_failed_and_still_looks_first(bench, stage_elsewhere):
    await stage_elsewhere(THING)
    bench.world.appear({"name": "A", "size": 1, "color": "red"})
    bench.world.read_status = 503
    await fill(bench)
    await bench.deliver()

    bench.world.read_status = 200
    await bench.deliver(wait_s=60)

    assert bench.world.made == {"A": 1}
    assert bench.world.writes == []


async def test_comparing_what_never_went_along_a_route_shows_what_would_be_sent(bench, stage_elsewhere):
    await stage_elsewhere(THING)
    missing = await bench.store.missing("things", "route", Selection())
    (imagined,) = await bench.store.imagined("route", missing)

    compared = await Comparer(bench.route(), bench.store, bench.clock).compare(imagined)

    (fact,) = compared.facts
    assert (fact.outcome, fact.look_first, fact.before, len(fact.after)) == ("send", True, (), 1)
