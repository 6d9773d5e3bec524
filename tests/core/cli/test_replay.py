"""`crossdock replay` and `crossdock discard` through the command line."""

from __future__ import annotations

import json

import pytest

PERSON = "Quentin Zzyzx"


@pytest.fixture
def troubled(crossdock, definition, depot, make_parcel):
    """A store with delivery 1 delivered, 2 held, 3 and 4 dead."""
    depot.parcels = [make_parcel(1), make_parcel(2, "UNMAPPED"), make_parcel(3, "BAD"), make_parcel(4, "BAD")]
    depot.refuse = {"BAD"}
    crossdock("run")
    return definition


def listed(crossdock, *arguments):
    return {
        row["id"]: row["state"]
        for row in json.loads(crossdock("deliveries", "--json", *arguments).stdout)["deliveries"]
    }


def test_replay_by_number_says_what_is_due_again_and_the_next_run_does_it(crossdock, troubled, depot):
    depot.refuse = set()

    done = crossdock("replay", "3", "4", "--reason", "mended")
    crossdock("run")

    assert done.exit_code == 0, done.output
    assert "delivery 3 of P3 is due again" in done.output
    assert "crossdock run parcels" in done.output
    assert sorted(depot.bookings) == ["P1", "P3", "P4"]


def test_replay_says_what_it_did_before_it_refuses_another(crossdock, troubled):
    crossdock("discard", "4", "--reason", "typed in")

    done = crossdock("replay", "3", "4", "--reason", "mended")

    assert done.exit_code == 2
    assert "delivery 3 of P3 is due again" in done.output
    assert "delivery 4 was discarded" in done.output


def test_replay_by_what_they_have_in_common_says_how_many_first(crossdock, troubled):
    done = crossdock("replay", "--state", "dead", "--pipeline", "parcels", "--reason", "the depot takes them now")

    assert done.exit_code == 0, done.output
    assert "2 deliveries to take up again: 2 dead" in done.stderr
    assert "2 deliveries are due again" in done.stdout
    assert listed(crossdock) == {1: "delivered", 2: "held", 3: "pending", 4: "pending"}


@pytest.mark.parametrize(
    ("filters", "meant"),
    [
        (["--code", "unmapped"], [2]),
        (["--key", "P4"], [4]),
        (["--since", "1h"], [2, 3, 4]),
        (["--until", "1h"], []),
        (["--state", "delivered"], [1]),
        (["--state", "dead", "--route", "depot.bookings@gate"], [3, 4]),
    ],
)
def test_replay_takes_what_the_filters_say(filters, meant, crossdock, troubled):
    done = crossdock("replay", *filters, "--reason", "because")

    assert done.exit_code == 0, done.output
    assert [one for one, state in sorted(listed(crossdock).items()) if state == "pending"] == meant


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reason", "why"], "name deliveries by number"),
        (["3", "--state", "dead", "--reason", "why"], "name deliveries by number"),
        (["3"], "say why with --reason"),
        (["3", "--reason", "why", "--json"], "--json goes with --plan"),
        (["--pipeline", "parcel", "--reason", "why"], "write parcels"),
        (["--route", "depot.bookings@gat", "--reason", "why"], "write depot.bookings@gate"),
        (["99", "--plan"], "there is no delivery 99"),
    ],
)
def test_replay_refuses_what_it_cannot_mean(arguments, said, crossdock, troubled):
    before = listed(crossdock)

    done = crossdock("replay", *arguments)

    assert done.exit_code == 2
    assert said in done.stderr
    assert listed(crossdock) == before


def test_replay_refuses_a_delivery_whose_route_left_the_file(crossdock, troubled):
    troubled.write_text(troubled.read_text().replace("  parcels:", "  renamed:"))

    done = crossdock("replay", "3", "--reason", "why")
    every = crossdock("replay", "--state", "dead", "--reason", "why")

    assert done.exit_code == 2
    assert "delivery 3 is of route depot.bookings@gate of pipeline parcels, which the file does not have" in done.stderr
    assert "0 deliveries to take up again" in every.stderr


def test_replay_plan_shows_what_would_be_sent_now_and_changes_nothing(crossdock, troubled, depot):
    before = listed(crossdock), list(depot.bookings)

    text = crossdock("replay", "--plan", "--state", "dead", "--state", "delivered", "--state", "held")
    shown = json.loads(crossdock("replay", "--plan", "1", "2", "3", "--json").stdout)

    assert text.exit_code == 0, text.output
    assert "P1 (version 1): in effect already; nothing would be sent" in text.stdout
    assert "would be held: parcel P2 has no shelf (unmapped)" in text.stdout
    assert "P3: was never sent; would be sent, if a look does not find it" in text.stdout
    assert "4 deliveries to replay: 2 to be sent, 1 to be held; nothing was changed" in text.stdout
    assert [[fact["outcome"] for fact in one["facts"]] for one in shown["replays"]] == [["nothing"], [], ["send"]]
    assert shown["replays"][1]["held"]["code"] == "unmapped"
    assert (listed(crossdock), depot.bookings) == before


def test_replay_plan_shows_no_buyer_and_the_digest_of_the_true_body(crossdock, troubled):
    text = crossdock("replay", "--plan", "3").output
    shown = crossdock("replay", "--plan", "3", "--json").stdout

    assert PERSON not in text + shown
    (request,) = json.loads(shown)["replays"][0]["facts"][0]["after"]
    assert request["body_sha256"] in text


def test_new_route_is_filled_with_what_was_read_before_it(crossdock, troubled, depot):
    definition = troubled.read_text()
    other = (
        "    to:\n      - {use: depot.bookings, connection: gate}\n      - {use: depot.bookings, connection: south}\n"
    )
    gate = definition[definition.index("  gate:") : definition.index("pipelines:")]
    south = gate.replace("  gate:", "  south:").replace("use: depot\n", "use: depot\n    gate: south\n")
    definition = definition.replace("    to: {use: depot.bookings, connection: gate}\n", other)
    troubled.write_text(definition.replace("pipelines:", f"{south}pipelines:"))
    assert crossdock("check").exit_code == 0
    crossdock("run")
    before = listed(crossdock)

    planned = crossdock("replay", "--plan", "--route", "depot.bookings@south")
    done = crossdock("replay", "--route", "depot.bookings@south", "--reason", "a second gate")
    again = crossdock("replay", "--route", "depot.bookings@south", "--reason", "twice")

    assert len(before) == 4
    assert "never on this route" in planned.stdout
    assert "4 stored records of parcels never went along depot.bookings@south" in done.stderr
    assert "4 deliveries are due again" in done.stdout
    assert "0 deliveries to take up again" in again.stderr
    assert set(listed(crossdock, "--state", "pending")) == {5, 6, 7, 8}
    crossdock("run")
    assert listed(crossdock)[5] == "delivered"
    assert depot.bookings == ["P1"]  # it was looked for first, and is there


def test_discard_closes_for_good(crossdock, troubled):
    assert crossdock("discard", "2", "--reason", "typed in by hand").exit_code == 0

    assert crossdock("replay", "2", "--reason", "again").exit_code == 2


@pytest.mark.parametrize("command", ["replay", "discard"])
def test_acting_needs_a_store(command, crossdock, definition, tmp_path):
    done = crossdock(command, "1", "--reason", "why")

    assert done.exit_code == 2
    assert "there is no store yet" in done.stderr
    assert not (tmp_path / "depot.db").exists()
