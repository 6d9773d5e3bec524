from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crossdock.clock import ManualClock
from crossdock.contract.values import Link, Receipt, Record, Ref
from crossdock.store.cipher import Key
from crossdock.store.rows import (
    AuditEvent,
    Change,
    Delivery,
    DeliveryUpdate,
    EffectState,
    EffectUpdate,
    Intake,
    NewEffect,
    State,
    StepRow,
    StepUpdate,
)
from crossdock.store.sqlite.store import SqliteStore

SOURCE, SINK = "shop:acme", "house:acme"


class Maker:
    """Makes what tests put into a store."""

    source, sink = SOURCE, SINK
    pipeline, route = "orders", "house.sale_orders@house"

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock

    def record(self, key: str, content: object = "A", **more: object) -> Record:
        return Record(key=key, raw={"id": key, "content": content}, **more)  # type: ignore[arg-type]

    def intake(self, *records: Record, **more: object) -> Intake:
        usual = Intake(self.pipeline, SOURCE, "orders", False, [self.route], records, self.clock.now())
        return replace(usual, **more)  # type: ignore[arg-type]

    def update(self, delivery_id: int, state: State, **more: object) -> DeliveryUpdate:
        return DeliveryUpdate(delivery_id, state, self.clock.now(), **more)  # type: ignore[arg-type]

    def move(self, delivery_id: int, state: State, **more: object) -> Change:
        return Change(deliveries=[self.update(delivery_id, state, **more)])

    def step(self, position: int = 0, **more: object) -> StepRow:
        headers = (("Content-Type", "application/json"), ("Accept", "a"), ("Accept", "b"))
        usual = StepRow(position, "POST", "https://house.example.test/orders", headers, b'{"a":1}')
        return replace(usual, **more)  # type: ignore[arg-type]

    def effect(self, delivery: Delivery, effect_id: str, *steps: StepRow, **more: object) -> NewEffect:
        usual = NewEffect(
            effect_id, SINK, "sale_orders", delivery.key, 1, EffectState.ATTEMPTED, delivery.id, delivery.record_id,
            delivery.pipeline, delivery.route, None, None, (), steps, self.clock.now(),
        )  # fmt: skip
        return replace(usual, **more)  # type: ignore[arg-type]

    def event(self, kind: str, ref: str, **detail: object) -> AuditEvent:
        return AuditEvent(kind, self.pipeline, ref, self.clock.now(), detail=detail)

    def attempt(self, delivery: Delivery, effect_id: str, **more: object) -> Change:
        at = self.clock.now()
        return Change(
            deliveries=[self.update(delivery.id, State.ATTEMPTED, due_at=at)],
            effects=[self.effect(delivery, effect_id, self.step(attempted_at=at), **more)],
            audit=[self.event("effect.attempted", delivery.key, effect=effect_id)],
        )

    def settle(self, delivery: Delivery, effect_id: str) -> Change:
        at = self.clock.now()
        answered = self.step(attempted_at=at, answered_at=at, status=201, answer=b'{"id":"x"}')
        return Change(
            steps=[StepUpdate(effect_id, answered)],
            settled=[EffectUpdate(effect_id, EffectState.DONE, at, Receipt("sale_order", f"so-{effect_id}"))],
            deliveries=[self.update(delivery.id, State.DELIVERED, attempts=1)],
            links=[(effect_id, self.link(delivery.key, f"so-{effect_id}"))],
            audit=[self.event("delivery.settled", delivery.key)],
        )

    def link(self, near: str, far: str, **more: object) -> Link:
        return Link(Ref(SOURCE, "purchase_order", near), Ref(SINK, "sale_order", far), **more)  # type: ignore[arg-type]


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def make(clock: ManualClock) -> Maker:
    return Maker(clock)


@pytest.fixture
def key() -> Key:
    return Key(bytes(range(32)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "crossdock.db"


@pytest.fixture
def open_at(clock: ManualClock, key: Key) -> Callable[[Path], SqliteStore]:
    return lambda path: SqliteStore(path, clock=clock, key=key)


@pytest.fixture
async def store(open_at: Callable[[Path], SqliteStore], path: Path) -> AsyncIterator[SqliteStore]:
    async with open_at(path) as opened:
        yield opened


@pytest.fixture
def staged(store: SqliteStore, make: Maker, clock: ManualClock) -> Callable[..., object]:
    """Stage records, and return what is ready afterwards."""

    async def stage(*records: Record, **more: object) -> list[Delivery]:
        await store.stage(make.intake(*records, **more))
        return await due()

    async def due() -> list[Delivery]:
        return list(await store.ready(make.pipeline, make.route, now=clock.now() + timedelta(0), limit=1000))

    return stage
