"""Accounts of this machine: nobody signs in, and their paths begin where the definition lies."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Annotated, ClassVar

import pytest
from jsonschema import Draft202012Validator
from pydantic import Field

from crossdock import AuthProvider, Connection, LocalPath, NoAuth, hookimpl
from crossdock.checking import check
from crossdock.checking.schema import json_schema
from crossdock.checking.starting import write_start
from crossdock.clock import ManualClock
from crossdock.engine.binding import endpoint
from crossdock.engine.credentials import material_of
from crossdock.http import Request, Response
from crossdock.registry import Registry


class Drawer(Connection):
    """A drawer of this machine."""

    name: ClassVar[str] = "drawer"

    base_url: str = "http://localhost"
    auth: AuthProvider = NoAuth()
    path: LocalPath
    others: tuple[LocalPath, ...] = ()
    labels: Annotated[Mapping[str, str], Field(min_length=1)] = {"a": "b"}

    @property
    def identity(self) -> str:
        return "drawer"

    def handle(self, request: Request) -> Response:
        return Response(200)


@hookimpl
def register_connections() -> list[type[Connection]]:
    return [Drawer]


@pytest.fixture
def registry():
    module = ModuleType("crossdock_drawer")
    module.register_connections = register_connections
    sys.modules["crossdock_drawer"] = module
    yield Registry(extra={"drawer": module}, discover=False)
    del sys.modules["crossdock_drawer"]


@pytest.fixture
def made(registry, tmp_path):
    """The drawer of a definition in a folder of its own."""

    def make(settings, name="crossdock.yaml", folder=tmp_path / "site"):
        folder.mkdir(exist_ok=True)
        path = folder / "crossdock.yaml"
        entry = f"connections:\n  top: {{use: drawer, {settings}}}\n"
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(entry)
        if path.name != name:
            path.write_text(f"version: 1\ninclude: {name}\n")
        else:
            path.write_text(f"version: 1\n{entry}")
        checked = check(path, registry=registry, env={})
        assert checked.faults == ()
        return checked.assembly.connections["top"]

    return make


def test_account_without_sign_in_needs_no_auth(made):
    found = made("path: /var/drawer")

    assert isinstance(found.auth, NoAuth)
    assert material_of(found.auth) == material_of(NoAuth())


def test_relative_path_begins_where_the_definition_lies(made, tmp_path, monkeypatch):
    monkeypatch.chdir("/")

    found = made("path: books, others: [a, ../b, /c]")

    assert found.path == tmp_path / "site" / "books"
    assert found.others == (tmp_path / "site" / "a", tmp_path / "site" / ".." / "b", Path("/c"))


def test_relative_path_is_whole_where_the_definition_is_named_relatively(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    found = made("path: books", folder=Path("site"))

    assert found.path == tmp_path / "site" / "books"


def test_relative_path_of_an_included_file_begins_beside_that_file(made, tmp_path):
    found = made("path: books", name="customers/acme.yaml")

    assert found.path == tmp_path / "site" / "customers" / "books"


def test_path_may_begin_at_home(made, monkeypatch):
    monkeypatch.setenv("HOME", "/home/keeper")

    assert made("path: ~/books").path == Path("/home/keeper/books")


def test_path_of_a_user_that_there_is_not_is_refused_at_its_place(registry, tmp_path):
    path = tmp_path / "crossdock.yaml"
    path.write_text("version: 1\nconnections:\n  top: {use: drawer, path: ~nobody-here-has-this-name/books}\n")

    (fault,) = check(path, registry=registry, env={}).faults

    assert (fault.line, fault.code) == (3, "bad_value")
    assert "the home of a user that there is not" in fault.message


def test_path_that_is_made_in_code_stays_as_it_is():
    assert Drawer(path=Path("books")).path == Path("books")


def test_client_asks_the_account_itself():
    drawer = Drawer(path=Path("books"))

    assert endpoint("top", drawer, 1).handle == drawer.handle
    assert Drawer.is_local()


def test_editors_ask_for_a_path_and_for_no_auth(registry):
    schema = json_schema(registry)
    Draft202012Validator.check_schema(schema)
    valid = Draft202012Validator(schema)
    definition = {"version": 1, "connections": {"top": {"use": "drawer", "path": "books"}}}

    assert valid.is_valid(definition)
    definition["connections"]["top"]["path"] = 1
    assert not valid.is_valid(definition)


def test_mapping_that_is_too_short_is_called_one(registry, tmp_path):
    path = tmp_path / "crossdock.yaml"
    path.write_text("version: 1\nconnections:\n  top: {use: drawer, path: a, labels: {}}\n")

    (fault,) = check(path, registry=registry, env={}).faults

    assert "must be a mapping of 1 or more" in fault.message


def test_definition_to_start_from_names_no_address_for_it(registry):
    start = write_start(registry, "drawer", None, both=False, now=ManualClock().now())

    assert "base_url" not in start.text
    assert "auth" not in start.text
    assert "path:" in start.text
