"""Everything of a pipeline or an account, page by page."""

from __future__ import annotations

import pytest

from crossdock.contract.values import Receipt
from crossdock.store.rows import Change, EffectState, EffectUpdate, State

pytestmark = pytest.mark.anyio


async def pages(ask, last, limit=2):
    """All pages, one list."""
    found, after = [], {}
    while page := await ask(limit=limit, **after):
        found += page
        after = {"after": last(page[-1])}
    return found


async def test_records_gives_the_newest_revision_of_each_in_the_order_of_keys(store, make, staged):
    await staged(*(make.record(key) for key in ("B", "A", "C", "E", "D")))
    await staged(make.record("B", content="changed"))
    await store.stage(make.intake(make.record("Z"), pipeline="other"))

    found = await pages(lambda **more: store.records(make.pipeline, **more), lambda one: one.key)

    assert [(one.key, one.revision) for one in found] == [("A", 1), ("B", 2), ("C", 1), ("D", 1), ("E", 1)]
    assert b"changed" in found[1].raw
    assert {one.account for one in found} == {make.source}


async def test_records_tells_where_the_newest_stands_and_what_is_open_of_older_ones(store, make, staged):
    first, other = await staged(make.record("A"), make.record("B"))
    await store.apply(make.attempt(first, "e1"))  # its outcome is unknown: a newer revision does not supersede it
    await store.apply(make.attempt(other, "e2"))
    await store.apply(make.settle(other, "e2"))
    await staged(make.record("A", content="changed"), make.record("B", content="changed"))

    a, b = await store.records(make.pipeline)

    assert [(one.revision, one.state) for one in a.standing] == [(1, State.ATTEMPTED), (2, State.PENDING)]
    assert [(one.revision, one.state) for one in b.standing] == [(2, State.PENDING)]


async def test_made_gives_effects_of_one_account_with_content_receipt_and_record_but_void_ones(store, make, staged):
    due = {one.key: one for one in await staged(*(make.record(key) for key in "ABC"))}
    for version, key in enumerate("ABC", start=1):
        more = {"version": version, "key": "fact", "content": {"of": key}, "facts": (key,)}
        await store.apply(make.attempt(due[key], f"e-{key}", **more))
    await store.apply(Change(settled=[EffectUpdate("e-A", EffectState.VOID, make.clock.now())]))
    done = EffectUpdate("e-B", EffectState.DONE, make.clock.now(), Receipt("entry", "1", {"reference": "B"}))
    await store.apply(Change(settled=[done]))

    found = await pages(
        lambda **more: store.made(make.sink, **more),
        lambda one: (one.effect.sink, one.effect.key, one.effect.version),
        1,
    )

    assert [(one.record_key, one.effect.version, one.effect.state.value) for one in found] == [
        ("B", 2, "done"),
        ("C", 3, "attempted"),
    ]
    assert found[0].effect.content == {"of": "B"}
    assert found[0].effect.facts == ("B",)
    assert found[0].effect.receipt.identifiers == {"reference": "B"}
    assert not await store.made(make.source)
