from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crossdock.simulator import Limit, VirtualClock
from crossdock.simulator.quotas import Buckets


def test_too_many_calls_are_refused_and_a_token_comes_back_evenly(client):
    codes = [client.get("/jars/count").status_code for _ in range(4)]

    client.post("/_sim/clock", json={"advance_s": 20})

    assert codes == [200, 200, 200, 429]
    assert [client.get("/jars/count").status_code for _ in range(2)] == [200, 429]


def test_the_vendor_puts_what_is_left_on_each_answer(client):
    assert [client.get("/jars/count").headers["x-left"] for _ in range(4)] == ["2", "1", "0", "0"]


def test_accounts_do_not_share_a_bucket(client):
    for _ in range(3):
        client.get("/jars/count", headers={"x-account": "one"})

    assert client.get("/jars/count", headers={"x-account": "two"}).status_code == 200


def test_quotas_may_be_scaled_or_switched_off(client):
    client.post("/_sim/settings", json={"quotas": 2})
    doubled = [client.get("/jars/count").status_code for _ in range(7)]
    client.post("/_sim/settings", json={"quotas": "off"})

    assert doubled == [200] * 6 + [429]
    assert {client.get("/jars/count").status_code for _ in range(20)} == {200}


@given(waits=st.lists(st.floats(0, 5), min_size=1, max_size=60), calls=st.integers(1, 9))
def test_no_window_ever_grants_more_than_its_capacity_and_refill(waits, calls):
    clock = VirtualClock()
    buckets = Buckets(clock)
    granted = []
    with clock.at(clock.now()):
        start = clock.now()
        for wait in waits:
            clock._pinned = clock.ago(-wait)
            if buckets.take("list", "me", Limit(calls, 10), 1.0).allowed:
                granted.append((clock.now() - start).total_seconds())

    for first in range(len(granted)):
        for last in range(first, len(granted)):
            assert last - first + 1 <= calls + (granted[last] - granted[first]) * calls / 10 + 1e-6


def test_the_next_token_is_there_at_the_moment_that_was_said():
    clock = VirtualClock()
    buckets = Buckets(clock)
    with clock.at(clock.now()):
        buckets.take("list", "me", Limit(1, 60), 1.0)
        refused = buckets.take("list", "me", Limit(1, 60), 1.0)

    with clock.at(refused.next_at):
        assert buckets.take("list", "me", Limit(1, 60), 1.0).allowed
    assert not refused.allowed
