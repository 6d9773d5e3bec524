"""Commands that plugins offer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

OTHER = """
import click
from crossdock import hookimpl

@click.command()
def depot():
    click.echo("the other one")

@click.command()
def run():
    click.echo("never core's own")

@hookimpl
def register_commands():
    return {offered}
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install another plugin, made of its source."""

    def put(offered: str, source: str = OTHER) -> None:
        site = tmp_path / "site"
        info = site / "crossdock_yard-1.0.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: crossdock-yard\nVersion: 1.0.0\n")
        (info / "entry_points.txt").write_text("[crossdock]\nyard = crossdock_yard\n")
        (site / "crossdock_yard.py").write_text(source.replace("{offered}", offered))
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, "crossdock_yard", raising=False)

    return put


def test_command_of_a_plugin_sees_records_deliveries_effects_and_the_account(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1), make_parcel(2, "UNMAPPED")]
    crossdock("run")

    result = crossdock("depot", "compare")

    assert result.exit_code == 1, result.output
    assert result.stdout.splitlines() == [
        "P1 booked: depot.bookings@gate delivered (None)",
        "P2 missing: depot.bookings@gate held (unmapped)",
        "depot.bookings P1 v1 done B-P1",
        "read to its end: True",
    ]


def test_command_of_a_plugin_ends_with_0_where_it_returns_nothing_and_makes_no_store(crossdock, definition, tmp_path):
    result = crossdock("depot", "compare")

    assert (result.exit_code, result.stdout) == (0, "read to its end: False\n")
    assert not (tmp_path / "depot.db").exists()


def test_command_of_a_plugin_works_beside_a_run(crossdock, definition, depot, make_parcel, start):
    depot.parcels = [make_parcel(1)]
    depot.gate.clear()
    running = start("run")
    assert depot.arrived.wait(30)

    result = crossdock("depot", "compare")

    depot.gate.set()
    assert running.wait(30) == 0
    assert result.stdout.startswith("P1 missing: depot.bookings@gate attempted"), result.output
    assert "P1 v1 attempted None" in result.stdout


def test_what_a_command_of_a_plugin_raises_is_told_as_core_tells_its_own(crossdock, definition):
    result = crossdock("depot", "compare", "--refuse")

    assert result.exit_code == 1
    assert result.stderr == "the depot's office is closed\n  fix: come back on Monday\n"


def test_command_of_a_plugin_is_told_of_faults_in_the_file(crossdock, definition):
    definition.write_text(definition.read_text().replace("every: 5m", "every: often"))

    result = crossdock("depot", "compare")

    assert result.exit_code == 2
    assert "crossdock.yaml:" in result.stderr


def test_command_of_a_plugin_names_the_nearest_where_a_pipeline_is_unknown(crossdock, definition):
    result = crossdock("depot", "compare", "--pipeline", "parcel")

    assert result.exit_code == 2
    assert result.stderr == "there is no pipeline 'parcel'\n  fix: write parcels\n"


def test_command_of_a_plugin_has_help_without_a_file(crossdock):
    result = crossdock("depot", "compare", "--help")

    assert result.exit_code == 0, result.output
    assert "Compare what was read with what is booked." in result.output


def test_two_plugins_with_one_command_are_told_apart_by_their_names(crossdock, install):
    install("[depot]")

    vague, exact = crossdock("depot"), crossdock("yard.depot")

    assert vague.exit_code == 2
    assert "Write depot.depot or yard.depot." in vague.stderr
    assert (exact.exit_code, exact.stdout) == (0, "the other one\n")


def test_plugin_may_offer_nothing_but_commands_and_never_hides_one_of_ours(crossdock, install):
    install("[run]")

    assert crossdock("yard.run").stdout == "never core's own\n"
    assert "Read the pipelines once" in crossdock("run", "--help").stdout


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("depott", "Did you mean depot?"),
        ("stauts", "Did you mean status?"),
        ("quite-something-else", "Plugins have: "),
        ("depot.compares", "No such command 'depot.compares'."),
    ],
)
def test_unknown_command_is_answered_with_the_nearest_of_ours_and_of_plugins(crossdock, word, told):
    result = crossdock(word)

    assert result.exit_code == 2
    assert told in result.stderr


def test_unknown_plugin_before_the_dot_is_named(crossdock):
    result = crossdock("depott.depot")

    assert result.exit_code == 2
    assert result.stderr.startswith("the plugin 'depott' is not installed")


@pytest.mark.parametrize(
    ("offered", "reason"),
    [
        ("[depot.callback]", "register_commands offers function, which is no click command"),
        ("[click.Command('two.words')]", "register_commands offers two.words, which is no click command named by"),
        ("[1 / 0]", "failed in register_commands: ZeroDivisionError"),
    ],
)
def test_plugin_with_broken_commands_is_named_and_hides_no_other(crossdock, install, offered, reason):
    install(offered)

    result = crossdock("nothing-like-it")

    assert result.exit_code == 2
    assert f"the plugin yard (crossdock-yard 1.0.0) is broken: {reason}" in result.stderr
    assert crossdock("depot", "--help").exit_code == 0


def test_commands_of_ours_load_no_plugin(tmp_path):
    code = "import sys; from crossdock.cli.main import cli; cli(['pause', '--help'], standalone_mode=False)"
    code += "; print([name for name in sys.modules if name.startswith('crossdock_')])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_plugins_show_lists_the_commands(crossdock):
    result = crossdock("plugins", "show", "depot")

    assert "command  crossdock depot\n  Look into the depot." in result.stdout


def test_with_workspace_says_that_it_is_called_by_crossdock(definition):
    code = "from crossdock_depot import compare; compare(['--refuse'])"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent / "site", check=False
    )

    assert "is called by crossdock" in done.stderr
