"""What a person stopped for a while."""

from __future__ import annotations

import pytest

from crossdock.store.chain import to_event
from crossdock.store.pausing import paused
from crossdock.store.rows import Pause

pytestmark = pytest.mark.anyio


@pytest.fixture
def make_pause(clock):
    return lambda kind, name, reason="stock-take": Pause(kind, name, clock.now(), "tess", reason)


async def test_pauses_are_kept_until_they_are_resumed(store, make_pause):
    orders, gate = make_pause("pipeline", "orders"), make_pause("connection", "gate", None)
    await store.pause([orders, gate])

    kept = await store.pauses()
    ended = await store.resume([orders, make_pause("pipeline", "returns")])

    assert sorted(kept, key=lambda one: one.name) == [gate, orders]
    assert (ended, await store.pauses()) == ([True, False], [gate])


async def test_pause_of_what_is_paused_takes_the_newer_reason(store, make_pause, clock):
    await store.pause([make_pause("pipeline", "orders")])
    clock.advance(60)
    await store.pause([make_pause("pipeline", "orders", "the depot moves")])

    assert await store.pauses() == [make_pause("pipeline", "orders", "the depot moves")]


async def test_pause_and_resume_are_logged_with_who_and_why(store, make_pause):
    await store.pause([make_pause("pipeline", "orders"), make_pause("connection", "gate", None)])
    await store.resume([make_pause("pipeline", "orders", "done"), make_pause("pipeline", "other")])

    logged = [to_event(row) for row in await store.audit_page(0, 10, 10)]
    assert [(one.kind, one.ref, one.pipeline, one.actor, one.detail) for one in logged] == [
        ("pipeline.paused", "orders", "orders", "tess", {"reason": "stock-take"}),
        ("connection.paused", "gate", None, "tess", {}),
        ("pipeline.resumed", "orders", "orders", "tess", {"reason": "done"}),
    ]
    assert await store.verify_audit() is None


async def test_pipelines_of_a_paused_connection_are_paused_and_their_own_pause_is_told_first(make_pause):
    pauses = [make_pause("connection", "gate"), make_pause("pipeline", "orders", None)]
    uses = {"orders": {"gate"}, "returns": {"shop", "gate"}, "stock": {"shop"}, "gate": set()}

    told = paused(pauses, uses)

    assert list(told) == ["orders", "returns"]
    assert told["orders"].startswith("paused by tess on ")
    assert told["orders"].endswith(": no reason given")
    assert told["returns"].endswith(" through connection gate: stock-take")
