from __future__ import annotations

import json


def test_connections_test_says_who_we_are_and_what_may_be_written(crossdock, definition):
    result = crossdock("connections", "test")

    assert result.exit_code == 0, result.output
    assert "account: gate keeper" in result.stdout
    assert "choices for gate:\n    north\n    south" in result.stdout


def test_connections_test_names_missing_and_excessive_permissions(crossdock, definition, depot):
    depot.may = ["parcels", "safe"]

    text = crossdock("connections", "test", "gate")
    [row] = json.loads(crossdock("connections", "test", "--json").stdout)["connections"]

    assert text.exit_code == 1
    assert "missing: bookings" in text.stdout
    assert "more than is needed: safe" in text.stdout
    assert (row["ok"], row["missing"], row["excessive"]) == (False, ["bookings"], ["safe"])


def test_connections_test_exits_with_3_where_credentials_are_refused(crossdock, definition):
    definition.write_text(definition.read_text().replace("s3cr3t-of-the-depot", "another"))

    result = crossdock("connections", "test", "--json")

    [row] = json.loads(result.stdout)["connections"]
    assert result.exit_code == 3
    assert (row["ok"], row["error"]["code"]) == (False, "credentials_refused")


def test_connections_test_refuses_an_unknown_name(crossdock, definition):
    result = crossdock("connections", "test", "gat")

    assert result.exit_code == 2
    assert "fix: write gate" in result.stderr


def test_connections_test_makes_no_store(crossdock, definition, tmp_path):
    crossdock("connections", "test")

    assert not (tmp_path / "depot.db").exists()
