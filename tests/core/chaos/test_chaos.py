"""The whole command, on a plugin of nobody: what a stranger's pipeline gets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crossdock.boundary import NAMES

SCENARIO = Path(__file__).parent / "scenario"


def test_chaos_loses_and_doubles_nothing_and_reaches_every_boundary(chaos):
    verdict, code = chaos("--runs", "8", "--seed", "1", "--json")

    assert code == 0, verdict["examples"]
    assert (verdict["placed"], verdict["created"], verdict["lost"], verdict["doubled"]) == (56, 56, 0, 0)
    assert (verdict["runs"], verdict["ok"], verdict["examples"]) == (8, True, [])
    assert set(verdict["boundaries"]) == {*NAMES, "effect.during_send"}
    assert all(boundary["hits"] for boundary in verdict["boundaries"].values())
    assert verdict["disturbances"]["killed"] == sum(one["kills"] for one in verdict["boundaries"].values())


@pytest.mark.parametrize(
    ("sabotage", "what"), [("no-probe", "doubled"), ("no-fence", "doubled"), ("cursor-first", "lost")]
)
def test_chaos_finds_what_a_missing_safeguard_does_and_names_an_example(sabotage, what, chaos):
    verdict, code = chaos("--runs", "2", "--seed", "1", "--sabotage", sabotage, "--json")

    example = next(one for one in verdict["examples"] if one[what])
    assert code == 1
    assert verdict[what] > 0
    assert example["strikes"]
    assert example[what]["created"]
    assert f"--seed 1 --run {example['run']} --sabotage {sabotage}" in example["command"]


def test_chaos_repeats_one_run_alone(chaos):
    told, code = chaos("--seed", "1", "--run", "2")

    assert code == 0, told
    assert "killed at settle.before_transaction#3 in `run`" in told


def test_chaos_names_the_scenario_that_is_not_there(chaos, tmp_path):
    told, code = chaos(scenario=tmp_path)

    assert code == 2
    assert "scenario.yaml" in told


def test_chaos_refuses_a_scenario_that_runs_nothing(chaos, tmp_path):
    text = (SCENARIO / "scenario.yaml").read_text().replace("- run: {wait: 0s}", "- say: nothing")
    (tmp_path / "scenario.yaml").write_text(text)

    told, code = chaos(scenario=tmp_path)

    assert code == 2
    assert "there is nothing to disturb" in told


def test_verdict_is_bad_where_the_scenario_expects_something_else(chaos, tmp_path):
    shutil.copytree(SCENARIO, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "scenario.yaml").read_text()
    (tmp_path / "scenario.yaml").write_text(text + "held: {name_missing: 1}\n")

    verdict, code = chaos("--seed", "1", "--run", "1", "--json", scenario=tmp_path)

    (example,) = verdict["examples"]
    assert code == 1
    assert (example["lost"], example["doubled"]) == ({}, {})
    assert "expected were {'name_missing': 1}" in example["trouble"][0]


def test_chaos_says_which_simulator_died(chaos, tmp_path):
    shutil.copytree(SCENARIO, tmp_path, dirs_exist_ok=True)
    text = (tmp_path / "scenario.yaml").read_text()
    die = "  - post: {to: kiosk, path: /_sim/die}\n"
    (tmp_path / "scenario.yaml").write_text(text.replace("expect:\n", f"{die}expect:\n"))

    told, code = chaos("--seed", "1", "--run", "1", scenario=tmp_path)

    assert code == 1
    assert "the simulator kiosk is gone" in told
    assert "fix:" in told
