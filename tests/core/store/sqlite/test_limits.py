"""Buckets, outages, credentials and fields: what one process learns, the others know."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crossdock.http import Ask, Outage, Rate
from crossdock.store.rows import CredentialRow, Pause, Refusal, Seen

RATE = Rate("POST /things", 20)
ROW = CredentialRow("shop", "shop:1", "shop.example.test", "seller 7")
pytestmark = pytest.mark.anyio


async def test_two_processes_share_a_bucket(open_at, path, clock):
    now = clock.now()
    async with open_at(path) as one, open_at(path) as other:
        first = await one.rent("shop:1", RATE, Ask(12), now)
        second = await other.rent("shop:1", RATE, Ask(12), now)
        third = await one.rent("shop:1", RATE, Ask(12), now)

    assert (first.calls, second.calls) == (12, 7)  # one of twenty is kept back
    assert third.wait_s > 0


async def test_store_says_what_is_left(store, clock):
    await store.rent("shop:1", RATE, Ask(12), clock.now())
    await store.give_back("shop:1", RATE, 2, clock.now())

    (row,) = await store.quotas()

    assert (row.account, row.name, row.calls, row.per_s, row.burst, row.left) == ("shop:1", RATE.match, 20, 60, 20, 10)
    assert row.full_at == clock.now() + timedelta(seconds=30)


async def test_an_outage_outlives_the_process_that_found_it(open_at, path, clock):
    since = clock.now()
    async with open_at(path) as store:
        await store.lost(Outage("shop:1", "shop", since, since + timedelta(seconds=2), 0, "Connection refused"))
        await store.lost(Outage("shop:1", "shop", since, since + timedelta(seconds=6), 1, "not done within 30 s"))

    async with open_at(path) as store:
        kept = await store.outage("shop:1")
        await store.restored("shop:1")
        after = await store.outages()

    assert (kept.since, kept.trials, kept.reason) == (since, 1, "not done within 30 s")
    assert list(after) == []


async def test_credentials_are_known_by_a_digest_that_is_keyed(store, clock, beside):
    await store.vouch(ROW, b"client id and secret", clock.now())

    same = await store.credentials("shop", b"client id and secret")
    other = await store.credentials("shop", b"client id and another")

    assert (same.same, same.owner, same.worked_at) == (True, "seller 7", clock.now())
    assert (other.same, other.owner) == (False, "seller 7")
    ((kept,),) = beside.rows("SELECT fingerprint FROM credentials")
    assert b"secret" not in bytes(kept)


async def test_a_refusal_keeps_whose_the_credentials_were_until_a_person_resumes(store, clock):
    await store.vouch(ROW, b"old", clock.now())
    await store.refuse(ROW, b"new", Refusal(clock.now(), "credentials_refused", "no", "ask"))
    refused = await store.credentials("shop", b"new")

    ended = await store.resume([Pause("connection", "shop", clock.now(), "somebody", None)])

    assert (refused.same, refused.owner, refused.refusal.reason) == (True, "seller 7", "no")
    assert list(ended) == [True]
    assert await store.credentials("shop", b"new") is None
    assert await store.verify_audit() is None


async def test_new_fields_and_lost_ones_are_listed(store, clock):
    async def note(times, **fields):
        for _ in range(times):
            await store.note_fields(Seen("shop.things", 1, fields), clock.now())

    await note(12, id=(1, True), colour=(1, True))
    await note(49, id=(1, True))
    soon = list(await store.drift())
    await note(1, id=(1, True), hue=(1, False))

    assert soon == []
    assert {(one.path, one.gone, one.seen) for one in await store.drift()} == {("colour", True, 12), ("hue", False, 1)}
