"""The story of one business key: which names lead to it, what is told, and what the search costs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crossdock.contract.values import Link, Receipt, Record, Ref
from crossdock.errors import StoreError
from crossdock.store.rows import AuditEvent, Change, EffectState, EffectUpdate, State, StepUpdate
from crossdock.store.sqlite import queries
from crossdock.store.sqlite.connections import open_reader, open_writer
from crossdock.store.sqlite.migrate import migrate
from crossdock.store.sqlite.trace import find

pytestmark = pytest.mark.anyio

BACK = "dispatches"
TABLES = ("records", "identifiers", "links", "effects", "deliveries", "steps", "audit")


@pytest.fixture
def deliver(store, make, staged, clock):
    """Carry one order to the warehouse, a second at each step."""

    async def carry(key, **more):
        (due,) = [one for one in await staged(make.record(key, **more)) if one.key == key]
        clock.advance(1)
        await store.apply(make.attempt(due, f"e-{key}"))
        clock.advance(1)
        await store.apply(make.settle(due, f"e-{key}"))
        clock.advance(1)
        return due

    return carry


async def come_back(store, make, key, **identifiers):
    """The warehouse's own record of it, read by another pipeline."""
    record = Record(key, {"id": key}, identifiers=identifiers)
    await store.stage(make.intake(record, pipeline=BACK, account=make.sink, entity="dispatch"))


@pytest.mark.parametrize("name", ["PO1", "so-e-PO1", "CO-9", "REF-7", "TRACK-1"])
async def test_trace_finds_the_story_by_any_of_its_names(store, make, deliver, name):
    await deliver("PO1", identifiers={"customer_order": "CO-9"})
    await come_back(store, make, "so-e-PO1", reference="REF-7", tracking_number="TRACK-1")
    await deliver("PO2")

    trace = await store.trace(name)

    assert trace.key == "PO1"
    assert {event.pipeline for event in trace.events if event.pipeline} == {make.pipeline, BACK}
    assert not any("PO2" in str(event) for event in trace.events)


async def test_trace_finds_what_an_effect_key_names(store, make, staged):
    (due,) = await staged(make.record("PO1"))
    await store.apply(make.attempt(due, "e1", key="fact-of-PO1"))

    trace = await store.trace("fact-of-PO1")

    assert trace.key == "PO1"
    assert "fact-of-PO1" in {one.value for one in trace.identifiers}


@pytest.mark.parametrize("state", [EffectState.DONE, EffectState.ADOPTED])
async def test_trace_finds_the_story_by_what_a_receipt_names_beside_the_id(store, make, staged, clock, state):
    (due,) = await staged(make.record("PO1"))
    receipt = Receipt("shipment", "PO1", {"tracking_number": "TRACK-1", "order": "PO1"})
    if state is EffectState.ADOPTED:
        await store.apply(Change(effects=[make.effect(due, "e1", state=state, receipt=receipt)]))
    else:
        await store.apply(make.attempt(due, "e1"))
        await store.apply(Change(settled=[EffectUpdate("e1", state, clock.now(), receipt)]))

    trace = await store.trace("TRACK-1")

    assert trace.key == "PO1"
    assert ("tracking_number", "TRACK-1", make.sink) in {
        (one.name, one.value, one.connection) for one in trace.identifiers
    }


async def test_trace_tells_everything_in_order_of_time(store, make, deliver):
    due = await deliver("PO1", identifiers={"customer_order": "CO-9"})

    trace = await store.trace("PO1")

    assert [event.kind for event in trace.events] == [
        "record.read",
        "effect.planned",
        "effect.attempted",
        "effect.answered",
        "effect.done",
        "link.made",
        "delivery.delivered",
    ]
    assert [event.at for event in trace.events] == sorted(event.at for event in trace.events)
    read, planned, sent, answered, done, link, _ = trace.events
    assert (read.connection, read.ref, read.detail["revision"]) == (make.source, "PO1", 1)
    assert (planned.connection, planned.detail["delivery"]) == (make.sink, due.id)
    assert (sent.detail["method"], answered.detail["status"]) == ("POST", 201)
    assert (done.detail["made"], done.detail["id"]) == ("sale_order", "so-e-PO1")
    assert (link.pipeline, link.ref) == (make.pipeline, "so-e-PO1")
    assert [(one.state, one.key) for one in trace.standing] == [(State.DELIVERED, "PO1")]
    assert {(one.name, one.value) for one in trace.identifiers} >= {
        ("orders", "PO1"),
        ("customer_order", "CO-9"),
        ("sale_order", "so-e-PO1"),
    }


async def test_trace_holds_no_payload_and_no_body(store, make, staged):
    (due,) = await staged(make.record("PO1", content="Quentin Zzyzx"))
    body = b'{"name":"Quentin Zzyzx"}'
    answered = make.step(
        body=body, attempted_at=make.clock.now(), answered_at=make.clock.now(), status=422, answer=body
    )
    await store.apply(Change(effects=[make.effect(due, "e1", answered)]))

    trace = await store.trace("PO1")

    assert "effect.answered" in {event.kind for event in trace.events}
    assert "Zzyzx" not in str(trace)


async def test_trace_tells_each_revision_and_that_the_older_gave_way(store, make, staged, clock):
    await staged(make.record("PO1", content="A"))
    clock.advance(60)
    await staged(make.record("PO1", content="B"))

    trace = await store.trace("PO1")

    assert [(event.kind, event.detail["revision"]) for event in trace.events] == [
        ("record.read", 1),
        ("record.read", 2),
        ("delivery.skipped", 1),
    ]
    assert trace.events[2].detail["code"] == "superseded"
    assert [(one.revision, one.state) for one in trace.standing] == [(2, State.PENDING)]


async def test_trace_tells_state_changes_from_the_log_once(store, make, staged, clock):
    (due,) = await staged(make.record("PO1"))
    event = AuditEvent(
        "delivery.held", make.pipeline, "PO1", clock.now(), detail={"delivery": due.id, "code": "no_node"}
    )
    change = make.move(due.id, State.HELD, code="no_node", reason="no node")
    await store.apply(Change(deliveries=change.deliveries, audit=[event]))
    await store.discard(due.id, reason="typed in by hand", actor="tess", at=clock.now() + timedelta(seconds=1))

    trace = await store.trace("PO1")

    told = [(one.kind, one.detail.get("code"), one.detail.get("actor")) for one in trace.events[1:]]
    assert told == [("delivery.held", "no_node", None), ("delivery.discarded", "no_node", "tess")]


async def test_trace_tells_a_lost_answer_and_what_was_found_out(store, make, staged, clock):
    (due,) = await staged(make.record("PO1"))
    await store.apply(make.attempt(due, "e1"))
    await store.apply(Change(steps=[StepUpdate("e1", make.step(attempted_at=clock.now(), lost=True))]))
    clock.advance(40)
    await store.apply(Change(settled=[EffectUpdate("e1", EffectState.VOID, clock.now())]))

    kinds = [event.kind for event in (await store.trace("PO1")).events]

    assert kinds == ["record.read", "effect.planned", "effect.attempted", "effect.lost", "effect.void"]


async def test_trace_tells_an_attempt_that_was_refused_and_is_no_longer_marked(store, make, staged, clock):
    (due,) = await staged(make.record("PO1"))
    clock.advance(1)
    detail = {"delivery": due.id, "effect": "e1"}
    attempted = AuditEvent("effect.attempted", make.pipeline, "PO1", clock.now(), detail=detail)
    await store.apply(Change(effects=[make.effect(due, "e1", make.step())], audit=[attempted]))
    clock.advance(1)
    await store.apply(Change(steps=[StepUpdate("e1", make.step(answered_at=clock.now(), status=422))]))

    events = (await store.trace("PO1")).events

    kinds = [event.kind for event in events]
    assert kinds == ["record.read", "effect.planned", "effect.attempted", "effect.answered"]
    assert (events[2].at, events[2].detail["method"], events[3].detail["status"]) == (attempted.at, "POST", 422)


async def test_trace_tells_an_adoption_without_a_plan(store, make, staged):
    (due,) = await staged(make.record("PO1"))
    await store.apply(Change(effects=[make.effect(due, "e1", state=EffectState.ADOPTED)]))

    assert [event.kind for event in (await store.trace("PO1")).events] == ["record.read", "effect.adopted"]


async def test_trace_does_not_mix_orders_that_share_a_further_identifier(store, make, staged):
    await staged(make.record("PO1", identifiers={"customer_order": "CO-9"}))
    await staged(make.record("PO2", identifiers={"customer_order": "CO-9"}))

    one, both = await store.trace("PO1"), await store.trace("CO-9")

    assert [event.ref for event in one.events] == ["PO1"]
    assert [event.ref for event in both.events] == ["PO1", "PO2"]


async def test_trace_does_not_go_on_through_what_many_share(store, make, staged):
    day = Ref(make.sink, "journal", "2026-11-20")
    await staged(*(make.record(f"PO{n}") for n in range(40)))
    await store.apply(
        Change(links=[(None, one) for one in [Link(Ref(make.source, "order", f"PO{n}"), day) for n in range(40)]])
    )

    trace = await store.trace("PO3")

    assert {event.ref for event in trace.events} == {"PO3", "2026-11-20"}


async def test_trace_refuses_a_name_that_belongs_to_very_many(store, make, staged):
    await staged(*(make.record(f"PO{n}", identifiers={"customer": "ACME"}) for n in range(65)))

    with pytest.raises(StoreError, match="ACME belongs to more than 64") as raised:
        await store.trace("ACME")

    assert raised.value.code == "shared_name"
    assert "PO0" in raised.value.fix


async def test_trace_of_what_is_only_linked_tells_the_link(store, make):
    await store.apply(Change(links=[(None, one) for one in [make.link("PO1", "so1")]]))

    trace = await store.trace("so1")

    assert (trace.key, [event.kind for event in trace.events], list(trace.standing)) == ("so1", ["link.made"], [])


@pytest.mark.parametrize("name", ["PO9", "", "%", "po1"])
async def test_trace_of_what_is_not_known_is_none(store, make, deliver, name):
    await deliver("PO1")

    assert await store.trace(name) is None


@pytest.mark.parametrize("title", sorted(queries.load("trace")))
def test_every_query_of_a_trace_uses_an_index(path, title):
    connection = open_writer(path)
    migrate(connection, path)
    sql = queries.widen(queries.load("trace")[title], 2)

    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", ["x"] * sql.count("?"))]

    connection.close()
    assert any(step.startswith("SEARCH") for step in plan)
    short = {"links", "l", "e", "r", "d", "i", "s", "a", "effects", "records", "identifiers", "deliveries"}
    scans = [step for step in plan if step.startswith("SCAN") and step.split()[1] in short]
    # The first account, or the first sink, is the index's first entry.
    assert all("LIMIT 1" in sql and "COVERING INDEX effects_fact" in step for step in scans)


@pytest.mark.sqlite
async def test_trace_costs_the_same_whatever_is_stored(store, make, deliver, path):
    await deliver("PO1", identifiers={"customer_order": "CO-9"})
    small = _steps(path, "CO-9")
    many = [make.record(f"X{n}", identifiers={"customer_order": f"C{n}"}) for n in range(2000)]
    await store.stage(make.intake(*many, routes=[]))
    await store.apply(Change(links=[(None, one) for one in [make.link(f"X{n}", f"so-{n}") for n in range(2000)]]))
    for n in range(100):
        await deliver(f"Y{n}")

    assert _steps(path, "CO-9") <= small * 1.5


def _steps(path, name):
    """How many steps of SQLite's machine a trace takes."""
    connection, count = open_reader(path), 0

    def tick():
        nonlocal count
        count += 1

    connection.set_progress_handler(tick, 10)
    assert find(connection, name) is not None
    connection.close()
    return count
