"""Credentials that are refused, remembered, replaced, and replaced by somebody else's."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def refused(crossdock, definition, depot):
    """A definition whose secret worked, until it was made anew at the depot."""
    assert crossdock("run").exit_code == 0
    depot.secret = "the-new-one-of-the-depot"
    return definition


def replace(definition, before, after):
    text = definition.read_text()
    assert before in text
    definition.write_text(text.replace(before, after))


def reason(result):
    return json.loads(result.stdout)["pipelines"][0]["reason"]


def test_second_refusal_says_once_what_happened_and_what_to_do(crossdock, refused):
    result = crossdock("run", "--json")

    assert result.exit_code == 3
    assert "they worked until now" in reason(result)
    assert result.stderr.count("connection.refused") == 1
    assert "ask the gate keeper for another" in result.stderr  # the plugin's own steps
    assert "then `crossdock resume gate`" in result.stderr


def test_next_run_does_not_try_what_was_refused(crossdock, refused, depot):
    crossdock("run")
    tried = depot.asked

    result = crossdock("run", "--json")

    assert result.exit_code == 3
    assert "not tried again" in reason(result)
    assert depot.asked == tried


def test_run_goes_on_by_itself_when_the_secret_was_replaced(crossdock, refused, depot, secret):
    crossdock("run")
    replace(refused, secret, depot.secret)

    assert crossdock("run").exit_code == 0
    assert "refused" not in crossdock("status").stdout


def test_run_goes_on_when_a_person_resumes_the_connection(crossdock, refused, depot, secret):
    crossdock("run")
    depot.secret = secret

    resumed = crossdock("resume", "gate", "--reason", "put back at the depot")

    assert "connection gate goes on with the next run" in resumed.stdout
    assert crossdock("run").exit_code == 0


def test_status_tells_of_a_refused_connection_until_it_is_dealt_with(crossdock, refused):
    crossdock("run")

    result = crossdock("status")

    assert "gate: refused for " in result.stdout
    assert "`crossdock resume gate`" in result.stdout
    assert json.loads(crossdock("status", "--json").stdout)["refused"][0]["connection"] == "gate"


def test_replaced_credentials_of_another_owner_are_refused_before_anything_is_done(
    crossdock, definition, depot, secret, make_parcel
):
    assert crossdock("run").exit_code == 0
    depot.parcels, depot.secret, depot.keeper = [make_parcel(1)], "another-secret-altogether", "somebody else"
    replace(definition, secret, depot.secret)

    result = crossdock("run", "--json")

    assert result.exit_code == 3
    assert reason(result).startswith("the new credentials of gate belong to somebody else")
    assert depot.bookings == []


def test_replaced_credentials_whose_owner_cannot_be_asked_wait(crossdock, definition, depot, secret, make_parcel):
    assert crossdock("run").exit_code == 0
    depot.parcels, depot.secret, depot.mute = [make_parcel(1)], "another-secret-altogether", True
    replace(definition, secret, depot.secret)

    waits = crossdock("run", "--json")
    depot.mute = False
    goes_on = crossdock("run")

    assert waits.exit_code == 3
    assert "cannot be asked now" in reason(waits)
    assert goes_on.exit_code == 0
    assert len(depot.bookings) == 1


def test_nothing_of_the_credentials_is_kept_in_the_store(crossdock, refused, secret, tmp_path):
    crossdock("run")

    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.glob("depot.db*"))
