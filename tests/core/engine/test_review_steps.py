"""Effects of several steps: what was answered is never sent again, whatever becomes of the others."""

from __future__ import annotations

import anyio
import pytest

from crossdock import Absent, Answers, Done, Effect, HoldError, Receipt, RejectedError, TransientError, jsonio

pytestmark = pytest.mark.anyio


def thing(name="mug", size=1, **more):
    return {"name": name, "size": size, **more}


def wrote(world):
    return [f"{method} {body['name']}" for method, body in world.writes]


@pytest.fixture
def labelled(sinks):
    """First the thing, then its label: two writes."""

    class LabelledSink(sinks["create"]):
        name = "labelled"

        def plan(self, thing, known):
            body = {"name": thing.name, "size": thing.size, "color": thing.color}
            label = {**body, "name": f"{thing.name}-label"}
            steps = [self.http.build("POST", "/things", json=one) for one in (body, label)]
            return Effect(key=thing.name, steps=steps, memo=body)

        def follow(self, effect, answers):
            return None

        def receipt(self, effect, answers):
            if answers.last.status_code == 400:
                raise HoldError("refused", "the shelf refuses it", fix="mend it")
            if answers.last.status_code == 410:
                raise RejectedError("never")
            return self._receipt(jsonio.loads(answers[0].content))

        async def probe(self, effect):
            answer = await self.http.get(f"/things/{effect.key}-label")
            return Absent() if answer.status_code == 404 else Done(Receipt("thing", f"id-{effect.key}"))

    return LabelledSink


@pytest.fixture
def verified(sinks):
    """A write, then a read that verifies it."""

    class VerifiedSink(sinks["create"]):
        name = "verified"

        def follow(self, effect, answers):
            return self.http.build("GET", f"/things/{effect.key}") if len(answers) == 1 else None

        def receipt(self, effect, answers):
            return self._receipt(jsonio.loads(answers.last.content))

    return VerifiedSink


@pytest.fixture
def careful(sinks):
    """A read, and a write only where it found nothing."""

    class CarefulSink(sinks["create"]):
        name = "careful"

        def plan(self, thing, known):
            body = {"name": thing.name, "size": thing.size, "color": thing.color}
            return Effect(key=thing.name, steps=[self.http.build("GET", f"/things/{thing.name}")], memo=body)

        def follow(self, effect, answers):
            if len(answers) == 1 and answers.last.status_code == 404:
                return self.http.build("POST", "/things", json=effect.memo)
            return None

        def receipt(self, effect, answers):
            return self._receipt(jsonio.loads(answers.last.content))

    return CarefulSink


@pytest.fixture
def overriding(sinks):
    """Refused as a duplicate, it overwrites."""

    class OverridingSink(sinks["create"]):
        name = "overriding"

        def follow(self, effect, answers):
            if len(answers) == 1 and answers.last.status_code == 409:
                return self.http.build("PUT", f"/things/{effect.key}", json=effect.memo)
            return None

        def receipt(self, effect, answers):
            return self._receipt(jsonio.loads(answers.last.content))

    return OverridingSink


async def test_step_that_was_answered_is_not_sent_again_when_the_next_is_throttled(make_bench, world, labelled):
    bench = await make_bench(labelled)
    world.script = ["ok", "429", "429"]

    await bench.run([thing()], wait_s=30)

    assert world.made == {"mug": 1, "mug-label": 1}
    assert wrote(world) == ["POST mug", "POST mug-label", "POST mug-label", "POST mug-label"]
    assert await bench.states() == [("delivered", None)]


async def test_step_that_was_answered_is_not_sent_again_when_the_next_is_lost(make_bench, world, labelled):
    bench = await make_bench(labelled)
    world.script = ["ok", "lost_before"]

    await bench.run([thing()], wait_s=30)

    assert world.made == {"mug": 1, "mug-label": 1}
    assert await bench.states() == [("delivered", None)]


async def test_half_made_effect_that_cannot_go_on_is_held_and_never_made_again(make_bench, world, labelled):
    bench = await make_bench(labelled, attempts=2)
    world.script = ["ok", "429", "429"]

    await bench.run([thing()], wait_s=30)
    assert await bench.states() == [("held", "outcome_unknown")]
    await bench.run([thing(size=2)], wait_s=30)

    assert world.made["mug"] == 1


async def test_step_that_is_refused_keeps_the_next_from_being_sent(make_bench, world, labelled):
    bench = await make_bench(labelled)
    world.script = ["400"]

    await bench.run([thing()])

    assert wrote(world) == ["POST mug"]
    assert await bench.states() == [("held", "refused")]


async def test_write_is_not_repeated_when_the_read_that_follows_it_fails(make_bench, world, verified, clock):
    bench = await make_bench(verified)
    await bench.run()
    world.read_status = 503

    await bench.run([thing()], wait_s=30)
    assert world.made == {"mug": 1}
    world.read_status = 200
    clock.advance(3600)
    await bench.run(wait_s=30)

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]


async def test_write_is_not_repeated_when_the_read_that_follows_it_cannot_be_understood(
    make_bench, world, verified, clock
):
    bench = await make_bench(verified)
    await bench.run()
    world.read_body = b"<html>"

    await bench.run([thing()], wait_s=30)
    world.read_body = None
    clock.advance(3600)
    await bench.run(wait_s=30)

    assert world.made == {"mug": 1}
    assert await bench.states() == [("delivered", None)]


async def test_effect_whose_verification_keeps_failing_is_held_and_never_dead(make_bench, world, verified, clock):
    bench = await make_bench(verified, attempts=2)
    await bench.run()
    world.read_status = 503

    await bench.run([thing()], wait_s=3600)
    await bench.run([thing(size=3)], wait_s=3600)

    assert world.made == {"mug": 1}
    assert (await bench.states())[0] == ("held", "outcome_unknown")


async def test_effect_that_only_reads_is_stored_and_settled(make_bench, world, careful):
    bench = await make_bench(careful)
    await bench.run()
    world.things["mug"] = {"name": "mug", "size": 1, "color": "red"}

    await bench.run([thing()])

    assert not world.writes
    assert await bench.states() == [("delivered", None)]


async def test_write_after_a_read_is_journalled_before_it_leaves(make_bench, world, careful):
    bench = await make_bench(careful)
    await bench.run()
    world.script = ["lost_after"]

    await bench.run([thing()], wait_s=30)

    assert world.made == {"mug": 1}
    story = await bench.store.delivery((await bench.only()).id)
    read, write = story.effects[0].steps
    assert (read.method, read.attempted_at) == ("GET", None)
    assert (write.method, write.lost) == ("POST", True)
    assert await bench.states() == [("delivered", None)]


async def test_request_that_followed_an_earlier_answer_does_not_outlive_it(make_bench, world, overriding, clock):
    bench = await make_bench(overriding)
    await bench.run()
    world.script = ["409", "lost_before"]

    await bench.run([thing()], wait_s=60)

    assert wrote(world) == ["POST mug", "PUT mug", "POST mug"]
    assert world.made == {"mug": 1}


async def test_transient_fault_that_a_receipt_names_starts_the_effect_again(make_bench, world, sinks):
    class ShySink(sinks["create"]):
        name = "shy"

        def receipt(self, effect, answers: Answers):
            if answers.last.status_code == 409:
                raise TransientError("busy")
            return super().receipt(effect, answers)

    bench = await make_bench(ShySink)
    world.script = ["409", "409"]

    await bench.run([thing()], wait_s=30)

    assert len(world.writes) == 3
    assert world.made == {"mug": 1}


async def test_sink_that_never_stops_following_is_stopped(make_bench, world, sinks):
    class EndlessSink(sinks["create"]):
        name = "endless"

        def follow(self, effect, answers):
            return self.http.build("GET", f"/things/{effect.key}")

    bench = await make_bench(EndlessSink)

    with anyio.fail_after(20):
        await bench.run([thing()])

    assert world.made == {"mug": 1}
    assert world.reads < 1000
