from __future__ import annotations

import sqlite3
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crossdock.clock import ManualClock
from crossdock.contract.values import Link, Receipt, Record, Ref
from crossdock.store.cipher import Key
from crossdock.store.open import open_store
from crossdock.store.protocol import Store
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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what concerns every store on both backends; PostgreSQL, which takes longer, on one event loop a test."""
    if "anyio_backend" not in metafunc.fixturenames or metafunc.definition.path.parent.name == "postgres":
        return
    cases = [("sqlite", "asyncio"), ("sqlite", "trio")]
    if "backend" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("sqlite"):
        loop = ("asyncio", "trio")[zlib.crc32(metafunc.function.__name__.encode()) % 2]
        cases.append(("postgresql", loop))
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize(("backend", "anyio_backend"), cases, ids=["-".join(case) for case in cases])
    else:
        metafunc.parametrize("anyio_backend", ["asyncio", "trio"])


@pytest.fixture
def anyio_backend() -> str:
    """Given to each test by the above."""
    raise NotImplementedError


@pytest.fixture
def backend() -> str:
    """Given to each test by the above."""
    raise NotImplementedError


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


class Beside:
    """Looks into a store and tampers with it, past the store."""

    def __init__(self, connect: Callable[[], Any], before: Sequence[str] = ()) -> None:
        self._connect = connect
        self._before = before

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(self._connect()) as connection:
            return [tuple(row) for row in connection.execute(sql).fetchall()]

    def change(self, *statements: str) -> None:
        """As whoever owns the database can, past every trigger."""
        with closing(self._connect()) as connection:
            for statement in (*self._before, *statements):
                connection.execute(statement)


_UNGUARDED = ("DROP TRIGGER IF EXISTS audit_is_not_changed", "DROP TRIGGER IF EXISTS audit_is_not_cut")


@pytest.fixture
def address(backend: str, path: Path, request: pytest.FixtureRequest) -> str:
    """What `store:` says."""
    return f"sqlite:{path}" if backend == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def beside(backend: str, path: Path, address: str) -> Beside:
    if backend == "sqlite":
        return Beside(lambda: sqlite3.connect(path, isolation_level=None), _UNGUARDED)
    return Beside(lambda: psycopg.connect(address, autocommit=True), ("SET session_replication_role = replica",))


@pytest.fixture
def open_at(backend: str, clock: ManualClock, key: Key, address: str) -> Callable[..., Store]:
    """Opens the store of this test; `path` says where that is on SQLite."""
    where = {"sqlite": "sqlite:{}", "postgresql": address}[backend]
    return lambda path, key=key: open_store(where.format(path), clock=clock, key=key)


@pytest.fixture
async def store(open_at: Callable[..., Store], path: Path) -> AsyncIterator[Store]:
    async with open_at(path) as opened:
        yield opened


@pytest.fixture
def staged(store: Store, make: Maker, clock: ManualClock) -> Callable[..., object]:
    """Stage records, and return what is ready afterwards."""

    async def stage(*records: Record, **more: object) -> list[Delivery]:
        await store.stage(make.intake(*records, **more))
        return await due()

    async def due() -> list[Delivery]:
        return list(await store.ready(make.pipeline, make.route, now=clock.now() + timedelta(0), limit=1000))

    return stage
