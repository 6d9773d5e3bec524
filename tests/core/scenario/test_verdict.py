from __future__ import annotations

import pytest

from crossdock.scenario.verdict import compare

SAVED = {"plain": ["1"], "parts": ["2"]}


def facts(kind, *counted):
    return [{"kind": kind, "key": key, "revision": revision, "count": count} for key, revision, count in counted]


@pytest.fixture
def judged(scenario):
    """What becomes of an expectation when 1 and 2 were placed and these facts were witnessed."""

    def judged(*sent, **expectation):
        witnessed = {"shop": facts("placed", ("1", 1, 1), ("2", 1, 1)), "depot": facts("sent", *sent)}
        verdict = compare(scenario(**expectation), witnessed, SAVED, [])
        (one,) = verdict.compared
        return verdict.ok, one.lost, one.doubled, one.unwanted

    return judged


@pytest.mark.parametrize(
    ("sent", "expectation", "judgement"),
    [
        ([("1", 1, 1), ("2", 1, 1)], {}, (True, (), (), ())),
        ([("1", 1, 1)], {}, (False, ("2",), (), ())),
        ([("1", 1, 2), ("2", 1, 1)], {}, (False, (), ("1",), ())),
        ([("1", 1, 1), ("2", 1, 1)], {"not_for": ["parts"]}, (False, (), (), ("2",))),
        ([("2", 1, 1)], {"only_for": ["parts"]}, (True, (), (), ())),
        ([("1", 1, 1), ("2", 1, 1)], {"only_for": ["parts"]}, (False, (), (), ("1",))),
        ([("1", 1, 1), ("2", 1, 1), ("2", 2, 1)], {"times": {"parts": 2}}, (True, (), (), ())),
        ([("1", 1, 1), ("2", 1, 1)], {"times": {"parts": 2}}, (False, ("2",), (), ())),
        ([("1", 1, 1), ("2", 1, 1), ("2", 2, 1), ("2", 3, 1)], {"times": {"parts": 2}}, (False, (), ("2",), ())),
    ],
)
def test_verdict_counts_what_is_lost_doubled_and_unwanted(judged, sent, expectation, judgement):
    assert judged(*sent, **expectation) == judgement


def test_verdict_takes_one_fact_made_twice_for_a_double_where_two_facts_are_expected(judged):
    ok, _, doubled, _ = judged(("1", 1, 1), ("2", 1, 2), times={"parts": 2})

    assert not ok
    assert doubled == ("2",)
