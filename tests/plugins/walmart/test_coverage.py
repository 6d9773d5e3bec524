"""The cursor as a value: what is covered, and what is still to be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.jsonio import dumps, loads
from crossdock_walmart.coverage import SLICE, Coverage, OrderCursor, slices

START = datetime(2026, 10, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAYS = st.integers(-400, 400).map(lambda days: START + timedelta(days=days))


def test_coverage_begins_with_all_of_the_past_pending():
    assert Coverage.begin(START, NOW) == Coverage(START, NOW, ((START, NOW),))


def test_coverage_has_nothing_pending_when_it_begins_now():
    assert Coverage.begin(NOW, NOW).pending == ()


def test_an_earlier_since_uncovers_only_what_lies_before():
    earlier = START - timedelta(days=10)

    extended = Coverage(START, NOW).extended(earlier)

    assert extended == Coverage(earlier, NOW, ((earlier, START),))


def test_a_later_since_uncovers_nothing_and_forgets_nothing():
    coverage = Coverage(START, NOW)

    assert coverage.extended(START + timedelta(days=10)) is coverage


def test_since_moved_back_and_forth_is_back_filled_once():
    earlier = START - timedelta(days=10)
    coverage = Coverage(START, NOW).extended(earlier).filled(START)

    assert coverage.extended(START).extended(earlier).pending == ()


def test_filled_keeps_the_rest_of_a_span_and_the_later_ones():
    middle = START + timedelta(days=1)
    coverage = Coverage(START, NOW, ((START, START + timedelta(days=2)), (NOW - timedelta(days=1), NOW)))

    assert coverage.filled(middle).pending == ((middle, START + timedelta(days=2)), (NOW - timedelta(days=1), NOW))
    assert coverage.filled(START + timedelta(days=2)).pending == ((NOW - timedelta(days=1), NOW),)


def test_within_drops_what_can_no_longer_be_read():
    oldest = START + timedelta(days=5)
    coverage = Coverage(START, NOW, ((START, START + timedelta(days=3)), (START + timedelta(days=4), NOW)))

    assert coverage.within(oldest).pending == ((oldest, NOW),)


def test_followed_never_moves_back():
    assert Coverage(START, NOW).followed(NOW - timedelta(hours=1)).modified_to == NOW


@given(start=DAYS, end=DAYS)
def test_slices_cover_a_span_without_gap(start, end):
    pieces = slices((start, end))

    assert [piece[1] for piece in pieces[:-1]] == [piece[0] for piece in pieces[1:]]
    assert all(timedelta(0) < upto - since <= SLICE for since, upto in pieces)
    assert (pieces[0][0], pieces[-1][1]) == (start, end) if start < end else pieces == []


@given(start=DAYS, now=DAYS, since=DAYS)
def test_a_cursor_survives_the_store(start, now, since):
    cursor = OrderCursor({"SellerFulfilled": Coverage.begin(start, now).extended(since)})

    assert OrderCursor.parse(loads(dumps(cursor.to_json()))) == cursor


@pytest.mark.parametrize(
    "value", [None, "2026-11-02T09:00:00+00:00", 3, [], {}, {"ship_nodes": 1}, {"ship_nodes": {"a": None}},
              {"ship_nodes": {"a": {"created_from": "x", "modified_to": "y"}}}]
)  # fmt: skip
def test_a_cursor_that_cannot_be_read_is_none(value):
    assert OrderCursor.parse(value).nodes == {}
