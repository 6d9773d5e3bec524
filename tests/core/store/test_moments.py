from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.store.moments import from_micros, from_micros_or_none, to_micros, to_micros_or_none

moments = st.datetimes(timezones=st.just(UTC))


@given(moments)
def test_from_micros_undoes_to_micros(moment):
    assert from_micros(to_micros(moment)) == moment


@given(moments, moments)
def test_to_micros_keeps_the_order(one, other):
    assert (to_micros(one) < to_micros(other)) == (one < other)


def test_to_micros_means_the_same_instant_in_every_zone():
    sydney = timezone(timedelta(hours=11))

    assert to_micros(datetime(2026, 11, 2, 20, tzinfo=sydney)) == to_micros(datetime(2026, 11, 2, 9, tzinfo=UTC))


def test_to_micros_refuses_a_time_without_zone():
    with pytest.raises(TypeError):
        to_micros(datetime(2026, 11, 2))  # noqa: DTZ001


def test_none_stays_none():
    assert to_micros_or_none(None) is None
    assert from_micros_or_none(None) is None
