"""`crossdock adopt` through the command line."""

from __future__ import annotations

import json


def found(result):
    return {one["key"]: one["fate"] for one in json.loads(result.stdout)["found"]}


def test_adopt_links_what_is_booked_already_and_the_run_books_the_rest(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1), make_parcel(2), make_parcel(3)]
    depot.bookings = ["P1", "P2"]

    adopted = crossdock("adopt", "--json")
    ran = crossdock("run")

    assert (adopted.exit_code, ran.exit_code) == (0, 0), adopted.output
    assert found(adopted) == {"P1": "linked", "P2": "linked", "P3": "absent"}
    assert sorted(depot.bookings) == ["P1", "P2", "P3"]
    assert "B-P1" in crossdock("trace", "P1").stdout


def test_adopt_plan_counts_stores_nothing_and_makes_no_store(crossdock, definition, depot, make_parcel, tmp_path):
    depot.parcels = [make_parcel(1), make_parcel(2)]
    depot.bookings = ["P1"]

    result = crossdock("adopt", "--plan", "--json")
    told = crossdock("adopt", "--plan")

    [route] = json.loads(result.stdout)["routes"]
    assert result.exit_code == 0
    assert {name: route[name] for name in ("read", "linked", "absent", "differs", "unclear")} == {
        "read": 2,
        "linked": 1,
        "absent": 1,
        "differs": 0,
        "unclear": 0,
    }
    assert "to link" in told.stdout
    assert "1 change would be made by the next run: `crossdock plan parcels`" in told.stdout
    assert not (tmp_path / "depot.db").exists()


def test_adopt_exits_with_1_where_something_could_not_be_told_and_with_3_where_the_key_is_refused(
    crossdock, definition, depot, make_parcel
):
    depot.parcels = [make_parcel(1)]
    text = definition.read_text()
    definition.write_text(text.replace("s3cr3t-of-the-depot", "another-secret"))
    refused = crossdock("adopt")
    definition.write_text(text)
    depot.closed = True
    unread = crossdock("adopt")

    assert (unread.exit_code, refused.exit_code) == (1, 3)
    assert "parcels ended early: " in unread.stdout
    assert "fix: compare the key with the depot's office" in refused.stdout


def test_adopt_counts_what_a_run_would_hold_and_names_its_way_out(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1, "UNMAPPED")]

    result = crossdock("adopt")

    assert result.exit_code == 0
    assert "P1  held: parcel P1 has no shelf (unmapped)" in result.stdout
    assert "fix: add a shelf" in result.stdout
    assert crossdock("deliveries").stdout == "no deliveries\n"


def test_adopt_of_everything_is_guarded_like_a_first_run(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(number) for number in range(6)]
    depot.bookings = ["P1", "P2"]
    crossdock("adopt")

    refused, allowed = crossdock("run", "--confirm-above", "3"), crossdock("run", "--confirm-above", "4")

    assert (refused.exit_code, allowed.exit_code) == (2, 0)
    assert "4 changes: 4 by parcels" in refused.stderr


def test_adopt_takes_the_run_lock_and_a_plan_does_not(definition, depot, make_parcel, start, crossdock):
    depot.parcels = [make_parcel(1)]
    depot.gate.clear()
    first = start("run")
    assert depot.arrived.wait(30)

    real, plan = crossdock("adopt"), crossdock("adopt", "--plan")

    depot.gate.set()
    assert (real.exit_code, plan.exit_code) == (2, 1)  # the plan sees that an outcome is not known yet
    assert f"process {first.pid}" in real.stderr
    assert first.wait(30) == 0


def test_adopt_shows_no_person(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1), make_parcel(2, "UNMAPPED")]

    for result in (crossdock("adopt", "--plan", "--json"), crossdock("adopt")):
        assert "Zzyzx" not in result.output
        assert "s3cr3t" not in result.output
