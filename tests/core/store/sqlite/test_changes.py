from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import anyio
import pytest

from crossdock.contract.values import Attention, Notice, Receipt
from crossdock.errors import StoreError
from crossdock.store.rows import Change, EffectState, EffectUpdate, State, StepUpdate

pytestmark = pytest.mark.anyio


async def test_effect_comes_back_as_it_was_stored(store, make, staged, clock):
    (due,) = await staged(make.record("1"))
    step = make.step(attempted_at=clock.now(), body=b"x" * 5000)
    content, memo = {"total": Decimal("10.10")}, {"lines": [1]}
    effect = make.effect(due, "e1", step, make.step(1), content=content, memo=memo, facts=("f1", "f2"))

    await store.apply(Change(effects=[effect]))

    (back,) = await store.effects_of(due.id)
    assert back.steps == (step, make.step(1))
    assert (back.content, back.memo, back.facts) == (content, memo, ("f1", "f2"))
    assert (back.id, back.key, back.version, back.state) == ("e1", "1", 1, EffectState.ATTEMPTED)
    assert (back.planned_at, back.settled_at, back.receipt) == (clock.now(), None, None)


async def test_effect_that_was_adopted_is_settled_from_the_start(store, make, staged, clock):
    (due,) = await staged(make.record("1"))
    receipt = Receipt("sale_order", "so", {"ref": "1"}, {"1": "a"}, "note", Attention("a", "b", "c"))

    await store.apply(Change(effects=[make.effect(due, "e1", state=EffectState.ADOPTED, receipt=receipt)]))

    (back,) = await store.effects_of(due.id)
    assert (back.receipt, back.settled_at, back.steps) == (receipt, clock.now(), ())


async def test_second_effect_for_the_same_version_of_a_fact_is_refused_whole(store, make, staged):
    one, other = await staged(make.record("1"), make.record("2"))
    await store.apply(make.attempt(one, "e1"))

    with pytest.raises(StoreError, match="effect 1 of sale_orders at house:acme exists already in version 1") as caught:
        await store.apply(make.attempt(other, "e2", key="1"))

    assert caught.value.code == "effect_exists"
    assert (await store.delivery(other.id)).summary.state is State.PENDING
    assert await store.effects_of(other.id) == []
    assert await store.effect_count(make.pipeline) == 1


async def test_effect_exists_even_after_it_was_void(store, make, staged, clock):
    (due,) = await staged(make.record("1"))
    await store.apply(make.attempt(due, "e1"))
    await store.apply(Change(settled=[EffectUpdate("e1", EffectState.VOID, clock.now())]))

    with pytest.raises(StoreError, match="exists already"):
        await store.apply(make.attempt(due, "e2"))

    await store.apply(make.attempt(due, "e3", version=2))
    assert await store.newest_version(make.sink, "sale_orders", "1") == 2


async def test_latest_effect_is_the_newest_that_is_not_void(store, make, staged, clock):
    (due,) = await staged(make.record("1"))
    for number, state in enumerate((EffectState.DONE, EffectState.ATTEMPTED, EffectState.VOID), start=1):
        await store.apply(Change(effects=[make.effect(due, f"e{number}", make.step(), version=number, state=state)]))

    found = await store.latest_effects(make.sink, "sale_orders", ["1", "2", "1"])

    assert {key: (row.id, len(row.steps)) for key, row in found.items()} == {"1": ("e2", 1)}
    assert await store.latest_effects(make.sink, "other", ["1"]) == {}
    assert await store.latest_effects(make.sink, "sale_orders", []) == {}


async def test_latest_effects_finds_many_keys_and_crosses_pipelines(store, make, staged, clock):
    due = await staged(*(make.record(str(n)) for n in range(300)))
    await store.apply(Change(effects=[make.effect(one, f"e{one.key}", make.step()) for one in due]))

    found = await store.latest_effects(make.sink, "sale_orders", [str(n) for n in range(400)])

    assert {key: row.id for key, row in found.items()} == {str(n): f"e{n}" for n in range(300)}


async def test_step_is_answered_without_its_request_being_written_again(store, make, staged, clock):
    (due,) = await staged(make.record("1"))
    await store.apply(make.attempt(due, "e1"))
    attempted = clock.now()
    clock.advance(1)
    answered = make.step(
        attempted_at=attempted, answered_at=clock.now(), status=201, answer=b"y" * 2000, answer_headers=(("A", "b"),)
    )

    await store.apply(Change(steps=[StepUpdate("e1", answered)]))

    assert (await store.effects_of(due.id))[0].steps == (answered,)


async def test_step_that_is_not_stored_yet_is_added(store, make, staged, clock):
    (due,) = await staged(make.record("1"))
    await store.apply(make.attempt(due, "e1"))

    await store.apply(Change(steps=[StepUpdate("e1", make.step(1, attempted_at=clock.now(), url="https://x.test/2"))]))

    assert [step.url for step in (await store.effects_of(due.id))[0].steps] == [make.step().url, "https://x.test/2"]


async def test_step_forgets_its_answer_when_it_is_attempted_again(store, make, staged, clock):
    (due,) = await staged(make.record("1"))
    await store.apply(make.attempt(due, "e1"))
    lost = make.step(attempted_at=clock.now(), answered_at=clock.now(), lost=True, status=503, answer=b"busy")
    await store.apply(Change(steps=[StepUpdate("e1", lost)]))
    clock.advance(5)

    again = make.step(attempted_at=clock.now())
    await store.apply(Change(steps=[StepUpdate("e1", again)]))

    assert (await store.effects_of(due.id))[0].steps == (again,)


async def test_step_counts_how_often_it_was_attempted(store, make, staged, clock, beside):
    (due,) = await staged(make.record("1"))
    await store.apply(make.attempt(due, "e1"))
    first = clock.now()
    await store.apply(Change(steps=[StepUpdate("e1", make.step(attempted_at=first, answered_at=first))]))
    await store.apply(Change(steps=[StepUpdate("e1", make.step())]))
    clock.advance(5)
    await store.apply(Change(steps=[StepUpdate("e1", make.step(attempted_at=clock.now()))]))

    assert beside.rows("SELECT attempts FROM steps") == [(2,)]


@pytest.mark.parametrize("what", ["steps", "settled", "deliveries"])
async def test_change_of_what_is_not_there_is_refused(store, make, clock, what):
    part = {
        "steps": StepUpdate("nowhere", make.step()),
        "settled": EffectUpdate("nowhere", EffectState.DONE, clock.now()),
        "deliveries": make.update(77, State.WAITING),
    }[what]

    with pytest.raises(StoreError, match="there is no"):
        await store.apply(replace(Change(), **{what: [part]}))


async def test_delivery_keeps_since_where_state_and_code_stay(store, make, staged, clock):
    (due,) = await staged(make.record("1"))
    await store.apply(make.move(due.id, State.WAITING, code="a", reason="first"))
    start = clock.now()
    clock.advance(60)
    await store.apply(make.move(due.id, State.WAITING, code="a", reason="second"))
    same = (await store.delivery(due.id)).summary
    await store.apply(make.move(due.id, State.WAITING, code="b"))
    other = (await store.delivery(due.id)).summary

    assert (same.since, same.reason) == (start, "second")
    assert other.since == clock.now()


async def test_delivery_keeps_its_attempts_unless_told(store, make, staged):
    (due,) = await staged(make.record("1"))
    await store.apply(make.move(due.id, State.PENDING, attempts=3))
    await store.apply(make.move(due.id, State.WAITING))
    waiting = (await store.delivery(due.id)).summary.attempts
    await store.apply(make.move(due.id, State.DELIVERED))

    assert (waiting, (await store.delivery(due.id)).summary.attempts) == (3, 3)


@pytest.mark.parametrize("state", [State.DELIVERED, State.SKIPPED, State.DEAD])
async def test_settled_delivery_is_left_alone_and_its_change_fails_whole(store, make, staged, clock, state):
    (due,) = await staged(make.record("1"))
    await store.apply(make.move(due.id, state, code="x", due_at=clock.now()))
    clock.advance(60)

    with pytest.raises(StoreError) as caught:
        await store.apply(make.attempt(due, "e1"))

    after = (await store.delivery(due.id)).summary
    assert caught.value.code == "delivery_settled"
    assert (after.state, after.code, after.due_at, after.since) == (
        state,
        "x",
        None,
        clock.now() - timedelta(minutes=1),
    )
    assert await store.effects_of(due.id) == []


async def test_superseded_delivery_cannot_be_attempted_any_more(store, make, staged):
    (old,) = await staged(make.record("1", "A"))
    await staged(make.record("1", "B"))

    with pytest.raises(StoreError) as caught:
        await store.apply(make.attempt(old, "e1"))

    assert caught.value.code == "delivery_settled"


async def test_notice_is_kept_once_and_counted(store, make, clock):
    first = clock.now()
    for words in ("old", "new"):
        await store.apply(Change(notices=[("orders", Notice("node", "N1", words, fix="map it"))]))
        clock.advance(60)
    await store.apply(Change(notices=[("other", Notice("node", "N1", "m", fix="f"))]))

    one, other = await store.notices()
    assert (one.pipeline, one.notice.message, one.first_at, one.count) == ("orders", "new", first, 2)
    assert [row.pipeline for row in await store.notices(["other"])] == ["other"]
    assert other.count == 1
    assert await store.notices([]) == []


async def test_whole_way_of_a_delivery_is_told_by_its_story(store, make, staged, clock):
    (due, _) = await staged(make.record("1"), make.record("2"))
    await store.apply(make.attempt(due, "e1"))
    await store.apply(make.settle(due, "e1"))
    await store.apply(Change(audit=[make.event("other", "2"), make.event("effect.seen", "e1")]))

    story = await store.delivery(due.id)

    assert story.summary.state is State.DELIVERED
    assert story.read_at == clock.now()
    assert [effect.receipt.id for effect in story.effects] == ["so-e1"]
    assert [event.kind for event in story.audit] == ["effect.attempted", "delivery.settled", "effect.seen"]
    assert story.audit[0] == make.event("effect.attempted", "1", effect="e1")
    assert await store.delivery(99) is None


async def test_one_bad_change_among_many_callers_fails_alone(store, make, staged):
    due = await staged(*(make.record(str(n)) for n in range(60)))
    await store.apply(make.attempt(due[0], "e0"))
    failed = []

    async def apply(number):
        try:
            await store.apply(
                make.attempt(due[number], f"e{number}", key=str(number // 2 * 2) if number == 31 else str(number))
            )
        except StoreError as error:
            failed.append((number, error.code))

    async with anyio.create_task_group() as tasks:
        for number in range(1, 60):
            tasks.start_soon(apply, number)

    states = {one.key: one.state for one in await store.deliveries()}
    assert failed in ([(31, "effect_exists")], [(30, "effect_exists")])
    assert sum(state is State.ATTEMPTED for state in states.values()) == 59
    assert await store.effect_count(make.pipeline) == 59
    assert await store.verify_audit() is None


async def test_an_error_that_is_no_store_error_reaches_its_caller_alone(store, make, staged, clock):
    due = await staged(make.record("1"), make.record("2"))
    naive = replace(make.update(due[0].id, State.WAITING), at=clock.now().replace(tzinfo=None))
    caught = []

    async def bad():
        try:
            await store.apply(Change(deliveries=[naive]))
        except TypeError as error:
            caught.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bad)
        tasks.start_soon(store.apply, make.move(due[1].id, State.WAITING))

    assert len(caught) == 1
    assert [one.state for one in await store.deliveries()] == [State.WAITING, State.PENDING]
