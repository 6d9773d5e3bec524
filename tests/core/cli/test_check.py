from __future__ import annotations

import json

import pytest


@pytest.fixture
def unused(definition):
    """A definition with a connection that nothing uses."""
    spare = (
        "  spare: {use: depot, base_url: http://localhost:1, auth: {use: depot.key, client_id: a, client_secret: b}}\n"
    )
    definition.write_text(definition.read_text().replace("pipelines:\n", f"{spare}pipelines:\n"))
    return definition


def test_check_counts_what_is_fine(crossdock, unused):
    result = crossdock("check")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "ok: 1 pipeline, 2 connections, 1 warning"
    assert "no pipeline uses the connection spare" in result.stdout


def test_check_prints_every_fault_with_position_and_mend(crossdock, definition):
    text = definition.read_text()
    definition.write_text(text.replace("use: depot.parcels", "use: depot.parcel").replace("every: 5m", "every: soon"))

    result = crossdock("check")

    assert result.exit_code == 2
    assert "crossdock.yaml:11:17: " in result.stdout
    assert "crossdock.yaml:12:12: " in result.stdout
    assert "fix: write `use: depot.parcels`" in result.stdout
    assert result.stdout.endswith("\n2 faults\n")


def test_check_json_says_the_same_to_programs(crossdock, definition):
    definition.write_text(definition.read_text().replace("use: depot.parcels", "use: depot.parcel"))

    result = crossdock("check", "--json")

    found = json.loads(result.stdout)
    [fault] = [fault for fault in found["faults"] if fault["severity"] == "error"]
    assert (result.exit_code, found["ok"]) == (2, False)
    assert {"file", "line", "column", "code", "message", "fix"} <= set(fault)
    assert (fault["line"], fault["column"], fault["code"]) == (11, 17, "unknown_component")


def test_check_is_content_with_warnings(crossdock, unused):
    found = json.loads(crossdock("check", "--json").stdout)

    assert found["ok"] is True
    assert {fault["severity"] for fault in found["faults"]} == {"warning"}


def test_check_finds_a_secret_that_is_not_stored_and_makes_no_store(crossdock, sealed, tmp_path):
    result = crossdock("check")

    assert result.exit_code == 2
    assert "crossdock.yaml:7:58: the secret gate is not stored" in result.stdout
    assert "fix: run `crossdock secrets set gate`" in result.stdout
    assert not (tmp_path / "depot.db").exists()


def test_check_needs_no_key_for_a_stored_secret(crossdock, sealed, key_file, monkeypatch):
    crossdock("secrets", "set", "gate", input="value")
    monkeypatch.delenv("CROSSDOCK_KEY_FILE")

    result = crossdock("check")

    assert (result.exit_code, result.stdout) == (0, "ok: 1 pipeline, 1 connection\n")


def test_check_reports_a_file_that_is_no_yaml_or_not_there(crossdock, definition):
    definition.write_text("version: [1\n")

    broken = crossdock("check")
    absent = crossdock("-c", "absent.yaml", "check", "--json")

    assert (broken.exit_code, absent.exit_code) == (2, 2)
    assert "crossdock.yaml:" in broken.stdout
    assert json.loads(absent.stdout)["ok"] is False
