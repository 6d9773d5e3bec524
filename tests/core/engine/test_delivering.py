"""What becomes of a delivery, whatever the remote system does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from crossdock import CannotTell
from crossdock.errors import CredentialsError, NotYetError, TransientError
from crossdock.store.rows import State

pytestmark = pytest.mark.anyio

DEADLINE = datetime(2026, 11, 2, 13, tzinfo=UTC)


def thing(name="mug", size=1, **more):
    return {"name": name, "size": size, **more}


async def test_record_becomes_an_effect_a_link_and_a_settled_delivery(bench, world):
    await bench.run([thing()])

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]
    links = await bench.store.links(bench.connection.identity, bench.connection.identity, {"mug": ["mug"]})
    assert [(link.near.kind, link.near.id, link.far.id) for link in links["mug"]] == [("thing", "mug", "id-mug")]
    assert links["mug"][0].lines == {"1": "line-mug"}


async def test_effect_is_linked_to_what_else_its_receipt_concerns(bench, world, monkeypatch):
    receipt = bench.sink._receipt
    concerned = {"order": "PO-1", "thing": "mug"}  # the record itself is not linked twice
    monkeypatch.setattr(type(bench.sink), "_receipt", lambda self, found: replace(receipt(found), concerns=concerned))

    await bench.run([thing()])

    account = bench.connection.identity
    found = (await bench.store.links(account, account, {"an order": ["PO-1"]}))["an order"]
    assert [(link.near.kind, link.near.id, link.far.id) for link in found] == [("order", "PO-1", "id-mug")]
    assert found[0].lines == {"1": "line-mug"}
    assert len((await bench.store.links(account, account, {"all": ["mug", "PO-1"]}))["all"]) == 2


async def test_same_record_read_again_does_nothing(bench, world):
    await bench.run([thing()])
    await bench.run([thing()])

    assert world.made == {"mug": 1}
    assert len(await bench.store.deliveries()) == 1


async def test_revision_that_plans_the_same_is_already_in_effect(bench, world):
    await bench.run([thing()])
    await bench.run([thing(color="red")])

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None), ("skipped", "already_in_effect")]


async def test_revision_that_changes_what_was_created_is_held(bench, world):
    await bench.run([thing(size=1)])
    await bench.run([thing(size=2)])

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None), ("held", "changed_after_delivery")]


async def test_revision_that_goes_back_clears_the_hold_by_itself(bench):
    await bench.run([thing(size=1)])
    await bench.run([thing(size=2)])
    await bench.run([thing(size=1)])

    assert await bench.states() == [
        ("delivered", None),
        ("skipped", "superseded"),
        ("skipped", "already_in_effect"),
    ]


async def test_edited_mapping_disturbs_nothing_that_is_settled(bench, world):
    await bench.run([thing(size=1)])
    bench.mappers = [type(bench.mappers[0])(color="blue")]
    await bench.run([thing(size=1, color="red")])

    assert world.made == {"mug": 1}
    assert (await bench.states())[-1] == ("skipped", "already_in_effect")


async def test_renamed_pipeline_doubles_nothing(bench, world):
    await bench.run([thing()])
    await bench.run([thing()], pipeline="renamed")

    assert world.made == {"mug": 1}
    assert (await bench.states())[-1] == ("skipped", "already_in_effect")


@pytest.mark.parametrize(
    ("item", "state"),
    [
        (thing(size=0), ("skipped", "nothing_to_do")),
        (thing(size=-1), ("held", "negative")),
        (thing(broken=True), ("dead", "rejected")),
        (thing(size="wide"), ("dead", "malformed_record")),
        (thing(size=13), ("held", "plugin_fault")),
    ],
)
async def test_fault_of_one_record_leaves_the_others_flowing(item, state, bench, world):
    await bench.run([item, thing("good")])

    assert await bench.states(item["name"]) == [state]
    assert world.made == {"good": 1}


async def test_messages_never_quote_what_a_plugin_s_exception_says(bench):
    await bench.run([thing(size=13)])

    found = await bench.only()
    assert "Sample Buyer" not in (found.reason or "")
    assert "ZeroDivisionError" in found.reason


async def test_malformed_record_names_the_field_and_not_its_value(bench):
    await bench.run([thing(size="Sample Buyer")])

    found = await bench.only()
    assert "size" in found.reason
    assert "Sample Buyer" not in found.reason


async def test_record_of_two_effects_is_delivered_when_both_are_made(bench, world):
    await bench.run([thing(size=99)])

    assert world.made == {"mug": 1, "mug-b": 1}
    assert await bench.states() == [("delivered", None)]


async def test_throttled_write_is_repeated_after_the_wait_it_names(bench, world, clock):
    world.script = ["429"]
    begun = clock.now()

    await bench.run([thing()], wait_s=10)

    assert world.made == {"mug": 1}
    assert (clock.now() - begun).total_seconds() >= 3


async def test_throttled_write_waits_for_the_next_run_when_it_may_not_wait(bench, world):
    world.script = ["429"]

    await bench.run([thing()])

    assert await bench.states() == [("pending", "throttled")]
    assert not world.made


@pytest.mark.parametrize("how", ["lost_after", "500_after", "html"])
async def test_effect_whose_answer_is_lost_is_found_and_not_repeated(how, bench, world):
    world.script = [how]

    await bench.run([thing()])

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]


@pytest.mark.parametrize("how", ["lost_before", "503", "302"])
async def test_effect_that_did_not_happen_is_repeated_only_after_it_settled(how, bench, world, clock):
    world.script = [how]

    await bench.run([thing()])
    assert await bench.states() == [("attempted", "outcome_unknown")]
    clock.advance(4.9)
    await bench.run()
    assert len(world.writes) == 1
    await bench.run(wait_s=10)

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]


async def test_effect_that_happens_late_is_found_and_not_repeated(bench, world, clock):
    world.script = ["late"]

    await bench.run([thing()])
    clock.advance(3)
    world.appear(world.late.pop())
    clock.advance(3)
    await bench.run(wait_s=10)

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]


async def test_probe_that_finds_something_else_holds_the_unknown_outcome(bench, world):
    await bench.run()
    world.things["mug"] = {"name": "mug", "size": 7, "color": "red"}
    world.script = ["lost_before"]

    await bench.run([thing()])

    assert await bench.states() == [("held", "outcome_unknown")]


async def test_held_unknown_outcome_is_not_superseded_and_blocks_its_key(bench, world):
    await bench.run()
    world.things["mug"] = {"name": "mug", "size": 7, "color": "red"}
    world.script = ["lost_before"]
    await bench.run([thing()])

    await bench.run([thing(size=2)])

    assert await bench.states() == [("held", "outcome_unknown"), ("pending", None)]
    assert len(world.writes) == 1


async def test_lasting_cannot_tell_is_held_and_never_dead(bench, world, clock):
    await bench.run()
    world.script = ["lost_before"]
    world.read_status = 403

    await bench.run([thing()])
    clock.advance(400)
    await bench.run()

    assert await bench.states() == [("held", "outcome_unknown")]


async def test_sink_that_cannot_look_holds_what_is_unknown(make_bench, world, sinks):
    bench = await make_bench(sinks["blind"])
    world.script = ["lost_before"]

    await bench.run([thing()])

    assert await bench.states() == [("held", "outcome_unknown")]


async def test_refused_write_is_held_with_the_sink_s_own_code(bench, world):
    world.script = ["400"]

    await bench.run([thing()])

    found = await bench.only()
    assert (found.state, found.code, found.fix) == (State.HELD, "refused", "mend it")


async def test_held_delivery_is_planned_again_after_the_recheck_time(bench, world, clock):
    world.script = ["400"]
    await bench.run([thing()])

    await bench.run()
    assert len(world.writes) == 1
    clock.advance(301)
    await bench.run()

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]


async def test_rejected_write_is_dead_and_a_newer_revision_revives_the_key(bench, world):
    world.script = ["410"]
    await bench.run([thing()])
    assert await bench.states() == [("dead", "rejected")]

    await bench.run([thing(size=2)])

    assert await bench.states() == [("skipped", "superseded"), ("delivered", None)]


async def test_delivery_gives_up_after_its_attempts_and_says_what_to_type(make_bench, world):
    bench = await make_bench(attempts=3)
    world.script = ["429"] * 5

    await bench.run([thing()], wait_s=60)

    found = await bench.only()
    assert (found.state, found.code) == (State.DEAD, "gave_up")
    assert "3 attempts" in found.reason
    assert f"replay {found.id}" in found.fix
    assert len(world.writes) == 3


async def test_duplicate_that_is_the_same_is_adopted_by_following_it(bench, world):
    await bench.run()
    world.things["mug"] = {"name": "mug", "size": 1, "color": "red"}
    world.script = ["422"]

    await bench.run([thing()])

    assert await bench.states() == [("delivered", None)]
    assert not world.made


async def test_duplicate_that_differs_is_held(bench, world):
    await bench.run()
    world.things["mug"] = {"name": "mug", "size": 5, "color": "red"}
    world.script = ["422"]

    await bench.run([thing()])

    assert await bench.states() == [("held", "differs")]


async def test_looking_first_adopts_what_is_there_and_sends_nothing(make_bench, world):
    bench = await make_bench(sink_settings={"probe_first_": True})
    world.things["mug"] = {"name": "mug", "size": 1, "color": "red"}

    await bench.run([thing(), thing("cup")])

    assert world.made == {"cup": 1}
    assert await bench.states("mug") == [("delivered", "adopted")]
    assert len(world.writes) == 1


async def test_looking_first_holds_a_conflict(make_bench, world):
    bench = await make_bench(sink_settings={"probe_first_": True})
    world.things["mug"] = {"name": "mug", "size": 8, "color": "red"}

    await bench.run([thing()])

    assert await bench.states() == [("held", "conflict")]


async def test_first_read_is_a_backfill_and_looks_first_whatever_the_sink_says(bench, world):
    world.things["old"] = {"name": "old", "size": 1, "color": "red"}

    await bench.run([thing("old")])
    await bench.run([thing("new")])

    assert await bench.states("old") == [("delivered", "adopted")]
    assert world.made == {"new": 1}
    assert world.reads == 1


async def test_past_that_nobody_can_ever_look_for_is_held_until_a_person_lets_it_be_made(
    make_bench, sinks, world, clock
):
    bench = await make_bench(never_seen(sinks))

    await bench.run([thing("there"), thing("missing")])
    await bench.run([thing("new")])
    for _ in range(12):
        clock.advance(301)
        await bench.run()

    assert {*await bench.states()} == {("held", "backfill_unseen"), ("delivered", None)}
    assert world.made == {"new": 1}
    missing, there = await bench.only("missing"), await bench.only("there")
    await bench.store.replay([missing.id], reason="it is not there", actor="kim", at=clock.now())
    await bench.store.discard(there.id, reason="it is there", actor="kim", at=clock.now())
    await bench.deliver()
    assert await bench.states("missing") == [("delivered", None)]
    assert world.made == {"new": 1, "missing": 1}


def never_seen(sinks):
    class NeverSeen(sinks["create"]):
        async def probe(self, effect):
            return CannotTell("it bears no name of its own there", ever=True)

    return NeverSeen


async def test_effect_that_needs_a_person_is_held_and_resolves_by_itself(bench, world, clock):
    await bench.run([thing(color="grey")])
    assert await bench.states() == [("held", "grey")]

    world.things["mug"]["color"] = "red"
    clock.advance(301)
    await bench.run()

    assert await bench.states() == [("delivered", None)]
    assert world.made == {"mug": 1}
    assert "resolved" in (await bench.only()).reason


async def test_state_sink_sends_each_change_once_and_ends_on_the_newest(make_bench, world, sinks):
    bench = await make_bench(sinks["state"])
    for size in (1, 2, 1, 1):
        await bench.run([thing(size=size)])

    assert [(body["size"], body["before"]) for _, body in world.writes] == [(1, None), (2, "1/red"), (1, "2/red")]
    assert [state for state, _ in await bench.states()] == ["delivered"] * 3


async def test_source_that_fails_keeps_its_cursor_and_lets_the_stored_flow(bench, world):
    run = await bench.run([thing()], TransientError("the page was HTML"))

    assert run.failed
    assert world.made == {"mug": 1}
    assert await bench.store.cursor("things") is None
    (status,) = await bench.store.status(["things"])
    assert status.reason == "the page was HTML"


async def test_refused_credentials_pause_the_pipeline_and_nothing_is_lost(bench, world):
    run = await bench.run([thing()], CredentialsError("refused"))

    assert run.refused
    assert [state for state, _ in await bench.states()] in (["pending"], ["delivered"])


async def test_read_that_brings_nothing_says_why(bench):
    await bench.run([])

    (status,) = await bench.store.status(["things"])
    assert status.reason == "nothing new"


async def test_audit_of_a_delivery_is_whole_and_its_chain_holds(bench, world):
    world.script = ["429", "lost_after"]

    await bench.run([thing()], wait_s=30)

    found = await bench.only()
    story = await bench.store.delivery(found.id)
    kinds = [event.kind for event in story.audit]
    assert kinds.count("effect.attempted") == 1
    assert kinds[-2:] == ["effect.done", "delivery.delivered"]
    assert await bench.store.verify_audit() is None


async def test_cancelled_run_finishes_what_has_begun_to_be_sent(bench, world):
    world.gate = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, [thing()])
        while not world.writes:
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
        world.gate.set()

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]


async def test_attempts_count_what_was_tried(bench, world):
    world.script = ["429", "429"]

    await bench.run([thing()], wait_s=30)

    assert (await bench.only()).attempts == 3


async def test_waiting_delivery_has_its_deadline_and_is_held_when_it_is_overdue(make_bench, clock):
    bench = await make_bench()
    paint = type(bench.mappers[0])

    class Patient(paint):
        def map(self, document, context):
            raise NotYetError("not accepted yet", deadline=DEADLINE, alert_at=DEADLINE - timedelta(hours=1))

    bench.mappers = [Patient()]
    await bench.run([thing()])
    waiting = await bench.only()
    clock.advance(3 * 3600)
    await bench.run()
    overdue = await bench.only()

    assert (waiting.state, waiting.code, waiting.deadline) == (State.WAITING, "not_yet", DEADLINE)
    assert (overdue.state, overdue.code, overdue.deadline) == (State.HELD, "overdue", DEADLINE)
    assert "2026-11-02 13:00 UTC" in overdue.reason


async def test_mended_definition_plans_what_is_held_again_at_once(make_bench, world):
    bench = await make_bench(fingerprint="one")
    world.script = ["400"]
    await bench.run([thing()])
    await bench.run()
    assert len(world.writes) == 1

    bench.options["fingerprint"] = "two"
    await bench.run()

    assert await bench.states() == [("delivered", None)]
