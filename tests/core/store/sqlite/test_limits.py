"""Buckets and outages in the file: what one process learns, the others know."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crossdock.http import Ask, Outage, Rate
from crossdock.store.open import open_store

RATE = Rate("POST /things", 20)
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_two_stores_on_one_file_share_a_bucket(tmp_path, clock):
    now = clock.now()
    async with _open(tmp_path, clock) as one, _open(tmp_path, clock) as other:
        first = await one.rent("shop:1", RATE, Ask(12), now)
        second = await other.rent("shop:1", RATE, Ask(12), now)
        third = await one.rent("shop:1", RATE, Ask(12), now)

    assert (first.calls, second.calls) == (12, 7)  # one of twenty is kept back
    assert third.wait_s > 0


async def test_store_says_what_is_left(tmp_path, clock):
    async with _open(tmp_path, clock) as store:
        await store.rent("shop:1", RATE, Ask(12), clock.now())
        await store.give_back("shop:1", RATE, 2, clock.now())

        (row,) = await store.quotas()

    assert (row.account, row.name, row.calls, row.per_s, row.burst, row.left) == ("shop:1", RATE.match, 20, 60, 20, 10)
    assert row.full_at == clock.now() + timedelta(seconds=30)


async def test_an_outage_outlives_the_process_that_found_it(tmp_path, clock):
    since = clock.now()
    outage = Outage("shop:1", "shop", since, since + timedelta(seconds=2), 0, "Connection refused")
    async with _open(tmp_path, clock) as store:
        await store.lost(outage)
        await store.lost(Outage("shop:1", "shop", since, since + timedelta(seconds=6), 1, "not done within 30 s"))

    async with _open(tmp_path, clock) as store:
        kept = await store.outage("shop:1")
        await store.restored("shop:1")
        after = await store.outages()

    assert (kept.since, kept.trials, kept.reason) == (since, 1, "not done within 30 s")
    assert list(after) == []


def _open(folder, clock):
    return open_store("sqlite:store.db", clock=clock, folder=folder)
