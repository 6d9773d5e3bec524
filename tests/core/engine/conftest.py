"""A small remote system in memory, a small plugin for it, and routes bound to a real store."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import anyio
import httpx
import pytest

from crossdock import (
    Absent,
    Attention,
    AuthProvider,
    Batch,
    CannotTell,
    Conflict,
    Connection,
    Done,
    Effect,
    HoldError,
    Mapper,
    NothingToDo,
    Receipt,
    Record,
    RejectedError,
    Sink,
    Source,
    jsonio,
)
from crossdock.canonical import Document
from crossdock.clock import ManualClock
from crossdock.engine.binding import endpoint
from crossdock.engine.delivering import Deliverer
from crossdock.engine.dispatching import Pauses
from crossdock.engine.intake import Origin
from crossdock.engine.judging import everything
from crossdock.engine.route import BoundRoute
from crossdock.engine.running import PipelineRun
from crossdock.errors import TransientError
from crossdock.http import open_client
from crossdock.store.open import open_store
from crossdock.store.rows import Intake

ON_BOTH = {
    "test_delivering.py",
    "test_following_later.py",
    "test_facts.py",
    "test_bundling.py",
    "test_bundling_kills.py",
    "test_bundling_shown.py",
}
"""What is tried on both stores."""


def pytest_generate_tests(metafunc):
    """How one delivery goes is tried on both stores; on PostgreSQL, which takes longer, on one event loop a test."""
    if "anyio_backend" not in metafunc.fixturenames:
        return
    loops = ["asyncio", "trio"]
    if "store_kind" not in metafunc.fixturenames:
        metafunc.parametrize("anyio_backend", loops)
        return
    cases = [("sqlite", loop) for loop in loops]
    if metafunc.definition.path.name in ON_BOTH:
        cases.append(("postgresql", loops[zlib.crc32(metafunc.function.__name__.encode()) % 2]))
    ids = [loop if kind == "sqlite" else f"{kind}-{loop}" for kind, loop in cases]
    metafunc.parametrize(("store_kind", "anyio_backend"), cases, ids=ids)


@pytest.fixture
def anyio_backend():
    raise NotImplementedError("given by pytest_generate_tests")


@pytest.fixture
def store_kind():
    raise NotImplementedError("given by pytest_generate_tests")


class Thing(Document):
    """What is carried."""

    name: str
    size: int
    color: str = "red"


class OpenDoor(AuthProvider):
    """No credentials at all."""

    name = "open"
    needs_token: ClassVar[bool] = False

    @property
    def account(self) -> str:
        return "nobody"

    def sign(self, request, token, now):
        pass


class Shelf(Connection):
    """The account."""

    name = "shelf"
    reads = ("GET /**",)

    @property
    def identity(self) -> str:
        return f"shelf:{self.host}"


class Things(Source[Shelf, Thing]):
    """Reads what the test puts on the belt."""

    name = "things"
    entity = "thing"

    async def read(self, cursor):
        for batch in BELT.pop("batches", [[]]):
            if isinstance(batch, Exception):
                raise batch
            yield Batch([a_record(item) for item in batch])
        yield Batch.end(cursor.now.isoformat())

    def to_document(self, raw):
        if "broken" in raw:
            raise RejectedError("a thing without shape")
        return Thing.model_validate(raw)


BELT: dict[str, Any] = {}


def a_record(item):
    key = item.pop("key", item.get("name", "?"))
    return Record(key, item, version=item.pop("version", None), ordering_key=item.pop("line", None))


class Paint(Mapper[Thing, Thing]):
    """Paints, or refuses."""

    name = "paint"
    color: str | None = None

    def map(self, document, context):
        if document.size == 0:
            raise NothingToDo("it has no size")
        if document.size < 0:
            raise HoldError("negative", f"{document.name} is less than nothing", fix="measure it again")
        if document.size == 13:
            raise ZeroDivisionError("a secret of Sample Buyer")
        if document.size == 99:
            return [document, document.model_copy(update={"name": f"{document.name}-b"})]
        return document if self.color is None else document.model_copy(update={"color": self.color})


class ThingSink(Sink[Shelf, Thing]):
    """Puts things on the shelf."""

    name = "things"
    kind = "create"
    probe_first_: bool = False

    @property
    def settles_after(self):
        return timedelta(seconds=5)

    @property
    def probe_first(self):
        return self.probe_first_

    def plan(self, thing, known):
        body = {"name": thing.name, "size": thing.size, "color": thing.color}
        return Effect(key=thing.name, steps=[self.http.build("POST", "/things", json=body)], memo=body)

    def follow(self, effect, answers):
        if answers.last.status_code == 422 and len(answers) == 1:
            return self.http.build("GET", f"/things/{effect.key}")
        return None

    def receipt(self, effect, answers):
        if len(answers) == 2:
            if jsonio.loads(answers.last.content) != effect.memo:
                raise HoldError("differs", f"{effect.key} is there, but differs", fix="compare them")
        elif answers.last.status_code == 400:
            raise HoldError("refused", "the shelf refuses it", fix="mend it")
        elif answers.last.status_code == 410:
            raise RejectedError("never")
        return self._receipt(jsonio.loads(answers.last.content))

    async def probe(self, effect):
        answer = await self.http.get(f"/things/{effect.key}")
        if answer.status_code == 404:
            return Absent()
        if answer.status_code != 200:
            return CannotTell(f"answered {answer.status_code}")
        found = jsonio.loads(answer.content)
        if found["size"] != effect.memo["size"]:
            return Conflict([f"size {found['size']}"])
        return Done(self._receipt(found))

    def _receipt(self, found):
        attention = None
        if found.get("color") == "grey":
            attention = Attention("grey", f"{found['name']} is grey", "paint it")
        return Receipt("thing", f"id-{found['name']}", lines={"1": f"line-{found['name']}"}, attention=attention)


class StateSink(ThingSink):
    """The newest content wins."""

    name = "states"
    kind = "state"

    def plan(self, thing, known):
        before = known.latest.content if known.latest else None
        body = {"name": thing.name, "size": thing.size, "color": thing.color, "before": before}
        step = self.http.build("PUT", f"/things/{thing.name}", json=body)
        return Effect(key=thing.name, steps=[step], content=f"{thing.size}/{thing.color}", memo=body)


class BlindSink(ThingSink):
    """Cannot look."""

    name = "blind"
    probe = Sink.probe


class World:
    """The remote system. `script` says what happens to the next writes; then all is well."""

    def __init__(self) -> None:
        self.things: dict[str, dict] = {}
        self.made: Counter[str] = Counter()
        self.writes: list[tuple[str, dict]] = []
        self.script: list[str] = []
        self.reads = 0
        self.read_status = 200
        self.read_body: bytes | None = None
        self.late: list[dict] = []
        self.gate: anyio.Event | None = None
        self.on_write: Any = None

    async def handle(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        if request.method == "GET":
            self.reads += 1
            if self.read_status != 200:
                return httpx.Response(self.read_status)
            if self.read_body is not None:
                return httpx.Response(200, content=self.read_body)
            found = self.things.get(name)
            return httpx.Response(404) if found is None else httpx.Response(200, content=jsonio.dumps(found))
        body = jsonio.loads(request.content)
        self.writes.append((request.method, body))
        if self.gate is not None:
            await self.gate.wait()
        if self.on_write is not None:
            act, self.on_write = self.on_write, None
            await act()
        return self._write(body, self.script.pop(0) if self.script else "ok")

    def _write(self, body: dict, how: str) -> httpx.Response:
        if how == "lost_before":
            raise httpx.ReadError("cut")
        if how == "late":
            self.late.append(body)
            raise httpx.ReadError("cut")
        if how.isdigit():
            return httpx.Response(int(how), headers={"Retry-After": "3"} if how == "429" else {}, content=b"[]")
        self.appear(body)
        if how == "lost_after":
            raise httpx.ReadError("cut")
        if how == "500_after":
            return httpx.Response(500)
        if how == "html":
            return httpx.Response(200, html="<html>welcome</html>")
        return httpx.Response(201, content=jsonio.dumps(body))

    def appear(self, body: dict) -> None:
        self.things[body["name"]] = {key: body[key] for key in ("name", "size", "color")}
        self.made[body["name"]] += 1


@pytest.fixture
def belt():
    """What the source reads: put a list of batches under "batches"."""
    return BELT


@pytest.fixture
def world():
    return World()


@pytest.fixture
def clock():
    return ManualClock()


class Bench:
    """A pipeline on a bench: put items on the belt, run, look at store and world."""

    def __init__(self, store, clock, world, client, sink, mappers, options):
        self.store, self.clock, self.world = store, clock, world
        self.client, self.sink, self.mappers, self.options = client, sink, mappers, options
        self.connection = Shelf(base_url="https://shelf.example.test", auth=OpenDoor())

    def route(self, pipeline="things", name="route"):
        source = Things()
        source.bind(self.connection, self.client)
        self.sink.bind(self.connection, self.client)
        return BoundRoute(
            pipeline=pipeline,
            customer="acme",
            name=name,
            source=source,
            source_connection=self.connection,
            mappers=self.mappers,
            sink=self.sink,
            sink_connection_name="shelf_one",
            sink_connection=self.connection,
            client=self.client,
            max_in_flight=self.options.get("max_in_flight", 4),
            attempts=self.options.get("attempts", 10),
            recheck=timedelta(minutes=5),
            fingerprint=self.options.get("fingerprint", ""),
        )

    def pipeline_run(self, pipeline="things"):
        route = self.route(pipeline)
        origin = Origin(pipeline, route.source, "shelf_one", self.connection, self.client, ["route"])
        alive = self.options.get("alive", everything)
        return PipelineRun(origin, [route], self.store, self.clock, Pauses(), random.Random(1), None, alive)

    async def run(self, *batches, wait_s=0.0, pipeline="things"):
        BELT["batches"] = list(batches) or [[]]
        run = self.pipeline_run(pipeline)
        await run.run(wait_s)
        return run

    def deliverer(self, pipeline="things", **more):
        return Deliverer(self.route(pipeline), self.store, self.clock, random.Random(1), **more)

    async def stage(self, *items, pipeline="things", every=False, routes=("route",)):
        """Store records as a read that goes on beside the deliveries does."""
        records = [a_record(dict(item)) for item in items]
        intake = Intake(pipeline, self.connection.identity, "thing", every, routes, records, self.clock.now())
        return await self.store.stage(intake)

    async def deliver(self, pipeline="things", wait_s=0.0):
        """Deliver what is stored without reading."""
        BELT["batches"] = [TransientError("not read")]
        await self.pipeline_run(pipeline).run(wait_s)

    async def states(self, key=None):
        found = await self.store.deliveries(key=key)
        return [(one.state.value, one.code) for one in sorted(found, key=lambda one: one.id)]

    async def only(self, key=None):
        (one,) = await self.store.deliveries(key=key)
        return one


@asynccontextmanager
async def open_bench(
    folder, clock, world, sink=ThingSink, *, sink_settings=None, mappers=None, account=None, address=None, **options
):
    connection = Shelf(base_url="https://shelf.example.test", auth=OpenDoor())
    described = replace(endpoint("shelf_one", connection, 8), quota_factor=None, **account or {})
    async with (
        open_store(address or f"sqlite:{folder}/x.db", clock=clock) as store,
        open_client(described, clock=clock, transport=lambda: httpx.MockTransport(world.handle)) as client,
    ):
        yield Bench(store, clock, world, client, sink(**sink_settings or {}), mappers or [Paint()], options)


@pytest.fixture
async def make_bench(tmp_path, clock, world, store_kind, request):
    address = request.getfixturevalue("postgres_url") if store_kind == "postgresql" else None
    async with AsyncExitStack() as stack:

        async def make(sink=ThingSink, **settings):
            return await stack.enter_async_context(
                open_bench(tmp_path, clock, world, sink, address=address, **settings)
            )

        yield make


@pytest.fixture(scope="session")
def opening():
    """What a test needs that makes many worlds: the world's class, and what opens a bench on one."""
    return World, open_bench


@pytest.fixture
async def bench(make_bench):
    return await make_bench()


@pytest.fixture
def sinks():
    return {"create": ThingSink, "blind": BlindSink, "state": StateSink}
