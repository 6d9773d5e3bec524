"""`crossdock run` tells, out of band, what needs a person."""

from __future__ import annotations

import json
import sys

import pytest

PERSON = "Quentin Zzyzx"


@pytest.fixture
def told(definition, tmp_path):
    """A definition with a command, and what that was told."""
    script, kept = tmp_path / "keep.py", tmp_path / "told"
    script.write_text("import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + '\\n')")
    command = json.dumps([sys.executable, str(script), str(kept)])
    definition.write_text(f"{definition.read_text()}alerts: {{command: {command}}}\n")
    return lambda: [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []


def kinds(document):
    return [one["kind"] for one in document["new"]], [one["kind"] for one in document["over"]]


def test_run_tells_what_is_held_once_and_that_it_is_over(told, crossdock, depot, make_parcel):
    depot.parcels = [make_parcel(1), make_parcel(2, "UNMAPPED")]
    for _ in range(2):
        assert crossdock("run").exit_code == 1
    once = told()
    crossdock("discard", "2", "--reason", "by hand")
    crossdock("run")

    assert [kinds(document) for document in told()] == [(["delivery"], []), ([], ["delivery"])]
    assert once[0]["new"][0]["code"] == "unmapped"
    assert once[0]["file"] == "crossdock.yaml"
    assert PERSON not in json.dumps(told())


def test_run_tells_of_a_read_that_fails_and_of_its_return(told, crossdock, depot):
    depot.parcels = [{}]  # no parcel, so that the source itself fails
    crossdock("run")
    depot.parcels = []
    crossdock("run")

    assert [kinds(document) for document in told()] == [(["read"], []), ([], ["read"])]


def test_run_tells_of_refused_credentials(told, crossdock, definition):
    definition.write_text(definition.read_text().replace("s3cr3t-of-the-depot", "another"))

    assert crossdock("run").exit_code == 3

    (document,) = told()
    assert kinds(document) == (["connection"], [])
    assert document["new"][0]["connection"] == "gate"


def test_alert_that_fails_changes_neither_deliveries_nor_exit_code(crossdock, definition, depot, make_parcel):
    definition.write_text(f"{definition.read_text()}alerts: {{command: [/no/such/program]}}\n")
    depot.parcels = [make_parcel(1), make_parcel(2, "UNMAPPED")]

    done = crossdock("run")

    assert done.exit_code == 1
    assert "alert.failed" in done.stderr
    assert depot.bookings == ["P1"]


def test_run_that_finds_nothing_wrong_tells_nothing(told, crossdock, depot, make_parcel):
    depot.parcels = [make_parcel(1)]

    assert crossdock("run").exit_code == 0
    assert told() == []
