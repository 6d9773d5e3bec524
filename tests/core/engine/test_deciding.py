"""What a person decides of held and dead deliveries: a look that finds something counts more than any word."""

from __future__ import annotations

import pytest

from crossdock import HoldError
from crossdock.contract.values import Ref
from crossdock.store.rows import Decision

pytestmark = pytest.mark.anyio

THING = {"name": "A", "size": 1}


async def resolve(bench, choice, *, ref=None, insist=False, key=None):
    last = (await bench.store.deliveries(key=key))[0]
    at = bench.clock.now()
    return await bench.store.resolve(last.id, Decision(choice, "tester", "I looked", at, ref, insist))


async def linked(bench):
    account = bench.connection.identity
    found = await bench.store.links(account, account, {"A": ["A"]})
    return [link.far for link in found.get("A", ())]


async def recheck(bench, wait_s=0.0):
    bench.clock.advance(301)
    await bench.deliver(wait_s=wait_s)


@pytest.fixture
def lost(bench):
    """One delivery whose outcome is unknown, and of which looking cannot tell."""

    async def lose(how="lost_after", bench=bench):
        await bench.run()  # the first read is a back-fill, and would look before
        bench.world.script, bench.world.read_status = [how], 400
        await bench.run([dict(THING)], wait_s=900)
        assert await bench.states() == [("held", "outcome_unknown")]

    return lose


# ---------------------------------------------------------------- an unknown outcome


async def test_done_with_an_id_writes_receipt_and_link_as_the_persons_word(bench, lost):
    await lost()

    await resolve(bench, "done", ref="id-typed-in")
    await bench.deliver()

    (effect,) = await bench.store.effects_of(1)
    assert await bench.states() == [("delivered", None)]
    assert (effect.receipt.id, effect.receipt.note) == ("id-typed-in", "tester says so: I looked")
    assert await linked(bench) == [Ref(bench.connection.identity, "things", "id-typed-in")]
    assert len(bench.world.writes) == 1


async def test_done_without_an_id_is_not_believed_where_looking_cannot_tell(bench, lost):
    await lost()

    await resolve(bench, "done")
    await bench.deliver()

    assert await bench.states() == [("held", "outcome_unknown")]
    assert "done --id" in (await bench.only()).fix


async def test_done_without_an_id_is_not_believed_where_a_look_finds_nothing(bench, lost):
    await lost("lost_before")
    bench.world.read_status = 200

    await resolve(bench, "done")
    await bench.deliver()

    assert await bench.states() == [("held", "outcome_unknown")]
    assert "a look finds nothing" in (await bench.only()).reason
    assert len(bench.world.writes) == 1


async def test_done_is_what_a_look_finds_where_it_finds_something(bench, lost):
    await lost()
    bench.world.read_status = 200

    await resolve(bench, "done", ref="mistyped")
    await bench.deliver()

    assert await linked(bench) == [Ref(bench.connection.identity, "thing", "id-A")]


async def test_not_done_is_sent_again_once_a_look_shows_it(bench, lost):
    await lost("lost_before")
    bench.world.read_status = 200

    await resolve(bench, "not-done")
    await bench.deliver(wait_s=60)

    assert await bench.states() == [("delivered", None)]
    assert bench.world.made == {"A": 1}


async def test_not_done_is_never_sent_where_a_look_finds_it_whatever_a_person_insists(bench, lost):
    await lost()
    bench.world.read_status = 200

    await resolve(bench, "not-done", insist=True)
    await bench.deliver(wait_s=60)

    assert await bench.states() == [("delivered", None)]
    assert bench.world.made == {"A": 1}


async def test_not_done_stays_held_where_looking_cannot_tell_and_names_how_to_insist(bench, lost):
    await lost("lost_before")

    await resolve(bench, "not-done")
    await bench.deliver(wait_s=900)

    assert await bench.states() == [("held", "outcome_unknown")]
    assert "not-done --insist" in (await bench.only()).fix
    assert len(bench.world.writes) == 1


async def test_not_done_is_sent_again_on_a_persons_word_where_looking_cannot_tell(bench, lost):
    await lost("lost_before")

    await resolve(bench, "not-done", insist=True)
    await bench.deliver(wait_s=60)

    assert await bench.states() == [("delivered", None)]
    assert bench.world.made == {"A": 1}


async def test_insisting_counts_once_what_is_lost_afterwards_is_unknown_again(bench, lost):
    await lost("lost_before")
    bench.world.script = ["lost_before"]

    await resolve(bench, "not-done", insist=True)
    await bench.deliver(wait_s=900)
    await recheck(bench, wait_s=900)

    assert await bench.states() == [("held", "outcome_unknown")]
    assert len(bench.world.writes) == 2  # the word was for the first


async def test_blind_sink_is_told_by_a_person(make_bench, sinks):
    bench = await make_bench(sinks["blind"])
    bench.world.script = ["lost_before"]
    await bench.run([dict(THING)])
    assert await bench.states() == [("held", "outcome_unknown")]

    await resolve(bench, "not-done", insist=True)
    await bench.deliver(wait_s=60)

    assert bench.world.made == {"A": 1}


# ---------------------------------------------------------------- a change after the delivery


async def test_keep_leaves_what_is_in_effect_and_takes_the_changed_record_for_agreed(bench):
    await bench.run([{**THING, "version": 1}])
    await bench.run([{**THING, "size": 2, "version": 2}])
    assert (await bench.states())[-1] == ("held", "changed_after_delivery")

    await resolve(bench, "keep")
    await bench.deliver()
    kept = (await bench.states())[-1]
    await bench.run([{**THING, "size": 2, "version": 9}])
    same = (await bench.states())[-1]
    await bench.run([{**THING, "size": 3, "version": 10}])

    assert kept == ("skipped", "kept")
    assert same == ("skipped", "already_in_effect")
    assert (await bench.states())[-1] == ("held", "changed_after_delivery")
    assert len(bench.world.writes) == 1


async def test_done_of_a_change_says_that_it_was_changed_there_by_hand(bench):
    await bench.run([dict(THING)])
    await bench.run([{**THING, "size": 2}])

    await resolve(bench, "done")
    await bench.deliver()
    await bench.run([{**THING, "size": 1}])

    assert (await bench.states())[-1] == ("skipped", "already_in_effect")
    assert len(bench.world.writes) == 1


# ---------------------------------------------------------------- what was never made, or needs a person there


async def test_done_by_hand_closes_what_cannot_be_planned_and_links_what_exists_there(bench):
    await bench.run([{**THING, "size": -1}])

    await resolve(bench, "done", ref="id-by-hand")
    await bench.deliver()

    assert await bench.states() == [("skipped", "done_by_hand")]
    assert await linked(bench) == [Ref(bench.connection.identity, "things", "id-by-hand")]
    assert bench.world.writes == []


async def test_done_by_hand_keeps_the_fact_where_it_can_be_planned_so_that_it_is_never_made(bench):
    bench.world.script = ["410"]
    await bench.run([{**THING, "version": 1}])
    assert await bench.states() == [("dead", "rejected")]

    await resolve(bench, "done", ref="id-by-hand")
    await bench.deliver()
    await bench.run([{**THING, "version": 9}])

    assert await bench.states() == [("delivered", "done_by_hand"), ("skipped", "already_in_effect")]
    assert len(bench.world.writes) == 1  # the one that was rejected


async def test_done_takes_what_needs_a_person_there_as_it_is(bench):
    await bench.run([{**THING, "color": "grey", "version": 1}])
    assert await bench.states() == [("held", "grey")]

    await resolve(bench, "done")
    await bench.deliver()
    await bench.run([{**THING, "color": "grey", "version": 9}])

    assert await bench.states() == [("delivered", "done_by_hand"), ("skipped", "already_in_effect")]


async def test_word_that_a_component_declares_is_handed_to_it_for_this_delivery_alone(make_bench, sinks):
    class Asking(sinks["create"]):
        name = "asking"

        def plan(self, thing, known):
            if thing.size > 5 and known.choice != "heavy":
                raise HoldError("too_heavy", f"{thing.name} is heavy", fix="choose heavy")
            return super().plan(thing, known)

    bench = await make_bench(Asking)
    await bench.run([{**THING, "size": 6}, {"name": "B", "size": 7}])

    await resolve(bench, "heavy", key="A")
    await bench.deliver()
    await recheck(bench)

    assert await bench.states(key="A") == [("delivered", None)]
    assert await bench.states(key="B") == [("held", "too_heavy")]


async def test_what_is_decided_stands_in_the_log_with_who_and_why(bench, lost):
    await lost()

    await resolve(bench, "done", ref="X-1")

    event = (await bench.store.delivery(1)).audit[-1]
    assert (event.kind, event.actor) == ("delivery.resolved", "tester")
    assert event.detail == {
        "delivery": 1, "from": "held", "code": "outcome_unknown", "reason": "I looked", "choice": "done", "ref": "X-1",
    }  # fmt: skip


async def test_hold_that_resolves_by_itself_says_what_no_longer_holds(bench):
    bench.world.script = ["400"]
    await bench.run([dict(THING)])

    await recheck(bench)

    assert (await bench.only()).reason == "resolved: refused no longer holds"
