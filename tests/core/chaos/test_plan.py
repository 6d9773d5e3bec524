from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.chaos import answers
from crossdock.chaos.campaign import BLOWS
from crossdock.chaos.plan import MOMENTS, Blow, plan
from crossdock.scenario import load_scenario
from crossdock.scenario.model import Chaos
from crossdock.simulator import Fault

SCENARIO = load_scenario(Path(__file__).parent / "scenario")
KINDS = ["cut", "429", "500", "503", "html", "nothing", "late", "slow", "hanging"]


@given(st.integers(), st.integers(1, 10_000))
def test_plan_is_the_same_for_the_same_seed_and_number(seed, number):
    assert plan(SCENARIO, seed, number, BLOWS) == plan(SCENARIO, seed, number, BLOWS)


@given(st.integers(), st.integers(0, 50))
def test_each_turn_meets_each_moment_once_in_as_many_executions_as_there_are_moments(seed, block):
    numbers = range(1 + block * len(MOMENTS), 1 + (block + 1) * len(MOMENTS))

    plans = [plan(SCENARIO, seed, number, BLOWS) for number in numbers]

    for turn in range(2):
        assert {one.turns[turn].strikes[0].moment for one in plans} == set(MOMENTS)


def test_plans_of_many_executions_strike_every_blow_and_differ():
    plans = [plan(SCENARIO, 1, number, BLOWS) for number in range(1, 101)]

    assert {strike.blow for one in plans for turn in one.turns for strike in turn.strikes} == set(BLOWS)
    assert len({str(one.turns) for one in plans}) == 100


def test_plan_never_uses_a_blow_that_is_not_possible():
    plans = [plan(SCENARIO, 1, number, [Blow.KILL]) for number in range(1, 50)]

    assert {strike.blow for one in plans for turn in one.turns for strike in turn.strikes} == {Blow.KILL}


@given(st.randoms(use_true_random=False), st.sampled_from(KINDS), st.floats(0.1, 3), st.floats(0.1, 3))
def test_every_bad_answer_is_a_fault_that_simulators_take_and_has_a_name(chance, kind, late, hang):
    chaos = Chaos.model_validate({"late": f"{late:.2f}s", "hang": f"{hang:.2f}s", "answers": {"shop": [kind]}})

    order = answers.order(chance, chaos, "shop")

    if order:  # a read is not done late
        assert Fault.model_validate(order)
        assert answers.name(order).startswith(("a write", "a read"))
    else:
        assert kind == "late"


@pytest.mark.parametrize("kind", ["late", "hanging"])
def test_bad_answer_that_a_scenario_does_not_allow_is_never_ordered(kind):
    chaos = Chaos(answers={"shop": [kind]})

    assert not any(answers.order(random.Random(seed), chaos, "shop") for seed in range(50))
