from __future__ import annotations

import json
import sqlite3

import pytest


def rows_of(result):
    return {row["name"]: row for row in json.loads(result.stdout)["pipelines"]}


@pytest.mark.parametrize("name", ["parcels", "gate", "pipeline:parcels", "connection:gate"])
def test_run_leaves_alone_what_is_paused_and_says_why(crossdock, definition, depot, make_parcel, name):
    depot.parcels = [make_parcel(1)]
    paused = crossdock("pause", name, "--reason", "stock-take")

    ran, named, status = (
        crossdock("run", "--json"),
        crossdock("run", "parcels", "--json"),
        crossdock("status", "--json"),
    )

    assert (paused.exit_code, ran.exit_code, named.exit_code) == (0, 0, 0)
    for row in (rows_of(ran)["parcels"], rows_of(named)["parcels"], rows_of(status)["parcels"]):
        assert row["reason"].startswith("paused by ")
        assert row["reason"].endswith(": stock-take")
        assert row["read"] == 0
    assert "paused by" in crossdock("status").stdout
    assert depot.bookings == []


def test_resume_lets_the_next_run_go_on_where_it_was(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1)]
    crossdock("pause", "parcels", "gate")
    crossdock("run")

    first = crossdock("resume", "parcels")
    still = rows_of(crossdock("run", "--json"))["parcels"]["reason"]
    second = crossdock("resume", "gate", "--reason", "the depot moved")
    crossdock("run")

    assert first.stdout == "pipeline parcels goes on with the next run\n"
    assert still.endswith("through connection gate: no reason given")
    assert second.exit_code == 0
    assert depot.bookings == ["P1"]
    assert not (rows_of(crossdock("status", "--json"))["parcels"]["reason"] or "").startswith("paused")


def test_run_works_on_pipelines_that_are_not_paused(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1)]
    text = definition.read_text()
    gate = text[text.index("  gate:") : text.index("pipelines:")].replace("  gate:", "  yard:")
    other = "  others: {from: {use: depot.parcels, connection: yard}, to: [{use: depot.bookings, connection: yard}]}\n"
    definition.write_text(text.replace("pipelines:\n", f"{gate}pipelines:\n{other}"))
    crossdock("pause", "yard")

    rows = rows_of(crossdock("run", "--json"))

    assert (rows["parcels"]["delivered"], rows["others"]["read"]) == (1, 0)
    assert "paused by" in rows["others"]["reason"]
    assert "paused by" in rows_of(crossdock("status", "--json"))["others"]["reason"]


def test_pause_and_resume_keep_who_and_why(crossdock, definition, tmp_path):
    crossdock("pause", "parcels", "--reason", "stock-take")
    crossdock("resume", "parcels", "--reason", "counted")

    with sqlite3.connect(tmp_path / "depot.db") as store:
        rows = store.execute(
            "SELECT kind, ref, value FROM audit JOIN audit_parts USING (seq) WHERE name = 'reason' ORDER BY seq"
        ).fetchall()
    assert rows == [("pipeline.paused", "parcels", "stock-take"), ("pipeline.resumed", "parcels", "counted")]


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_pause_and_resume_refuse_a_name_that_the_file_lacks_and_do_nothing(crossdock, definition, command):
    result = crossdock(command, "parcels", "gates")

    assert result.exit_code == 2
    assert "there is no pipeline or connection 'gates'" in result.stderr
    assert "fix: write gate" in result.stderr
    assert rows_of(crossdock("status", "--json"))["parcels"]["reason"] == "never run"


def test_pause_asks_which_where_a_pipeline_and_a_connection_are_called_the_same(crossdock, definition):
    definition.write_text(definition.read_text().replace("  parcels:\n", "  gate:\n"))

    unclear, clear = crossdock("pause", "gate"), crossdock("pause", "connection:gate")

    assert unclear.exit_code == 2
    assert "fix: write pipeline:gate or connection:gate" in unclear.stderr
    assert "connection gate is paused" in clear.stdout


def test_resume_of_what_is_not_paused_says_so_and_makes_no_store(crossdock, definition, tmp_path):
    result = crossdock("resume", "parcels")

    assert (result.exit_code, result.stdout) == (0, "pipeline parcels was not paused\n")
    assert not (tmp_path / "depot.db").exists()


def test_resume_takes_what_has_left_the_file(crossdock, definition):
    crossdock("pause", "parcels")
    definition.write_text(definition.read_text().replace("  parcels:\n", "  boxes:\n"))

    assert crossdock("resume", "parcels").stdout == "pipeline parcels goes on with the next run\n"


def test_pause_works_where_a_plugin_is_missing(crossdock, definition):
    definition.write_text(definition.read_text().replace("use: depot\n", "use: gone\n"))

    assert crossdock("pause", "parcels").exit_code == 0
