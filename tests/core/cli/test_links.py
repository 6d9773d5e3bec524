"""`crossdock links` through the command line."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def shop(crossdock, definition, depot, make_parcel):
    """Two parcels wait; one is booked already, under another name."""
    depot.parcels = [make_parcel(1), make_parcel(2)]
    depot.bookings = ["PHONE"]
    return depot


def add(crossdock, *arguments, reason="taken by phone"):
    return crossdock("links", "add", "parcels", *arguments, "--reason", reason)


def listed(crossdock, *arguments):
    result = crossdock("links", *arguments, "--json")
    return [(one["near"]["id"], one["far"]["id"], one["made"]) for one in json.loads(result.stdout)["links"]]


def test_link_by_hand_counts_as_in_effect_and_the_run_makes_only_the_rest(crossdock, shop):
    added = add(crossdock, "P1", "PHONE")
    before = listed(crossdock)
    plan = json.loads(crossdock("plan", "--json").stdout)
    ran = crossdock("run")

    assert (added.exit_code, ran.exit_code) == (0, 0), added.output
    assert before == [("P1", "B-PHONE", None)]
    assert [effect["key"] for effect in plan["effects"]] == ["P2"]
    assert shop.bookings == ["PHONE", "P2"]
    assert ("P1", "B-PHONE", "adopted") in listed(crossdock)


def test_link_by_hand_is_refused_where_there_is_nothing_of_that_name(crossdock, shop):
    result = add(crossdock, "P1", "FAX")

    assert result.exit_code == 2
    assert "there is nothing of that name" in result.stderr
    assert listed(crossdock) == []


def test_link_by_hand_is_refused_for_a_record_that_is_in_effect(crossdock, shop):
    crossdock("run")

    result = add(crossdock, "P1", "PHONE")

    assert result.exit_code == 2
    assert "P1 is in effect already, as booking B-P1" in result.stderr


def test_removed_link_by_hand_lets_the_next_run_make_it(crossdock, shop):
    add(crossdock, "P1", "PHONE")
    crossdock("run")

    removed = crossdock("links", "remove", "P1", "--reason", "it was for somebody else")
    ran = crossdock("run")

    assert (removed.exit_code, ran.exit_code) == (0, 0)
    assert "the next run looks for it again" in removed.stdout
    assert sorted(shop.bookings) == ["P1", "P2", "PHONE"]


def test_removed_link_of_what_was_made_leaves_it_in_effect(crossdock, shop):
    crossdock("run")

    removed = crossdock("links", "remove", "P1", "--reason", "a test")
    crossdock("run")

    assert "it stays in effect" in removed.stdout
    assert sorted(shop.bookings) == ["P1", "P2", "PHONE"]


def test_import_links_all_and_undo_takes_all_of_it_back(crossdock, shop, tmp_path):
    shop.bookings += ["FAX"]
    (tmp_path / "found.csv").write_text("key,name\nP1,PHONE\nP2,FAX\n")

    imported = crossdock("links", "import", "parcels", "found.csv", "--reason", "the old books")
    linked = listed(crossdock)
    undone = crossdock("links", "undo", "1", "--reason", "wrong books")
    again = crossdock("links", "undo", "1", "--reason", "wrong books")

    assert (imported.exit_code, undone.exit_code, again.exit_code) == (0, 0, 2), imported.output
    assert sorted(linked) == [("P1", "B-PHONE", None), ("P2", "B-FAX", None)]
    assert listed(crossdock) == []
    assert "is not there any more" in again.stderr
    made = json.loads(crossdock("links", "changes", "--json").stdout)["changes"]
    assert [(one["what"], one["reason"], len(one["links"])) for one in made] == [
        ("undone", "wrong books", 2),
        ("imported", "the old books", 2),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("key,name\nP1,PHONE\nP2,NOWHERE\n", "found.csv:3: NOWHERE is not what P2"),
        ("key,name\nP1,PHONE\nP1,FAX\n", "found.csv:3: column name: P1 is linked with PHONE in row 2"),
        ("key,name\nP1,PHONE\nP1,PHONE\n", "found.csv:3: column key: P1 stands in row 2 already"),
        ("key,name\nP1,PHONE\nP2,PHONE\n", "B-PHONE is named by several records"),
        ("key,name\nP1,PHONE\n,FAX\n", "found.csv:3: column key is empty"),
        ("key,name\nP1,PHONE\nP9,FAX\n", "found.csv:3: "),
        ("key,id\nP1,PHONE\n", "found.csv:1: there is no column name"),
        ("key,name,line,product,quantity\nP1,PHONE,1,MUG,none\n", "found.csv:2: column quantity: 'none'"),
        ("key,name\n", "found.csv bears no row"),
    ],
)
def test_import_with_a_fault_names_its_row_and_links_nothing(crossdock, shop, tmp_path, text, fault):
    (tmp_path / "found.csv").write_text(text)

    result = crossdock("links", "import", "parcels", "found.csv", "--reason", "the old books")

    assert result.exit_code == 2, result.output
    assert fault in result.stderr
    assert listed(crossdock) == []


def test_lines_are_said_anew_and_shown(crossdock, shop):
    add(crossdock, "P1", "PHONE", "--line", "1", "MUG-01", "2")

    said = crossdock(
        "links", "lines", "P1", "--line", "1", "CAP-01", "1", "--line", "1", "MUG-01", "1", "--reason", "no mugs"
    )
    unknown = crossdock("links", "lines", "P1", "--line", "7", "CAP-01", "1", "--reason", "no mugs")
    shown = crossdock("links", "show", "B-PHONE").stdout

    assert (said.exit_code, unknown.exit_code) == (0, 2), said.output
    assert "has no line 7; it has 1" in unknown.stderr
    assert "P1 line 1: 1 x CAP-01" in shown
    assert "P1 line 1: 1 x MUG-01" in shown


def test_links_work_without_a_plugin_where_nothing_is_compared(crossdock, shop, definition):
    crossdock("run")
    definition.write_text(definition.read_text().replace("use: depot\n", "use: gone\n"))

    assert len(listed(crossdock)) == 2
    assert crossdock("links", "remove", "P1", "--reason", "a test").exit_code == 0
    assert crossdock("links", "show", "P1").exit_code == 2


def test_log_keeps_who_and_why_and_the_chain_holds(crossdock, shop, tmp_path):
    add(crossdock, "P1", "PHONE")

    exported = crossdock("audit", "export").stdout

    assert "link.added" in exported
    assert crossdock("audit", "verify").exit_code == 0
