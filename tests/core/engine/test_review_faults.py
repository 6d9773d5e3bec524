"""Whatever a plugin, an account or the disk does concerns one delivery, and no effect is lost or doubled by it."""

from __future__ import annotations

from datetime import datetime, timedelta

import anyio
import pytest

from crossdock import Batch, Done, Effect, HoldError, Receipt, Record
from crossdock.engine.probing import Open, Prober, ProvenAbsent
from crossdock.engine.verdict import leaf
from crossdock.errors import AnswerLostError, CredentialsError, StoreError, TransientError
from crossdock.store.rows import Change, DeliveryUpdate, State

pytestmark = pytest.mark.anyio


def thing(name="mug", size=1, **more):
    return {"name": name, "size": size, **more}


@pytest.fixture
def sink_with(sinks):
    """A sink with one method replaced."""

    def make(kind="create", **methods):
        return type("OddSink", (sinks[kind],), {"name": "odd", "__module__": __name__, **methods})

    return make


# ------------------------------------------------------------ plugins that do what they should not


async def test_account_that_may_only_be_read_holds_and_goes_on_when_it_may_be_written(make_bench, world, clock):
    bench = await make_bench(account={"read_only": True})

    await bench.run([thing(), thing("cup")])

    assert not world.writes
    assert await bench.states() == [("held", "read_only"), ("held", "read_only")]


async def test_signature_that_fails_holds_the_delivery_and_stops_no_run(make_bench, world):
    class Clumsy:
        account = "x"

        def sign(self, request, token, now):
            raise ValueError("no")

        def refused(self, response):
            return False

    bench = await make_bench(account={"auth": Clumsy(), "needs_token": False})
    await bench.run()

    await bench.stage(thing())
    await bench.deliver()

    assert await bench.states() == [("held", "plugin_fault")]


@pytest.mark.parametrize("answer", [None, "yes", Done(None)])
async def test_probe_that_answers_nonsense_cannot_tell(answer, make_bench, world, sink_with, clock):
    async def probe(self, effect):
        return answer

    bench = await make_bench(sink_with(probe=probe))
    await bench.run()
    world.script = ["lost_after"]

    await bench.run([thing(), thing("cup")])
    assert (await bench.states("mug"))[0] in [("attempted", "outcome_unknown"), ("delivered", None)]
    clock.advance(400)
    await bench.run()

    assert ("held", "outcome_unknown") in await bench.states()
    assert world.made == {"mug": 1, "cup": 1}


@pytest.mark.parametrize("nonsense", [None, {"id": "1"}])
async def test_receipt_that_is_none_is_looked_for(nonsense, make_bench, world, sink_with):
    bench = await make_bench(sink_with(receipt=lambda self, effect, answers: nonsense))

    await bench.run([thing(), thing("cup")])

    assert world.made == {"mug": 1, "cup": 1}
    assert await bench.states() == [("delivered", None)] * 2


async def test_receipt_that_cannot_be_stored_is_held_as_unknown(make_bench, world, sink_with):
    def _receipt(self, found):
        return Receipt("thing", "1", lines={"1": object()})

    bench = await make_bench(sink_with(_receipt=_receipt))

    await bench.run([thing(), thing("cup")])

    assert world.made == {"mug": 1, "cup": 1}
    assert await bench.states() == [("held", "outcome_unknown")] * 2


async def test_receipt_that_says_the_answer_is_lost_is_looked_for(make_bench, world, sink_with):
    def receipt(self, effect, answers):
        raise AnswerLostError("a page instead of an answer")

    bench = await make_bench(sink_with(receipt=receipt))

    await bench.run([thing()])

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]


async def test_receipt_that_says_we_are_refused_pauses_and_goes_on_later(make_bench, world, sinks):
    class Refusing(sinks["create"]):
        name = "refusing"

        def receipt(self, effect, answers):
            if answers.last.status_code == 403:
                raise CredentialsError("no permission")
            return super().receipt(effect, answers)

    bench = await make_bench(Refusing)
    world.script = ["403"]

    run = await bench.run([thing()])
    assert run.refused
    assert await bench.states() == [("pending", "credentials_refused")]
    await bench.run()

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]


@pytest.mark.parametrize("error", [AnswerLostError("lost"), ExceptionGroup("g", [TransientError("busy")])])
async def test_mapper_that_fails_for_a_while_stops_no_run(error, make_bench, world, sink_with):
    def plan(self, document, known):
        raise error

    bench = await make_bench(sink_with(plan=plan))

    await bench.run([thing()])

    assert (await bench.only()).state is State.PENDING


async def test_plugin_that_wants_to_end_the_program_is_held(make_bench, world, sink_with):
    def plan(self, document, known):
        raise SystemExit(3)

    bench = await make_bench(sink_with(plan=plan))

    await bench.run([thing()])

    assert await bench.states() == [("held", "plugin_fault")]


async def test_effect_key_that_is_no_text_is_refused(make_bench, world, sink_with):
    def plan(self, document, known):
        return Effect(key=7, steps=[self.http.build("POST", "/things", json={"name": "7", "size": 1, "color": "x"})])

    bench = await make_bench(sink_with(plan=plan))

    await bench.run([thing()])

    assert not world.writes
    assert await bench.states() == [("held", "plugin")]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (Record("big", {}, version=2**70), "beyond 64 bits"),
        (Record("naive", {}, version=datetime(2026, 11, 1)), "no time zone"),  # noqa: DTZ001
        (Record(None, {}), "key is no text"),
        (Record("x\ud800", {}), "key is no text"),
        (Record("x", {}, ordering_key=5), "ordering key is no text"),
        (Record("x", {}, identifiers={"a": 5}), "an identifier"),
        (Record("x", {"a": object()}), "failed"),
    ],
)
async def test_record_that_cannot_be_stored_fails_its_pipeline_only(record, reason, bench, monkeypatch):
    async def read(self, cursor):
        yield Batch([record])

    run = bench.pipeline_run()
    monkeypatch.setattr(type(run._origin.source), "read", read)

    await run.run(0)

    (status,) = await bench.store.status(["things"])
    assert run.failed
    assert reason in status.reason
    assert status.read == 0


async def test_source_that_is_refused_inside_a_group_pauses_its_connection(bench):
    run = await bench.run(ExceptionGroup("tasks", [ValueError("x"), CredentialsError("refused")]))

    assert run.refused
    assert not run.failed


async def test_record_fetched_by_its_key_and_known_already_says_so(bench, monkeypatch):
    await bench.run([thing()])

    async def fetch(self, key):
        return Record(key, thing()) if key == "mug" else None

    run = bench.pipeline_run()
    monkeypatch.setattr(type(run._origin.source), "fetch", fetch)
    await run.run(0, "mug")
    (status,) = await bench.store.status(["things"])
    assert "known already" in status.reason
    await run.run(0, "cup")
    (status,) = await bench.store.status(["things"])

    assert status.reason == "there is no thing cup"


# ------------------------------------------------------------ versions


async def test_state_that_was_refused_once_is_sent_again_under_a_fresh_version(make_bench, world, sinks, clock):
    bench = await make_bench(sinks["state"])
    await bench.run([thing(size=1)])
    world.script = ["400"]
    await bench.run([thing(size=2)])
    assert (await bench.states())[-1] == ("held", "refused")
    clock.advance(301)

    with anyio.fail_after(10):
        await bench.run()

    assert (await bench.states())[-1] == ("delivered", None)
    assert [body["size"] for _, body in world.writes] == [1, 2, 2]


async def test_old_record_that_todays_mapping_cannot_read_does_not_kill_the_new_one(make_bench, world):
    bench = await make_bench()
    await bench.run([thing(size=1)])
    raised = []

    class Stricter(type(bench.mappers[0])):
        def map(self, document, context):
            if document.size == 1:
                raised.append(document)
                raise ValueError("this mapping is younger than that record")
            return document

    bench.mappers = [Stricter()]
    await bench.run([thing(size=2)])

    assert raised
    assert (await bench.states())[-1] == ("held", "changed_after_delivery")


# ------------------------------------------------------------ supersession in mid-work


async def test_newer_revision_that_comes_during_a_retry_does_not_lose_the_answer(make_bench, world):
    bench = await make_bench()
    await bench.run()
    world.script = ["429"]
    await bench.run([thing()])

    async def arrive():
        await bench.stage(thing(size=2))

    world.on_write = arrive
    await bench.deliver(wait_s=10)

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None), ("held", "changed_after_delivery")]
    assert world.reads == 0


@pytest.mark.parametrize("status", ["400", "410", "429"])
async def test_newer_revision_that_comes_during_an_attempt_supersedes_what_failed(status, make_bench, world):
    bench = await make_bench()
    await bench.run()
    world.script = [status]

    async def arrive():
        await bench.stage(thing(size=2))

    world.on_write = arrive
    await bench.stage(thing(size=1))
    await bench.deliver()

    assert await bench.states() == [("skipped", "superseded"), ("delivered", None)]
    assert [body["size"] for _, body in world.writes] == [1, 2]
    assert await bench.store.verify_audit() is None


async def test_every_record_counts_where_the_source_says_so(make_bench, world, monkeypatch):
    bench = await make_bench()
    await bench.run()
    world.script = ["400"]

    async def arrive():
        await bench.stage(thing(size=2), every=True)

    world.on_write = arrive
    monkeypatch.setattr(type(bench.route().source), "every", True)
    await bench.stage(thing(size=1), every=True)
    await bench.deliver()

    assert (await bench.states())[0] == ("held", "refused")


async def test_outdated_revision_is_not_sent_again_once_it_is_shown_to_be_absent(bench, world, clock):
    await bench.run()
    world.script = ["lost_before"]
    await bench.run([thing(size=1)])
    await bench.run([thing(size=2)])
    clock.advance(60)

    await bench.run(wait_s=60)

    assert [body["size"] for _, body in world.writes] == [1, 2]
    assert await bench.states() == [("skipped", "superseded"), ("delivered", None)]


async def test_leftover_of_a_superseded_delivery_hides_nothing_from_the_next_plan(make_bench, world, sinks):
    bench = await make_bench(sinks["state"])
    await bench.run([thing(size=1)])
    world.script = ["429"]
    await bench.run([thing(size=2)])

    await bench.run([thing(size=3)])

    assert [(body["size"], body["before"]) for _, body in world.writes] == [(1, None), (2, "1/red"), (3, "1/red")]


# ------------------------------------------------------------ whose effect is it


@pytest.mark.parametrize("how", ["lost_after", "lost_before"])
async def test_renamed_pipeline_takes_over_what_the_old_one_left_unknown(how, make_bench, world, clock):
    bench = await make_bench(alive=lambda pipeline, route: pipeline == "renamed")
    await bench.run()
    await bench.run(pipeline="renamed")
    world.read_status = 503
    world.script = [how]
    await bench.run([thing()])
    assert await bench.states() == [("attempted", "outcome_unknown")]
    world.read_status = 200
    clock.advance(60)

    await bench.run([thing()], pipeline="renamed", wait_s=30)

    assert world.made == {"mug": 1}
    (old, new) = await bench.states()
    assert old == ("skipped", "taken_over")
    assert new in [("skipped", "already_in_effect"), ("delivered", None)]


async def test_pipeline_that_works_is_waited_for(make_bench, world, clock):
    bench = await make_bench()
    await bench.run()
    await bench.run(pipeline="other")
    world.script = ["lost_before"]
    await bench.run([thing()])

    await bench.run([thing()], pipeline="other")
    assert (await bench.states())[-1] == ("pending", "in_progress")
    clock.advance(400)
    await bench.run(wait_s=30)
    await bench.run(pipeline="other")

    assert world.made == {"mug": 1}


async def test_leftover_that_nobody_can_look_for_is_held_and_not_kept_quiet(make_bench, world, sinks, clock):
    bench = await make_bench(sinks["blind"], alive=lambda pipeline, route: pipeline == "renamed")
    await bench.run()
    await bench.run(pipeline="renamed")
    world.script = ["lost_before"]
    await bench.run([thing()])

    await bench.run([thing()], pipeline="renamed")

    assert (await bench.states())[-1] == ("held", "outcome_unknown")
    assert len(world.writes) == 1


async def test_attention_outlives_a_newer_revision_of_the_same_content(bench, world, clock):
    await bench.run([thing(color="grey")])
    assert await bench.states() == [("held", "grey")]

    await bench.stage({"color": "grey", **thing(), "version": 1})
    await bench.stage({**thing(color="grey", size=1.0)})
    await bench.deliver()
    assert (await bench.states())[-1] == ("held", "grey")
    world.things["mug"]["color"] = "red"
    clock.advance(301)
    await bench.run()

    assert (await bench.states())[-1][0] in ("skipped", "delivered")
    assert world.made == {"mug": 1}


async def test_unknown_outcome_that_is_found_after_all_is_delivered(bench, world, clock):
    await bench.run()
    world.script = ["lost_after"]
    world.read_status = 403
    await bench.run([thing()])
    clock.advance(400)
    await bench.run()
    assert await bench.states() == [("held", "outcome_unknown")]
    world.read_status = 200
    clock.advance(301)

    await bench.run()

    assert await bench.states() == [("delivered", None)]


async def test_effect_that_is_made_while_a_person_discards_its_delivery_is_kept(bench, world):
    await bench.run()

    async def discard():
        (one,) = await bench.store.deliveries()
        update = DeliveryUpdate(one.id, State.SKIPPED, bench.clock.now(), code="discarded")
        await bench.store.apply(Change(deliveries=(update,)))

    world.on_write = discard
    await bench.run([thing()])

    assert await bench.states() == [("skipped", "discarded")]
    effects = await bench.store.latest_effects(bench.connection.identity, "shelf.things", ["mug"])
    assert effects["mug"].state == "done"


# ------------------------------------------------------------ order, time, disk


async def test_held_delivery_that_is_due_again_is_not_sent_beside_a_younger_one_of_its_key(bench, world, clock):
    await bench.run()
    world.script = ["400"]
    await bench.stage({**thing("a"), "line": "one"})
    await bench.deliver()
    assert await bench.states("a") == [("held", "refused")]
    await bench.stage({**thing("b"), "line": "one"})
    dispatcher = bench.pipeline_run()._dispatcher(bench.route(), None)
    ((younger, _),) = await dispatcher._fetch()
    dispatcher._busy[younger.id] = younger.ordering_key
    clock.advance(400)

    assert younger.key == "b"
    assert await dispatcher._fetch() == ()


async def test_clock_that_was_ahead_keeps_nothing_unknown_for_ever(bench, world, clock):
    await bench.run()
    clock.advance(3650 * 86400)
    world.script = ["lost_before"]
    await bench.run([thing()])
    clock._now = clock._now.replace(year=2026)

    (one,) = await bench.store.deliveries()
    row = await bench.store.effects_of(one.id)
    found = await Prober(bench.route(), clock).resolve(row[0])

    assert isinstance(found, Open)
    assert [step.attempted_at for step in found.steps] == [clock.now()]


async def test_clock_that_is_set_ahead_lets_no_absence_count_too_early(bench, world, clock):
    world.script = ["lost_before"]
    await bench.run([thing()])
    (one,) = await bench.store.deliveries()
    (row,) = await bench.store.effects_of(one.id)
    prober = Prober(bench.route(), clock)

    first = await prober.resolve(row)
    clock.set_ahead(3600)
    early = await prober.resolve(row)
    clock.advance(60)
    settled = await prober.resolve(row)

    assert (type(first), type(early), type(settled)) == (Open, Open, ProvenAbsent)


async def test_full_disk_after_the_send_ends_the_run_and_doubles_nothing(bench, world, clock, monkeypatch):
    await bench.run()
    apply = bench.store.apply

    async def full(change):
        if world.writes:
            raise StoreError("there is no room left", code="store_full")
        await apply(change)

    monkeypatch.setattr(bench.store, "apply", full)
    with pytest.raises(BaseExceptionGroup) as caught:
        await bench.run([thing()])
    assert isinstance(leaf(caught.value), StoreError)
    monkeypatch.setattr(bench.store, "apply", apply)
    await bench.run(wait_s=60)

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]


async def test_sink_that_holds_after_a_lost_answer_was_found_absent_sends_nothing_twice(
    make_bench, world, sinks, clock
):
    class Holding(sinks["create"]):
        name = "holding"

        def receipt(self, effect, answers):
            if answers.last.status_code == 409:
                raise HoldError("exists", "it exists", fix="look")
            return super().receipt(effect, answers)

    bench = await make_bench(Holding)
    await bench.run()
    world.script = ["lost_before", "409", "ok"]

    await bench.run([thing()], wait_s=60)
    assert await bench.states() == [("held", "exists")]
    clock.advance(400)
    await bench.run()

    assert world.made == {"mug": 1}


async def test_sweep_counts_only_what_no_ordinary_read_found(bench, clock, monkeypatch):
    missed = []

    async def read(self, cursor):
        yield Batch([Record(name, thing(name)) for name in (["new"] if not cursor.sweep else ["new", *missed])])
        yield Batch.end(cursor.now.isoformat())

    run = bench.pipeline_run()
    monkeypatch.setattr(type(run._origin.source), "read", read)
    await run._reader.read()
    clock.advance(timedelta(days=1).total_seconds())
    missed.append("missed")

    tally = await bench.pipeline_run()._reader.read()

    assert tally.found_by_sweep == 1
    assert (await bench.pipeline_run()._reader.read()).found_by_sweep == 0


async def test_run_that_is_cancelled_while_it_looks_for_work_ends_quietly(bench, world, monkeypatch):
    await bench.run()
    await bench.stage(thing())
    ready = bench.store.ready

    async with anyio.create_task_group() as tasks:

        async def cancelled(*args, **kwargs):
            found = await ready(*args, **kwargs)
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):  # as the thread that reads is waited for
                await anyio.sleep(0.05)
            return found

        monkeypatch.setattr(bench.store, "ready", cancelled)
        tasks.start_soon(bench.deliver)

    assert not world.writes
    assert await bench.states() == [("pending", None)]


async def test_delivery_that_was_held_for_long_does_not_die_of_one_throttled_answer(make_bench, world, clock):
    bench = await make_bench(attempts=3)
    world.script = ["400", "400", "400", "400", "429"]
    await bench.run([thing()])
    for _ in range(4):
        clock.advance(301)
        await bench.run()

    assert await bench.states() == [("pending", "throttled")]
    clock.advance(60)
    await bench.run()

    assert await bench.states() == [("delivered", None)]
