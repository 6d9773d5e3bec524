"""`crossdock resolve`, and the choices that `deliveries show` names."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def troubled(crossdock, definition, depot, make_parcel):
    """A store with delivery 1 delivered, 2 held as `unmapped`, 3 dead."""
    depot.parcels = [make_parcel(1), make_parcel(2, "UNMAPPED"), make_parcel(3, "BAD")]
    depot.refuse = {"BAD"}
    crossdock("run")
    return definition


def shown(crossdock, number):
    return json.loads(crossdock("deliveries", "show", str(number), "--json").stdout)


def test_delivery_shows_its_choices_and_what_each_comes_to(crossdock, troubled):
    text = crossdock("deliveries", "show", "2").stdout

    assert list(shown(crossdock, 2)["choices"]) == ["again", "done", "skip", "shelf_nine"]
    assert shown(crossdock, 1)["choices"] == {}
    assert "crossdock resolve 2 CHOICE" in text
    assert "shelf_nine: put it on shelf nine" in text


def test_choices_are_named_where_the_plugin_is_missing(crossdock, troubled):
    troubled.write_text(troubled.read_text().replace("depot.bookings", "gone.bookings"))

    assert list(shown(crossdock, 2)["choices"]) == ["again", "done", "skip"]


def test_choice_of_a_component_is_done_by_the_next_run(crossdock, troubled, depot):
    told = crossdock("resolve", "2", "shelf_nine", "--reason", "there is room")
    before = list(depot.bookings)
    crossdock("run")

    assert told.exit_code == 0, told.output
    assert "delivery 2 of P2 is resolved as shelf_nine; `crossdock run parcels` does it" in told.stdout
    assert before == ["P1"]  # it sends nothing by itself
    assert "P2" in depot.bookings


def test_done_with_an_id_is_linked_and_found_by_it(crossdock, troubled, depot):
    crossdock("resolve", "3", "done", "--id", "B-777", "--reason", "typed in")
    crossdock("run")

    assert shown(crossdock, 3)["state"] == "delivered"
    assert crossdock("trace", "B-777").exit_code == 0
    assert depot.bookings == ["P1"]


@pytest.mark.parametrize(("choice", "state"), [("skip", "skipped"), ("again", "pending")])
def test_usual_choices_are_those_of_replay_and_discard(choice, state, crossdock, troubled):
    crossdock("resolve", "3", choice, "--reason", "because")

    assert shown(crossdock, 3)["state"] == state


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["2", "keep"], "choose one of: again, done, skip, shelf_nine"),
        (["3", "skip", "--id", "X"], "--id goes with `done`"),
        (["3", "again", "--insist"], "--insist goes with `done` and `not-done`"),
        (["1", "done"], "only held and dead ones can be resolved"),
        (["99", "done"], "there is no delivery 99"),
    ],
)
def test_resolve_refuses_what_is_not_left_to_choose(arguments, said, crossdock, troubled):
    done = crossdock("resolve", *arguments, "--reason", "why")

    assert done.exit_code == 2
    assert said in done.stderr
    assert shown(crossdock, 2)["state"] == "held"
