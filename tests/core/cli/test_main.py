from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import click
import pytest

from crossdock.cli.main import COMMANDS
from crossdock.errors import CrossdockError

HEAVY = ("httpx", "aiohttp", "pydantic", "structlog", "yaml", "crossdock.engine", "anyio", "sqlite3")
LOADED = """
import sys
from crossdock.cli.main import main
sys.argv = ["crossdock", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    print(end.code, *sorted(sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option: str):
    done = subprocess.run([sys.executable, "-c", LOADED, option], capture_output=True, text=True, check=True)

    code, *modules = done.stderr.split()
    assert code == "0"
    assert not {module for module in modules if module.startswith(HEAVY)}
    assert done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_a_sentence_of_its_own(crossdock, command: str):
    result = crossdock(command, "--help")

    assert result.exit_code == 0, result.output
    assert len(result.output.split("\n\n")[1]) > 20


def test_help_lists_every_command(crossdock):
    output = crossdock("--help").output

    assert all(f"\n  {command} " in output for command in COMMANDS)


def test_module_is_the_same_program(start):
    process = start("--version")

    out, _ = process.communicate(timeout=30)

    assert out.startswith("crossdock ")
    assert process.returncode == 0


def test_mistyped_command_is_answered_with_the_nearest(crossdock):
    result = crossdock("chek")

    assert result.exit_code == 2
    assert "Did you mean check?" in result.stderr


def test_file_may_be_named_by_option_or_environment(crossdock, definition, tmp_path, monkeypatch):
    elsewhere = tmp_path / "conf" / "depot.yaml"
    elsewhere.parent.mkdir()
    definition.rename(elsewhere)

    by_option = crossdock("-c", "conf/depot.yaml", "check")
    monkeypatch.setenv("CROSSDOCK_CONFIG", str(elsewhere))
    by_environment = crossdock("check")

    assert (by_option.exit_code, by_environment.exit_code) == (0, 0), by_option.output
    assert crossdock("-c", "absent.yaml", "status").exit_code == 2


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    @click.command()
    def status() -> None:
        raise error

    monkeypatch.setattr("crossdock.cli.status.status", status)


def test_unexpected_fault_is_one_line_without_data_and_says_how_to_report(crossdock, monkeypatch):
    fail_with(monkeypatch, ValueError("no number: 'Quentin'"))

    result = crossdock("status")

    assert result.exit_code == 1
    assert result.stderr.startswith("crossdock failed unexpectedly: ValueError")
    assert "--debug" in result.stderr
    assert "Quentin" not in result.stderr
    assert "Traceback" not in result.stderr


def test_debug_shows_the_traceback(crossdock, monkeypatch):
    fail_with(monkeypatch, ValueError("no number"))

    assert "Traceback" in crossdock("--debug", "status").stderr


def test_fault_of_ours_inside_a_group_is_told_as_itself(crossdock, monkeypatch):
    fail_with(
        monkeypatch, ExceptionGroup("many", [ValueError("x"), CrossdockError("the disk is full", fix="make room")])
    )

    assert crossdock("status").stderr == "the disk is full\n  fix: make room\n"


def test_interrupt_ends_with_130_and_no_traceback(crossdock, monkeypatch):
    fail_with(monkeypatch, KeyboardInterrupt())

    result = crossdock("status")

    assert (result.exit_code, result.stderr) == (130, "stopped\n")


def test_message_of_a_remote_system_cannot_steer_the_terminal(crossdock, monkeypatch):
    fail_with(monkeypatch, CrossdockError("it said \x1b[2J"))

    assert "\x1b" not in crossdock("status").stderr


def test_closed_pipe_ends_quietly(definition, start):
    reading, writing = os.pipe()
    process = start("check", "--json", stdout=writing)
    os.close(writing)
    os.close(reading)

    _, err = process.communicate(timeout=30)

    assert process.returncode == 141
    assert err == ""


def test_store_that_is_none_is_named(crossdock, definition, tmp_path):
    (tmp_path / "depot.db").write_text("no database, but long enough to be taken for something else " * 20)

    result = crossdock("status")

    assert result.exit_code == 2
    assert "depot.db" in result.stderr
    assert "fix:" in result.stderr


def test_help_answers_quickly():
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "crossdock", "--help"], capture_output=True, check=True)

    assert time.perf_counter() - began < 2  # far above the 0.2 s that it takes, for a busy machine


def test_json_is_one_object_on_stdout_whatever_is_logged(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(2, "UNMAPPED")]

    result = crossdock("--log-level", "debug", "run", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)
    assert "delivery.held" in result.stderr
