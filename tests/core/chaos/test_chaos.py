"""The whole command, on a plugin of nobody: what a stranger's pipeline gets."""

from __future__ import annotations

import pytest

from crossdock.boundary import NAMES


def test_chaos_loses_and_doubles_nothing_and_reaches_every_boundary(chaos):
    verdict, code = chaos("--runs", "10", "--seed", "1", "--json")

    assert code == 0, verdict["examples"]
    assert (verdict["placed"], verdict["created"], verdict["lost"], verdict["doubled"]) == (70, 70, 0, 0)
    assert (verdict["runs"], verdict["ok"], verdict["examples"]) == (10, True, [])
    assert set(verdict["boundaries"]) == {*NAMES, "effect.during_send"}
    assert all(boundary["hits"] for boundary in verdict["boundaries"].values())
    assert verdict["disturbances"]["killed"] == sum(one["kills"] for one in verdict["boundaries"].values())


@pytest.mark.parametrize(
    ("sabotage", "what"), [("no-probe", "doubled"), ("no-fence", "doubled"), ("cursor-first", "lost")]
)
def test_chaos_finds_what_a_missing_safeguard_does_and_names_an_example(sabotage, what, chaos):
    verdict, code = chaos("--runs", "4", "--seed", "1", "--sabotage", sabotage, "--json")

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
