from __future__ import annotations

import pytest

from crossdock.scenario.model import Expectation
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


@pytest.fixture
def judged_by_name(scenario):
    """The verdict where sales and refunds are facts of one kind, told apart by what they are called."""

    def judged(*sent, **refunds):
        both = {"each": {"of": "shop", "kind": "placed"}, "gives": {"of": "depot", "kind": "sent"}}
        sales = {"name": "sales", "key": "{key}:sale", **both}
        expect = [sales, {"name": "refunds", "key": "{key}:refund:*", "only_for": ["parts"], **both, **refunds}]
        witnessed = {"shop": facts("placed", ("1", 1, 1), ("2", 1, 1)), "depot": facts("sent", *sent)}
        return compare(scenario().model_copy(update={"expect": _parsed(expect)}), witnessed, SAVED, [])

    return judged


def _parsed(expect):
    return [Expectation.model_validate(one) for one in expect]


def test_verdict_tells_facts_of_one_kind_apart_by_what_they_are_called(judged_by_name):
    verdict = judged_by_name(("1:sale", 1, 1), ("2:sale", 1, 1), ("2:refund:9", 1, 1))

    assert verdict.ok
    assert [one.made for one in verdict.compared] == [2, 1]


def test_verdict_misses_what_must_be_called_in_some_way(judged_by_name):
    verdict = judged_by_name(("1:sale", 1, 1), ("2:sale", 1, 1))

    assert [one.lost for one in verdict.compared] == [(), ("2:refund:*",)]


def test_verdict_takes_two_of_one_name_for_a_double_unless_there_may_be_many(judged_by_name):
    sent = (("1:sale", 1, 1), ("2:sale", 1, 1), ("2:refund:8", 1, 1), ("2:refund:9", 1, 1))

    assert judged_by_name(*sent).compared[1].doubled == ("2:refund:8", "2:refund:9")
    assert judged_by_name(*sent, many=True).ok
    assert not judged_by_name(*sent[:3], ("2:refund:9", 1, 2), many=True).ok


def test_verdict_does_not_want_what_nothing_calls_so(judged_by_name):
    verdict = judged_by_name(("1:sale", 1, 1), ("2:sale", 1, 1), ("2:refund:9", 1, 1), ("2:surprise", 1, 1))

    assert not verdict.ok
    assert verdict.compared[0].unwanted == ("2:surprise",)
