"""Deliveries that are taken up again, or closed, by a person."""

from __future__ import annotations

import pytest

from crossdock.contract.values import Record
from crossdock.errors import StoreError
from crossdock.store.rows import COMPARE, Change, DeliveryUpdate, Intake, Selection, State

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

    await store.replay([delivery_id], reason="the account was opened", actor="tester", at=clock.now())

    (ready,) = await store.ready("orders", "route", now=clock.now(), limit=5)
    story = await store.delivery(delivery_id)
    assert (ready.id, ready.state, ready.attempts) == (delivery_id, State.PENDING, 0)
    assert [(event.kind, event.actor, event.detail["reason"]) for event in story.audit][-1] == (
        "delivery.replayed",
        "tester",
        "the account was opened",
    )


@pytest.mark.parametrize("state", [State.PENDING, State.ATTEMPTED, State.WAITING])
async def test_replay_refuses_what_is_worked_on_anyway(state, store, clock):
    delivery_id = await stage(store, clock)
    await settle(store, clock, delivery_id, state)

    with pytest.raises(StoreError, match=f"is {state}: it is worked on anyway"):
        await store.replay([delivery_id], reason="why not", actor="tester", at=clock.now())


@pytest.mark.parametrize("state", [State.DELIVERED, State.SKIPPED])
async def test_replay_of_what_was_settled_keeps_that_it_is_to_be_compared_with_what_was_sent(state, store, clock):
    delivery_id = await stage(store, clock)
    await settle(store, clock, delivery_id, state)

    await store.replay([delivery_id], reason="a warehouse moved", actor="tester", at=clock.now())

    decided = await store.decision(delivery_id)
    assert (decided.choice, decided.actor, decided.reason) == (COMPARE, "tester", "a warehouse moved")
    assert [one.id for one in await store.ready("orders", "route", now=clock.now(), limit=5)] == [delivery_id]


async def test_replay_of_several_is_all_or_none(store, clock):
    one = await stage(store, clock)
    await settle(store, clock, one, State.DEAD)
    await store.stage(Intake("orders", "account", "order", False, ["route"], [Record("B", {})], clock.now()))

    with pytest.raises(StoreError, match="is pending"):
        await store.replay([one, one + 1], reason="both", actor="tester", at=clock.now())

    assert [(row.id, row.state) for row in await store.deliveries()] == [(2, State.PENDING), (1, State.DEAD)]
    assert (await store.delivery(one)).audit == []


async def test_what_can_be_taken_up_again_is_the_newest_and_not_discarded(store, clock):
    old = await stage(store, clock)
    await settle(store, clock, old, State.HELD, code="outcome_unknown")
    new = await stage(store, clock, value=2)
    await settle(store, clock, new, State.DEAD)

    found = await store.deliveries(Selection(states=[State.HELD, State.DEAD], newest=True))
    await store.discard(new, reason="by hand", actor="tester", at=clock.now())

    assert [one.id for one in found] == [new]
    assert await store.deliveries(Selection(newest=True)) == []


async def test_selection_bounds_codes_routes_and_time(store, clock):
    first = await stage(store, clock)
    await settle(store, clock, first, State.DEAD, code="gave_up")
    at = clock.now()
    clock.advance(60)

    async def found(**wanted):
        return [one.id for one in await store.deliveries(Selection(**wanted))]

    assert await found(codes=["gave_up"], routes=["route"], since=at, until=clock.now()) == [first]
    assert await found(codes=["refused"]) == await found(routes=["other"]) == []
    assert await found(until=at) == await found(since=clock.now()) == []


async def test_route_is_filled_with_the_newest_revision_of_each_record_it_lacks(store, clock):
    await stage(store, clock)
    await stage(store, clock, value=2)
    await store.stage(Intake("orders", "account", "order", False, ["route", "new"], [Record("B", {})], clock.now()))
    at = clock.now()

    missing = await store.missing("orders", "new", Selection())
    filled = await store.fill("orders", "new", missing, reason="a ledger was added", actor="tester", at=at)

    (ready,) = [one for one in await store.ready("orders", "new", now=at, limit=5) if one.key == "A"]
    assert filled == 1
    assert (ready.key, ready.revision, ready.backfill) == ("A", 2, True)
    assert await store.missing("orders", "new", Selection()) == []
    assert await store.fill("orders", "new", missing, reason="again", actor="tester", at=at) == 0
    assert await store.verify_audit() is None


async def test_records_that_a_route_lacks_are_bounded_by_key_and_time_of_reading(store, clock):
    await stage(store, clock)
    at = clock.now()
    clock.advance(60)

    assert len(await store.missing("orders", "new", Selection(key="A", since=at, until=clock.now()))) == 1
    assert await store.missing("orders", "new", Selection(key="B")) == []
    assert await store.missing("orders", "new", Selection(since=clock.now())) == []
    assert await store.missing("orders", "new", Selection(until=at)) == []


async def test_replay_refuses_a_delivery_whose_record_has_a_newer_revision(store, clock):
    old = await stage(store, clock)
    await settle(store, clock, old, State.HELD, code="outcome_unknown")
    await stage(store, clock, value=2)

    with pytest.raises(StoreError, match="a newer one of A"):
        await store.replay([old], reason="again", actor="tester", at=clock.now())


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
