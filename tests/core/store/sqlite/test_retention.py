"""Retention takes what was read, sent and answered, and leaves what it was called and what came of it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from crossdock.errors import StoreError
from crossdock.store.rows import Change, EffectState, Erased, LinkEdit, State, StepUpdate
from crossdock.store.sqlite import retention

pytestmark = pytest.mark.anyio

BUYER, STREET = b"Quentin Zzyzx", b"12 Zzyzx Road"
PADDING = b" " * 900  # an answer of common size that is not packed, so that its bytes can be searched for


@pytest.fixture
def ordered(store, make, staged, clock):
    """Stage orders of a buyer and deliver them: what is sent and answered names her, too."""

    async def order(*keys, settle=True, **more):
        begun = []
        for one in await staged(*(make.record(key, BUYER.decode()) for key in keys), **more):
            effect_id, at = f"{one.id:032x}", clock.now()
            url = "https://house.example.test/orders?name=" + BUYER.decode()
            step = make.step(url=url, body=b'{"street":"' + STREET + b'"}', attempted_at=at)
            attempted = make.effect(one, effect_id, step, memo={"lines": 2})
            await store.apply(Change(deliveries=[make.update(one.id, State.ATTEMPTED, due_at=at)], effects=[attempted]))
            begun.append(
                (
                    one,
                    effect_id,
                    replace(step, answered_at=at, status=201, answer=b'{"to":"' + STREET + b'"}' + PADDING),
                )
            )
        random.Random(1).shuffle(begun)  # answers come as they like: pages are filled, and split, in their middle
        for one, effect_id, answered in begun if settle else ():
            change = make.settle(one, effect_id)
            await store.apply(replace(change, steps=[StepUpdate(effect_id, answered)]))

    return order


async def erase(store, clock, **more):
    return await store.erase(before=clock.now() - timedelta(days=90), at=clock.now(), **more)


async def content_of(store, key):
    (summary,) = await store.deliveries(key=key)
    (row,) = await store.delivery_rows([summary.id])
    effects = await store.effects_of(summary.id)
    return row.raw, [(step.url, step.body, step.answer) for effect in effects for step in effect.steps]


async def test_erase_takes_content_that_is_settled_for_long_enough_and_nothing_else(store, ordered, clock, make):
    await ordered("old")
    clock.advance(86400 * 91)
    await ordered("young")

    assert await erase(store, clock) == Erased(1, None)

    assert await content_of(store, "old") == (None, [("https://house.example.test/orders", b"", None)])
    raw, [(url, body, answer)] = await content_of(store, "young")
    assert BUYER in raw
    assert all(STREET in one for one in (body, answer))
    assert BUYER.decode() in url


async def test_erase_leaves_effects_links_and_the_log(store, ordered, clock, make):
    await ordered("PO1")
    clock.advance(86400 * 91)
    before = await store.latest_effects(make.sink, "sale_orders", ["PO1"])
    await erase(store, clock)

    after = await store.latest_effects(make.sink, "sale_orders", ["PO1"])
    left = replace(after["PO1"], erased=False, steps=())
    assert left == replace(before["PO1"], steps=())
    assert (after["PO1"].state, after["PO1"].memo, after["PO1"].erased) == (EffectState.DONE, {"lines": 2}, True)
    assert len((await store.links(make.source, make.sink, {"PO1": ["PO1"]}))["PO1"]) == 1
    assert await store.verify_audit() is None
    assert (await store.audit_page(0, 99, 99))[-1].kind == "payloads.erased"
    assert (await store.trace("PO1")).key == "PO1"


@pytest.mark.parametrize("state", [State.PENDING, State.ATTEMPTED, State.WAITING, State.HELD, State.DEAD])
async def test_erase_keeps_what_is_open_and_says_so_until_it_is_settled(store, staged, make, clock, state):
    (one,) = await staged(make.record("PO1"))
    await store.apply(make.move(one.id, state, code="why"))
    clock.advance(86400 * 91)
    before, at = clock.now() - timedelta(days=90), clock.now()

    assert await store.erase(before=before, at=at) == Erased(0, None)
    assert await store.announce_open(before=before, at=at, retained=timedelta(days=90)) == 1
    (row,) = await store.notices()
    assert (row.pipeline, row.notice.code) == ("orders", "payload_due")
    assert "1 delivery is open since 2026-11-02" in row.notice.message
    assert "(90d)" in row.notice.message

    if state is State.DEAD:
        await store.discard(one.id, reason="done by hand", actor="kim", at=at)
    else:
        await store.apply(make.move(one.id, State.DELIVERED))
    assert await store.announce_open(before=before, at=at, retained=timedelta(days=90)) == 0
    assert await store.notices() == []


async def test_erase_keeps_what_may_have_happened_though_a_person_closed_it(store, ordered, make, clock):
    await ordered("PO1", settle=False)
    (one,) = await store.deliveries()
    await store.apply(make.move(one.id, State.HELD, code="outcome_unknown"))
    await store.discard(one.id, reason="gone", actor="kim", at=clock.now())
    clock.advance(86400 * 91)

    assert (await erase(store, clock)).records == 0


async def test_erase_goes_on_where_it_stopped_and_past_what_is_open(store, ordered, staged, make, clock):
    await staged(make.record("open"))
    await store.apply(make.move(1, State.DEAD))
    await ordered(*(f"PO{number}" for number in range(9)))
    clock.advance(86400 * 91)

    first = await erase(store, clock, limit=4)
    second = await erase(store, clock, limit=4, after=first.last)
    third = await erase(store, clock, limit=4, after=second.last)

    assert [one.records for one in (first, second, third)] == [3, 4, 2]
    assert third.last is None
    assert (await erase(store, clock)).records == 0


async def test_newer_revision_that_is_open_keeps_only_its_own_content(store, ordered, staged, make, clock):
    await ordered("PO1")
    clock.advance(86400 * 91)
    await staged(make.record("PO1", "changed"))

    assert (await erase(store, clock)).records == 1
    newer, older = await store.delivery_rows([one.id for one in await store.deliveries(key="PO1")])
    assert older.raw is None
    assert b"changed" in newer.raw


@pytest.mark.sqlite
async def test_nothing_of_what_was_erased_is_left_in_the_files(store, ordered, clock, path):
    await ordered(*(f"PO{number}" for number in range(300)))
    clock.advance(86400 * 91)
    await ordered("young")
    assert sum(count_in(path).values()) > 900
    await store.tidy()
    size = path.stat().st_size

    while (await erase(store, clock)).last is not None:
        pass
    await store.tidy()

    assert count_in(path) == {"crossdock.db": 4}  # those of the young one
    assert path.stat().st_size < size * 0.7


def count_in(path):
    files = {file.name: file.read_bytes() for file in path.parent.iterdir() if file.name.startswith(path.name)}
    found = {name: body.count(BUYER) + body.count(STREET) for name, body in files.items()}
    return {name: count for name, count in found.items() if count}


async def test_erase_key_takes_content_and_reasons_at_once_and_the_log_still_holds(store, ordered, staged, make, clock):
    await ordered("PO1", "PO2")
    (held,) = await staged(make.record("PO1", "again"))
    await store.apply(make.move(held.id, State.HELD, code="why"))
    await store.discard(held.id, reason="Quentin Zzyzx called", actor="kim", at=clock.now())

    found = await store.erase_key(["PO1"], reason="she asked for it", actor="robin", at=clock.now())
    await store.tidy()

    assert (found.records, found.texts) == (2, 1)
    story = await store.delivery(held.id)
    assert story.summary.reason is None
    discarded = next(event for event in story.audit if event.kind == "delivery.discarded")
    assert (discarded.actor, discarded.detail["reason"]) == ("kim", "[erased]")
    assert next(one for one in story.audit if one.kind == "key.erased").detail["reason"] == "she asked for it"
    assert await store.verify_audit() is None
    assert (await content_of(store, "PO2"))[0] is not None


async def test_erase_key_takes_why_persons_changed_links_and_leaves_what_they_changed(
    store, ordered, make, clock, monkeypatch
):
    monkeypatch.setattr(retention, "_CHANGES", 2)  # they are read in several pages
    await ordered("PO1", "PO2")
    one, two, far = make.link("PO1", "SO1"), make.link("PO2", "SO2"), make.link("PO3", "PO1")
    who = {"reason": "Quentin Zzyzx called", "actor": "kim", "at": clock.now()}
    for edits in ([(None, one), (None, two)], [(None, far)], [(one, None)], [(two, None)]):
        await store.edit_links([LinkEdit(*edit) for edit in edits], what="changed", **who)

    await store.erase_key(["PO1"], reason="she asked for it", actor="robin", at=clock.now())

    changes = await store.link_changes()
    assert [change.reason for change in changes] == ["Quentin Zzyzx called", "[erased]", "[erased]", "[erased]"]
    assert {change.actor for change in changes} == {"kim"}
    assert changes[-1].edits == [LinkEdit(None, one), LinkEdit(None, two)]
    assert await store.verify_audit() is None


async def test_erase_key_refuses_while_something_is_open(store, ordered, staged, make, clock):
    await ordered("PO1")
    await staged(make.record("PO1", "again"))

    with pytest.raises(StoreError, match="not everything is settled: delivery 2"):
        await store.erase_key(["PO1"], reason="asked", actor="robin", at=clock.now())

    assert all(one.raw for one in await store.delivery_rows([one.id for one in await store.deliveries()]))
