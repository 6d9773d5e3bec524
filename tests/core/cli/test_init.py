from __future__ import annotations

import json
import re

import pytest
import yaml
from jsonschema import Draft202012Validator

from crossdock.checking import check, json_schema
from crossdock.registry import Registry

TENANT = "8f0c7a52-1b2c-4d3e-8f90-a1b2c3d4e5f6"
KNOWN = {"_TENANT": TENANT, "_URL": "https://somewhere.example.test"}
# By what they read and take, whatever is installed; the depot is the tests' own.
WAYS = [("depot", "depot"), ("walmart", "wms_cartoncloud"), ("walmart.orders", "wms_cartoncloud.sale_orders")]
WAYS += [(f"walmart.{source}", "erp_ledger.books_entries") for source in ("orders", "returns", "unshipped")]


def surroundings_of(text):
    names = re.findall(r"\$\{env:(\w+)\}", text)
    return {name: next((value for end, value in KNOWN.items() if name.endswith(end)), "something") for name in names}


@pytest.mark.parametrize(("source", "sink"), WAYS)
def test_started_file_passes_check_once_its_references_are_set(crossdock, tmp_path, source, sink):
    result = crossdock("init", source, sink)

    text = (tmp_path / "crossdock.yaml").read_text()
    checked = check(tmp_path / "crossdock.yaml", registry=Registry(), env=surroundings_of(text))
    assert result.exit_code == 0, result.output
    assert [str(fault) for fault in checked.faults] == []
    assert len(checked.assembly.pipelines) >= 1


@pytest.mark.parametrize(("source", "sink"), WAYS)
def test_started_file_is_valid_for_editors(crossdock, tmp_path, source, sink):
    crossdock("init", source, sink)

    document = yaml.load((tmp_path / "crossdock.yaml").read_text(), yaml.BaseLoader)
    document["version"] = 1
    validator = Draft202012Validator(json.loads(json.dumps(json_schema(Registry()))))
    assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize(("source", "sink"), WAYS)
def test_every_setting_in_a_comment_is_one_that_check_knows(crossdock, tmp_path, source, sink):
    crossdock("init", source, sink)
    path = tmp_path / "crossdock.yaml"
    text = path.read_text()

    opened = re.sub(r"^( +)# (\w+: \S.*)$", r"\1\2", text, flags=re.MULTILINE)
    path.write_text("\n".join(line for line in opened.splitlines() if not re.match(r" +[A-Z`]", line)))
    checked = check(path, registry=Registry(), env=surroundings_of(text))

    assert [str(fault) for fault in checked.faults] == []


def test_started_file_lists_what_must_be_set(crossdock):
    output = crossdock("init", "walmart", "wms_cartoncloud").output

    assert "export WMS_CARTONCLOUD_TENANT=…" in output
    assert "crossdock secrets set walmart\n" in output
    assert "crossdock check" in output


def test_started_file_holds_a_connection_alone_where_one_plugin_is_named(crossdock, tmp_path):
    output = crossdock("init", "walmart", "-o", "other.yaml").output

    text = (tmp_path / "other.yaml").read_text()
    assert "pipelines:" not in text
    assert check(tmp_path / "other.yaml", registry=Registry(), env=surroundings_of(text)).faults == ()
    assert "crossdock -c other.yaml check" in output


def test_init_replaces_no_file(crossdock, tmp_path):
    (tmp_path / "crossdock.yaml").write_text("mine")

    result = crossdock("init", "walmart", "wms_cartoncloud")

    assert result.exit_code == 2
    assert "is there already" in result.output
    assert (tmp_path / "crossdock.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "plugins that read: "),
        (("walmrt", "depot"), "write `walmart`"),
        (("walmart.order", "wms_cartoncloud"), "write `use: walmart.orders`"),
        (("walmart", "wms_cartoncloud.orders"), "wms_cartoncloud.sale_orders"),
        (("walmart", "depot"), "nothing of walmart can go to depot"),
    ],
)
def test_init_says_what_there_is_to_start_from(crossdock, tmp_path, words, said):
    result = crossdock("init", *words)

    assert result.exit_code == 2
    assert said in result.output
    assert not (tmp_path / "crossdock.yaml").exists()


def test_absent_file_is_answered_with_init(crossdock):
    assert "crossdock init" in crossdock("check").output
