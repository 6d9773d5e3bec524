from __future__ import annotations

import json
import socket
import subprocess
import sys
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from crossdock import Duration
from crossdock.cli.settings import type_name
from crossdock.simulator.server import serve

SITE = Path(__file__).parent / "site"


def test_plugins_list_names_distributions(crossdock):
    rows = json.loads(crossdock("plugins", "list", "--json").stdout)["plugins"]

    assert {
        "name": "depot",
        "distribution": "crossdock-depot",
        "version": "1.2.0",
        "module": "crossdock_depot",
    } in rows
    assert "crossdock-depot" in crossdock("plugins", "list").stdout


def test_plugins_list_imports_no_plugin():
    script = (
        "import sys; sys.path.insert(0, sys.argv.pop()); from crossdock.cli.main import cli\n"
        "cli(['plugins', 'list'], standalone_mode=False)\n"
        "print(*(name for name in sys.modules if name.startswith('crossdock_')), file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", script, str(SITE)], capture_output=True, text=True, check=True)

    assert "depot" in done.stdout
    assert done.stderr.split() == []


def test_plugins_show_lists_components_and_their_settings(crossdock):
    shown = json.loads(crossdock("plugins", "show", "depot", "--json").stdout)

    components = {(component["kind"], component["use"]): component for component in shown["components"]}
    assert set(components) == {
        ("connection", "depot"),
        ("source", "depot.parcels"),
        ("sink", "depot.bookings"),
        ("auth", "depot.key"),
    }
    assert components["source", "depot.parcels"]["summary"] == "Parcels that wait."
    [limit] = [one for one in components["sink", "depot.bookings"]["settings"] if one["name"] == "limit"]
    assert limit == {
        "name": "limit",
        "type": "whole number",
        "required": False,
        "default": 100,
        "description": "How many at most.",
    }
    settings = {setting["name"]: setting for setting in components["connection", "depot"]["settings"]}
    assert settings["timeout"]["default"] == "30s"
    assert settings["auth"] == {
        "name": "auth", "type": "auth provider", "required": True, "default": None, "description": None,
    }  # fmt: skip


def test_plugins_show_as_text(crossdock):
    text = crossdock("plugins", "show", "depot").stdout

    assert "sink  use: depot.bookings" in text
    assert "client_secret  secret  required" in text


def test_plugins_show_names_the_nearest_installed_one(crossdock):
    result = crossdock("plugins", "show", "depo")

    assert result.exit_code == 2
    assert "installed plugins: depot" in result.stderr
    assert "write `depot`" in result.stderr


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (str | None, "text or nothing"),
        (Annotated[int, Field(gt=0)], "whole number"),
        (Literal["a", "b"], "a or b"),
        (dict[str, int], "mapping of text to whole number"),
        (tuple[str, ...], "list of text"),
        (list, "list"),
        (Duration, "duration"),
        (timedelta, "duration"),
        (Colour, "red or blue"),
        (object, "object"),
    ],
)
def test_type_name_says_what_an_integrator_would(annotation: object, name: str):
    assert type_name(annotation) == name


def test_simulate_serves_the_named_simulator_with_port_and_seed(crossdock):
    result = crossdock("simulate", "depot", "--port", "4711", "--seed", "7")

    assert (result.exit_code, result.stdout) == (0, "ready http://127.0.0.1:4711 seed 7\n")


def test_simulate_says_that_a_port_is_taken(crossdock, monkeypatch):
    import crossdock_depot

    monkeypatch.setattr(crossdock_depot.Simulator, "serve", lambda self, port: serve(None, port))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = crossdock("simulate", "depot", "--port", str(port))

    assert result.exit_code == 2
    assert f"nothing can listen on port {port}" in result.stderr


def test_simulate_names_what_there_is(crossdock):
    result = crossdock("simulate", "depo")

    assert result.exit_code == 2
    assert "fix: write `crossdock simulate depot`" in result.stderr
