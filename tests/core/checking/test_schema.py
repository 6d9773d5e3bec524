from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from crossdock.checking.schema import json_schema
from crossdock.config import Findings, Items, Scalar, Table
from crossdock.config.compose import compose
from crossdock.registry import Registry

HERE = Path(__file__).parent
VALID = sorted((HERE / "valid").glob("*.yaml"))
EXAMPLES = sorted((HERE.parents[2] / "examples").glob("*/crossdock.yaml"))
CORPUS = sorted((HERE / "corpus").glob("*.yaml"))
UNKNOWN_KEYS = [path for path in CORPUS if " unknown_key |" in path.read_text()]
SEEN_BY_A_SCHEMA = {
    "bad_cron_fields",
    "bad_duration",
    "bad_value_market",
    "every_and_cron",
    "missing_auth",
    "missing_connection_of_sink",
    "missing_from_and_to",
    "missing_use",
    "missing_version",
    "root_is_a_list",
    "unknown_component",
    "unknown_core_mapper",
    "unknown_plugin",
    "wrong_kind_source_as_sink",
    "wrong_type_list",
    "wrong_type_mapper_is_a_word",
}


def plain(node):
    """A tree as an editor sees it: YAML 1.2, aliases and merges put in."""
    if isinstance(node, Table):
        return {entry.key: plain(entry.value) for entry in node}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    return node.value


def read(text):
    root = compose(text, "crossdock.yaml", Findings())
    return None if root is None else plain(root)


@pytest.fixture(scope="module")
def validator(modules):
    schema = json_schema(Registry(extra=modules, discover=False))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(json.loads(json.dumps(schema)))


@pytest.fixture(scope="module")
def real():
    return Draft202012Validator(json.loads(json.dumps(json_schema(Registry()))))


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_schema_accepts_what_check_accepts(validator, path):
    assert [error.message for error in validator.iter_errors(read(path.read_text()))] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_schema_of_what_is_installed_accepts_the_examples(real, path):
    assert [error.message for error in real.iter_errors(read(path.read_text()))] == []


@pytest.mark.parametrize("path", UNKNOWN_KEYS, ids=lambda path: path.stem)
def test_schema_refuses_unknown_keys(validator, path):
    assert not validator.is_valid(read(path.read_text()))


@pytest.mark.parametrize("stem", sorted(SEEN_BY_A_SCHEMA))
def test_schema_refuses_what_an_editor_can_see(validator, stem):
    document = read((HERE / "corpus" / f"{stem}.yaml").read_text())

    assert not validator.is_valid(document if document is not None else [])


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_schema_refuses_nothing_but_faults(validator, path):
    """A file with warnings alone is valid."""
    codes = {line.split()[3] for line in path.read_text().splitlines() if line.startswith("# expect:")}
    document = read(path.read_text())

    if codes <= {"unused_connection", "unused_key", "no_probe", "read_only_connection", "literal_secret"}:
        assert validator.is_valid(document)


@pytest.mark.parametrize(
    ("value", "valid"),
    [("5m", True), ("1h 30m", True), ("${env:EVERY}", True), ("5", False), (5, False), ("soon", False)],
)
def test_durations_are_texts_with_units_or_references(validator, value, valid):
    document = read((HERE / "valid" / "whole.yaml").read_text())
    document["pipelines"]["orders"]["every"] = value

    assert validator.is_valid(document) is valid


def test_schema_offers_each_component_with_its_settings_and_what_they_mean(real):
    defs = real.schema["$defs"]

    assert set(defs["mapper"]["properties"]["use"]["anyOf"][0]["enum"]) >= {"filter", "fields", "route"}
    assert set(defs["sink-wms_cartoncloud.sale_orders"]["properties"]) >= {"use", "connection", "map", "attempts"}
    connection = defs["connection-wms_cartoncloud"]["properties"]
    assert connection["timeout"] == {"$ref": "#/$defs/duration", "default": "30s"}
    assert connection["duplicates"]["description"].startswith("`reject` where")
    assert connection["auth"]["properties"]["use"]["anyOf"][0]["enum"] == ["wms_cartoncloud.client_credentials"]
    assert "what must be true" in defs["mapper-filter"]["properties"]["when"]["description"].lower()


def test_schema_survives_settings_that_json_schema_cannot_say(modules):
    from types import ModuleType
    from typing import Any

    from pydantic import BaseModel

    from crossdock import Mapper, hookimpl
    from crossdock.canonical import Order

    class Opaque:
        pass

    class Tree(BaseModel):
        below: list[Tree] = []

    Tree.model_rebuild(_types_namespace={"Tree": Tree})

    class Odd(Mapper[Order, Order]):
        name = "odd"
        opaque: Opaque | None = None
        tree: Tree | None = None
        anything: Any = None

        def map(self, document, context):
            return document

    module = ModuleType("odd_plugin")
    module.register_mappers = hookimpl(lambda: [Odd])
    module.register_mappers.__name__ = "register_mappers"

    schema = json_schema(Registry(extra={**modules, "odd": module}, discover=False))

    Draft202012Validator.check_schema(schema)
    odd = Draft202012Validator({"$defs": schema["$defs"], "$ref": "#/$defs/mapper-odd.odd"})
    assert odd.is_valid({"use": "odd.odd", "tree": {"below": [{"below": []}]}})
    assert not odd.is_valid({"use": "odd.odd", "tree": {"below": 7}})
