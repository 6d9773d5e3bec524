from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.http import Ask, Bucket, Rate, Told

START = 1_793_610_000_000_000
SECOND = 1_000_000
rates = st.builds(Rate, st.just("GET /**"), st.integers(1, 900), st.sampled_from([1.0, 60.0, 3600.0])) | st.builds(
    Rate, st.just("GET /**"), st.integers(1, 900), st.just(60.0), st.integers(1, 30)
)


class Vendor:
    """Counts as vendors do: a bucket that is full at first and refills evenly. Refuses what does not fit."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.level, self.at = float(rate.at_once), START
        self.refused = 0

    def call(self, at: int) -> None:
        per_us = self.rate.calls / (self.rate.per_s * SECOND)
        self.level = min(float(self.rate.at_once), self.level + (at - self.at) * per_us)
        self.at = at
        if self.level < 1 - 1e-6:
            self.refused += 1
        else:
            self.level -= 1


@given(
    rate=rates,
    steps=st.lists(
        st.tuples(st.floats(0, 40), st.integers(1, 60), st.integers(1, 9), st.booleans(), st.floats(0, 1)), max_size=40
    ),
)
def test_rented_calls_never_exceed_what_the_vendor_allows(rate, steps):
    bucket, vendor, full, now, calls = Bucket.of(rate), Vendor(rate), 0, START, []
    for pause, wanted, waiting, urgent, late in steps:
        now += int(pause * SECOND)
        full, rented = bucket.rent(full, now, Ask(wanted, waiting, urgent=urgent))
        late_us = int(late * bucket.good_s * SECOND)  # used at any moment for which they are good
        calls += [now + int(rented.wait_s * SECOND) + late_us + 1] * rented.calls

    for at in sorted(calls):
        vendor.call(at)

    assert vendor.refused == 0


@given(rate=rates.filter(lambda rate: rate.per_s == 60))
def test_what_is_asked_for_without_pause_comes_to_nine_tenths_of_what_the_vendor_allows(rate):
    bucket, full, now, calls, end = Bucket.of(rate), 0, START, 0, START + 120 * SECOND
    while now < end:
        full, rented = bucket.rent(full, now, Ask(wanted=8, waiting=4))
        calls += rented.calls
        now += max(int(rented.wait_s * SECOND), 1)

    assert calls >= 0.9 * (rate.at_once + 120 * rate.calls / 60) - 2


def test_a_bucket_keeps_a_twentieth_back():
    full, rented = Bucket.of(Rate("GET /**", 600)).rent(0, START, Ask(wanted=600))

    assert rented.calls == 570
    assert full == START + 57 * SECOND


def test_a_bucket_of_single_calls_is_used_a_little_slower():
    bucket = Bucket.of(Rate("POST /orders", 30, burst=1))
    full, first = bucket.rent(0, START, Ask(wanted=5))

    _, second = bucket.rent(full, START, Ask(wanted=5))

    assert (first.calls, first.wait_s) == (1, 0.0)
    assert second.calls == 1
    assert second.wait_s == pytest.approx(2.1)


def test_what_is_not_urgent_leaves_a_reserve_to_what_is():
    bucket = Bucket.of(Rate("GET /**", 100))

    full, lazy = bucket.rent(0, START, Ask(wanted=100, urgent=False))
    _, none = bucket.rent(full, START, Ask(wanted=100, urgent=False))
    _, urgent = bucket.rent(full, START, Ask(wanted=100))

    assert lazy.calls == 72  # of 95, less a quarter
    assert none.wait_s > 0
    assert (urgent.calls, urgent.wait_s) == (23, 0.0)


def test_what_comes_back_unused_may_be_rented_again():
    bucket = Bucket.of(Rate("GET /**", 100))
    full, rented = bucket.rent(0, START, Ask(wanted=100))

    _, again = bucket.rent(full, START, Ask(wanted=100, returned=rented.calls))

    assert again.calls == rented.calls


def test_nothing_is_rented_long_ahead():
    bucket = Bucket.of(Rate("GET /lagtime", 20, per_s=3600))
    full, _ = bucket.rent(0, START, Ask(wanted=19))

    after, rented = bucket.rent(full, START, Ask(wanted=1))

    assert rented.calls == 0
    assert rented.wait_s == pytest.approx(177)
    assert after == full


@given(remaining=st.integers(0, 30), taken=st.integers(1, 19))
def test_no_more_is_rented_than_the_vendor_says_is_left(remaining, taken):
    bucket = Bucket.of(Rate("GET /**", 20))
    full, _ = bucket.rent(0, START, Ask(wanted=taken))

    _, rented = bucket.rent(full, START, Ask(wanted=20, told=Told(remaining, None, START)))

    there = min(remaining, 20 - taken) - 1  # one is kept back
    assert rented.calls == there if there > 0 else rented.wait_s > 0


def test_nothing_is_rented_before_the_time_that_the_vendor_names():
    bucket = Bucket.of(Rate("GET /**", 20))
    full = bucket.correct(0, START, Told(0, START + 90 * SECOND, START))

    _, early = bucket.rent(full, START + 80 * SECOND, Ask(wanted=1))
    _, due = bucket.rent(full, START + 90 * SECOND, Ask(wanted=5))

    assert (early.calls, early.wait_s) == (0, pytest.approx(7))
    assert (due.calls, due.wait_s) == (1, 0.0)


def test_a_clock_that_was_set_back_does_not_close_a_bucket_for_long():
    bucket = Bucket.of(Rate("GET /**", 20))
    full, _ = bucket.rent(0, START + 86_400 * SECOND, Ask(wanted=19))

    _, rented = bucket.rent(full, START, Ask(wanted=1))

    assert (rented.calls, rented.wait_s) == (1, 0.0)
