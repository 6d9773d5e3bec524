from __future__ import annotations

import json
import sqlite3

import pytest

PERSON = "Quentin Zzyzx"


@pytest.fixture
def told(crossdock, definition, depot, make_parcel):
    """A store with a parcel that was booked, one that is held and one that is dead."""
    depot.parcels = [make_parcel(1), make_parcel(2, "UNMAPPED"), make_parcel(3, "BAD")]
    depot.refuse = {"BAD"}
    crossdock("run")
    return definition


@pytest.mark.parametrize("name", ["P1", "B-P1"])
def test_trace_tells_the_story_by_any_name(crossdock, told, name):
    story = json.loads(crossdock("trace", name, "--json").stdout)

    assert list(story) == ["key", "identifiers", "events"]
    assert story["key"] == "P1"
    assert {"P1", "B-P1"} <= {one["value"] for one in story["identifiers"]}
    assert all(list(event) == ["at", "pipeline", "kind", "connection", "ref", "detail"] for event in story["events"])
    kinds = [event["kind"] for event in story["events"]]
    assert kinds[0] == "record.read"
    assert [kind for kind in kinds if kind.startswith("effect.")] == [
        "effect.planned", "effect.attempted", "effect.answered", "effect.done",
    ]  # fmt: skip
    assert {"link.made", "delivery.delivered"} <= set(kinds)
    assert [event["at"] for event in story["events"]] == sorted(event["at"] for event in story["events"])


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_trace_names_no_person_and_shows_no_body(crossdock, told, options):
    for key in ("P1", "P2", "P3"):
        output = crossdock("trace", key, *options).output
        assert key in output
        assert not any(word in output for word in ("Zzyzx", "MUG-01", "no such thing"))


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("P1", ["read parcel P1", "planned depot.bookings P1, version 1", "sent POST", "answered 201",
                "linked parcel P1 with booking B-P1", "delivered for", "next: nothing to do"]),
        ("P2", ["is held (unmapped): parcel P2 has no shelf", "fix: add a shelf for UNMAPPED",
                "next: `crossdock deliveries show 2`, do what the fix says, then `crossdock run parcels`"]),
        ("P3", ["sent POST", "answered 422", "is dead (rejected)", "`crossdock replay 3 --reason …`"]),
    ],
)  # fmt: skip
def test_trace_says_for_people_what_happened_where_it_stands_and_what_to_type(crossdock, told, key, said):
    result = crossdock("trace", key)

    assert result.exit_code == 0
    assert [words for words in said if words not in result.stdout] == []


def test_trace_says_that_the_pipeline_is_paused(crossdock, told):
    crossdock("pause", "gate", "--reason", "the depot moves")

    output = crossdock("trace", "P2").stdout

    assert "through connection gate: the depot moves" in output
    assert "`crossdock resume NAME` ends it" in output


@pytest.mark.parametrize("ran", [True, False])
def test_trace_of_what_nobody_knows_says_what_to_do(crossdock, definition, tmp_path, ran):
    if ran:
        crossdock("run")

    result = crossdock("trace", "P9", "--json")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "nothing is known of 'P9'" in result.stderr
    assert "fix: `crossdock deliveries`" in result.stderr
    assert (tmp_path / "depot.db").exists() is ran


def test_trace_works_beside_a_run_and_without_plugin_and_key(crossdock, told, depot, make_parcel, start):
    depot.parcels.append(make_parcel(4))
    depot.arrived.clear()
    depot.gate.clear()
    running = start("run")
    assert depot.arrived.wait(30)
    text = told.read_text()
    told.write_text(text.replace("use: depot\n", "use: gone\n").replace("client_id: me", 'client_id: "${env:NO}"'))

    result = crossdock("trace", "P1", "--json")

    depot.gate.set()
    assert result.exit_code == 0, result.output
    assert running.wait(30) == 1  # P2 is held still


def test_trace_masks_what_a_name_must_not_show(crossdock, told, tmp_path):
    with sqlite3.connect(tmp_path / "depot.db") as store:
        store.execute(
            "UPDATE records SET identifiers = ? WHERE key = 'P1'", ['{"email": "q@example.test", "phone": "1"}']
        )

    result = crossdock("trace", "P1", "--json")

    masked = {one["name"]: one["value"] for one in json.loads(result.stdout)["identifiers"]}
    assert (masked["email"], masked["phone"]) == ("[redacted]", "[redacted]")
