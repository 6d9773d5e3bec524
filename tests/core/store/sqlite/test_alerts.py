"""What was told is told once, by whichever process came first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crossdock.store.rows import AlertRow

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


def issue(name="delivery:1", mark="held", scope="orders"):
    return AlertRow(name, scope, mark, {"kind": "delivery", "key": "A"})


async def claim(store, clock, *issues, scopes=("orders",)):
    taken = await store.claim_alerts(scopes, issues, repeat=DAY, at=clock.now())
    return [one.issue for one in taken.new], [one.issue for one in taken.over]


async def test_alert_is_taken_once_and_again_where_it_got_worse_or_repeat_passed(store, clock):
    assert await claim(store, clock, issue()) == (["delivery:1"], [])
    assert await claim(store, clock, issue()) == ([], [])
    assert await claim(store, clock, issue(mark="dead")) == (["delivery:1"], [])
    clock.advance(86_400)
    assert await claim(store, clock, issue(mark="dead")) == (["delivery:1"], [])


async def test_alert_is_over_only_where_it_was_looked_at_and_once(store, clock):
    await claim(store, clock, issue())

    assert await claim(store, clock, scopes=["other"]) == ([], [])
    assert await claim(store, clock) == ([], ["delivery:1"])
    assert await claim(store, clock) == ([], [])


async def test_alert_that_could_not_be_told_is_taken_again(store, clock):
    await claim(store, clock, issue())
    taken = await store.claim_alerts(["orders"], [issue("delivery:2")], repeat=DAY, at=clock.now())

    await store.give_back_alerts(taken)

    assert await claim(store, clock, issue("delivery:2")) == (["delivery:2"], ["delivery:1"])
