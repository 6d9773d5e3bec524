from __future__ import annotations

import pytest

from crossdock.contract.secret import Secret
from crossdock.errors import ConfigError


class Stored:
    def __init__(self, values):
        self.values = values

    def names(self):
        return set(self.values)

    def reveal(self, name):
        return self.values[name]


def value_of(document):
    return document.root.entries["key"].value.value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${env:A}", "one"),
        ("x-${env:A}-${env:B}", "x-one-two"),
        ("$${env:A}", "${env:A}"),
        ("$$${env:A}", "$${env:A}"),
        ("$5 and {x}", "$5 and {x}"),
        ("$${a} ${env:A}", "${a} one"),
    ],
)
def test_reference_is_put_in_and_a_doubled_dollar_is_literal(read, written, value):
    document = read(f"key: '{written}'\n", env={"A": "one", "B": "two"})

    assert value_of(document) == value


def test_what_a_reference_holds_is_never_read_as_yaml_or_as_a_reference(read):
    document = read("key: ${env:A}\n", env={"A": "{x: ${env:B}} # true"})

    assert value_of(document) == "{x: ${env:B}} # true"


@pytest.mark.parametrize(
    "written", ["${A}", "${env:}", "${env:1A}", "${vault:a}", "${env:A", "${}", "${ env:A }", "a ${"]
)
def test_malformed_reference_is_a_fault_at_its_value(read, places, written):
    read(f'\nkey: "{written}"\n', env={"A": "one"})

    assert places() == [(2, 6, "bad_reference")]


@pytest.mark.parametrize("env", [{}, {"A": ""}, {"A": "  "}])
def test_unset_or_empty_variable_is_a_fault_and_never_an_empty_text(read, places, env):
    document = read("key: x${env:A}\n", env=env)

    assert places() == [(1, 6, "unset_reference")]
    assert value_of(document) is None
    assert document.root.entries["key"].value.broken


def test_secret_becomes_opaque_and_its_name_is_noted(read):
    document = read("key: Bearer ${secret:token}\n", secrets=Stored({"token": "abc"}))

    assert isinstance(value_of(document), Secret)
    assert value_of(document).reveal() == "Bearer abc"
    assert "abc" not in repr(document)
    assert document.needs_secrets == {"token"}


def test_unknown_secret_is_a_fault_that_suggests_the_nearest(read, findings):
    read("key: ${secret:tokn}\n", secrets=Stored({"token": "abc"}))

    (fault,) = findings
    assert fault.code == "unset_reference"
    assert "write ${secret:token}" in fault.fix


def test_secret_of_a_reader_without_store_cannot_be_revealed(read, findings):
    secret = value_of(read("key: ${secret:token}\n"))

    assert list(findings) == []
    with pytest.raises(ConfigError, match="token cannot be looked up"):
        secret.reveal()


def test_file_is_read_beside_the_definition(read, tmp_path):
    (tmp_path / "key.txt").write_text("value\n\n")

    assert value_of(read("key: ${file:key.txt}\n")) == "value\n"


@pytest.mark.parametrize("body", [None, b"", b" \n", b"\xff\xfe", b"x" * 70_000])
def test_file_that_holds_no_value_is_a_fault(read, places, tmp_path, body):
    if body is not None:
        (tmp_path / "key.txt").write_bytes(body)

    read("key: ${file:key.txt}\n")

    assert places() == [(1, 6, "unset_reference")]


def test_directory_in_place_of_a_file_is_a_fault(read, findings, tmp_path):
    (tmp_path / "key").mkdir()

    read("key: ${file:key}\n")

    assert "cannot be read" in next(iter(findings)).message


def test_reference_behind_an_alias_is_reported_once(read, places):
    read("a: &a ['${env:NONE}']\nb: *a\nc: *a\n")

    assert places() == [(1, 8, "unset_reference")]


def test_reference_in_a_key_is_a_fault(read, places):
    read("a: {'${env:A}': 1}\n", env={"A": "x"})

    assert places() == [(1, 5, "bad_reference")]
