"""`doctor` finds what is wrong, says what mends it, and hands on nothing secret."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from contextlib import closing

import pytest

from crossdock.store.sqlite.lock import hold


@pytest.fixture
def troubled(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1), make_parcel(2, "UNMAPPED"), make_parcel(3, "BAD")]
    depot.refuse = {"BAD"}
    crossdock("run")
    return definition


def verdicts(result):
    return {(one["check"], one["subject"]): one for one in json.loads(result.stdout)["checks"]}


def test_doctor_passes_what_is_well(crossdock, definition, depot):
    crossdock("run")

    result = crossdock("doctor", "--json")

    found = verdicts(result)
    assert (result.exit_code, json.loads(result.stdout)["fail"]) == (0, 0)
    assert found["access", "gate"]["message"] == "we are gate keeper"
    assert {check for check, _ in found} >= {
        "file",
        "key",
        "store",
        "disk",
        "mode",
        "audit",
        "deliveries",
        "clock",
        "schema",
    }


def test_doctor_names_what_waits_for_a_person_and_ends_with_one(crossdock, troubled):
    result = crossdock("doctor")

    assert result.exit_code == 1
    assert "FAIL  deliveries  parcels: 1 held, 1 dead" in result.stdout
    assert "fix: `crossdock deliveries --pipeline parcels --state held`" in result.stdout


def test_doctor_finds_missing_permissions_and_what_settings_name_in_vain(crossdock, definition, depot):
    depot.may = ["parcels"]
    definition.write_text(definition.read_text().replace("use: depot.bookings,", "use: depot.bookings, gate: west,"))

    found = verdicts(crossdock("doctor", "--json"))

    assert found["permissions", "gate"]["message"] == "it lacks bookings"
    assert found["choices", "gate"]["verdict"] == "fail"
    assert "name another; it lists: north, south" in found["choices", "gate"]["fix"]


def test_doctor_tells_what_a_plugin_looks_for(crossdock, definition):
    found = verdicts(crossdock("doctor", "--json"))

    assert found["gate_open", "gate"]["verdict"] == "pass"
    assert found["gate_haunted", "gate"]["verdict"] == "unknown"  # that check stumbles, and hides no other


def test_doctor_tells_of_pauses_and_refusals(crossdock, definition, depot):
    crossdock("run")
    crossdock("pause", "parcels", "--reason", "stock-take")
    found = verdicts(crossdock("doctor", "--json"))
    crossdock("resume", "parcels")
    depot.secret = "the-new-one-of-the-depot"
    crossdock("run")

    later = verdicts(crossdock("doctor", "--json"))

    assert found["paused", "pipeline parcels"]["fix"] == "`crossdock resume parcels`"
    assert later["credentials", "gate"]["verdict"] == "fail"
    assert later["access", "gate"]["verdict"] == "fail"


def test_doctor_tells_who_runs_and_which_schema_there_is(crossdock, definition, tmp_path):
    crossdock("run")
    quiet = verdicts(crossdock("doctor", "--offline", "--json"))
    store = tmp_path / "depot.db"
    with hold(store):
        busy = verdicts(crossdock("doctor", "--offline", "--json"))
    store.with_name("depot.db.lock").write_text("4194305")  # no process has that number

    left = verdicts(crossdock("doctor", "--offline", "--json"))

    where = "sqlite:depot.db"
    assert ("run", where) not in quiet
    assert (busy["run", where]["verdict"], busy["run", where]["message"]) == (
        "pass",
        f"process {os.getpid()} runs the pipelines",
    )
    assert left["run", where]["verdict"] == "unknown"
    assert "process 4194305 did not end its run" in left["run", where]["message"]
    assert quiet["schema", where]["message"].startswith("version 1,")


def test_doctor_names_a_store_of_a_newer_version(crossdock, definition, tmp_path):
    crossdock("run")
    with closing(sqlite3.connect(tmp_path / "depot.db")) as store:
        store.execute("PRAGMA user_version = 99")

    found = verdicts(crossdock("doctor", "--offline", "--json"))

    assert found["schema", "sqlite:depot.db"]["verdict"] == "fail"
    assert "upgrade crossdock" in found["schema", "sqlite:depot.db"]["fix"]


def test_doctor_reports_a_log_that_was_tampered_with(crossdock, troubled, tmp_path):
    with sqlite3.connect(tmp_path / "depot.db") as store:
        store.execute("DROP TRIGGER audit_is_not_changed")
        store.execute("UPDATE audit SET ref = 'P9' WHERE seq = 2")

    assert verdicts(crossdock("doctor", "--offline", "--json"))["audit", "sqlite:depot.db"]["verdict"] == "fail"


def test_doctor_says_what_keeps_a_broken_file_from_running(crossdock, definition):
    definition.write_text(definition.read_text().replace("depot.parcels", "depot.parcel"))

    result = crossdock("doctor", "--json")

    faults = [one for (check, _), one in verdicts(result).items() if check == "file"]
    assert result.exit_code == 1
    assert [one["verdict"] for one in faults] == ["fail"]
    assert "depot.parcels" in faults[0]["fix"]


@pytest.mark.parametrize("form", ["literal", "block"])
def test_bundle_bears_neither_secrets_nor_names(form, crossdock, troubled, secret, tmp_path):
    if form == "block":
        text = troubled.read_text().replace(f'client_secret: "{secret}"}}', "}")
        troubled.write_text(text.replace("pipelines:", f"spare:\n  client_secret: |\n    {secret}\npipelines:"))

    crossdock("doctor", "--offline", "--bundle", "help.zip")

    path = tmp_path / "help.zip"
    with zipfile.ZipFile(path) as bundle:
        parts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert path.stat().st_mode & 0o077 == 0
    assert set(parts) == {
        "audit.json", "definition.yaml", "deliveries.json", "doctor.json", "status.json", "versions.json"
    }  # fmt: skip
    assert all(planted not in text for text in parts.values() for planted in (secret, "Zzyzx", "Quentin"))
    assert "client_secret" in parts["definition.yaml"]
    assert json.loads(parts["deliveries.json"])["deliveries"]
