from __future__ import annotations

import json

from jsonschema import Draft202012Validator


def test_schema_is_printed_with_what_is_installed(crossdock):
    result = crossdock("schema")

    schema = json.loads(result.stdout)
    Draft202012Validator.check_schema(schema)
    assert result.exit_code == 0
    assert "depot.parcels" in schema["$defs"]["source"]["properties"]["use"]["anyOf"][0]["enum"]


def test_schema_is_written_to_a_file_and_says_how_to_name_it(crossdock, tmp_path):
    path = tmp_path / "crossdock.schema.json"

    result = crossdock("schema", "--output", str(path))

    assert json.loads(path.read_text())["title"] == "crossdock definition"
    assert f"# yaml-language-server: $schema={path}" in result.output


def test_schema_that_cannot_be_written_is_a_fault_with_its_mend(crossdock, tmp_path):
    result = crossdock("schema", "--output", str(tmp_path / "nowhere" / "s.json"))

    assert result.exit_code == 2
    assert "fix: name another file" in result.output


def test_schema_leaves_out_a_broken_plugin_and_names_it(crossdock, tmp_path, monkeypatch):
    info = tmp_path / "broken" / "crossdock_broken-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: crossdock-broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[crossdock]\nbroken = crossdock_broken_and_absent\n")
    monkeypatch.syspath_prepend(str(info.parent))

    result = crossdock("schema")

    assert result.exit_code == 0
    assert "left out: the plugin broken" in result.stderr
    assert json.loads(result.stdout)
