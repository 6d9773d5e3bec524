"""Deliveries that are taken up again, or closed, by a person."""

from __future__ import annotations

import pytest

from crossdock.contract.values import Record
from crossdock.errors import StoreError
from crossdock.store.rows import Change, DeliveryUpdate, Intake, State

pytestmark = pytest.mark.anyio


async def stage(store, clock, value=1):
    intake = Intake("orders", "account", "order", False, ["route"], [Record("A", {"value": value})], clock.now())
    await store.stage(intake)
    return (await store.deliveries())[0].id


async def settle(store, clock, delivery_id, state, **more):
    await store.apply(Change(deliveries=[DeliveryUpdate(delivery_id, state, clock.now(), **more)]))


@pytest.mark.parametrize("state", [State.DEAD, State.HELD])
async def test_replay_makes_a_delivery_due_again_and_says_who_and_why(state, store, clock):
    delivery_id = await stage(store, clock)
    await settle(store, clock, delivery_id, state, code="refused", attempts=3)

    await store.replay(delivery_id, reason="the account was opened", actor="tester", at=clock.now())

    (ready,) = await store.ready("orders", "route", now=clock.now(), limit=5)
    story = await store.delivery(delivery_id)
    assert (ready.id, ready.state, ready.attempts) == (delivery_id, State.PENDING, 0)
    assert [(event.kind, event.actor, event.detail["reason"]) for event in story.audit][-1] == (
        "delivery.replayed",
        "tester",
        "the account was opened",
    )


@pytest.mark.parametrize("state", [State.DELIVERED, State.SKIPPED, State.PENDING])
async def test_replay_refuses_what_is_neither_held_nor_dead(state, store, clock):
    delivery_id = await stage(store, clock)
    await settle(store, clock, delivery_id, state)

    with pytest.raises(StoreError, match="only held and dead"):
        await store.replay(delivery_id, reason="why not", actor="tester", at=clock.now())


async def test_replay_refuses_a_delivery_whose_record_has_a_newer_revision(store, clock):
    old = await stage(store, clock)
    await settle(store, clock, old, State.HELD, code="outcome_unknown")
    await stage(store, clock, value=2)

    with pytest.raises(StoreError, match="a newer one of A"):
        await store.replay(old, reason="again", actor="tester", at=clock.now())


async def test_discard_closes_for_good_and_lets_the_next_of_its_key_go_on(store, clock):
    delivery_id = await stage(store, clock)
    await settle(store, clock, delivery_id, State.HELD, code="conflict")

    await store.discard(delivery_id, reason="typed in by hand", actor="tester", at=clock.now())

    (closed,) = await store.deliveries()
    assert (closed.state, closed.code) == (State.SKIPPED, "discarded")
    assert await store.verify_audit() is None


async def test_changed_definition_makes_what_is_held_due_at_once_and_only_once(store, clock):
    delivery_id = await stage(store, clock)
    assert await store.note_definition("orders", "route", "one", clock.now()) == 0
    later = clock.now().replace(year=2027)
    await settle(store, clock, delivery_id, State.HELD, code="unmapped_node", due_at=later)

    same = await store.note_definition("orders", "route", "one", clock.now())
    changed = await store.note_definition("orders", "route", "two", clock.now())
    again = await store.note_definition("orders", "route", "two", clock.now())

    assert (same, changed, again) == (0, 1, 0)
    assert [one.id for one in await store.ready("orders", "route", now=clock.now(), limit=5)] == [delivery_id]
