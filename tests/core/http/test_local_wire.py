"""Connections that carry out their requests by themselves: as safe as the network, and as honest about what is lost."""

from __future__ import annotations

import threading

import anyio
import pytest

from crossdock.clock import ManualClock
from crossdock.errors import AnswerLostError, LeaseLost, RejectedError, TransientError
from crossdock.http import Endpoint, Response, open_client

pytestmark = pytest.mark.anyio


@pytest.fixture
def connect():
    """Open a client of a function."""

    def open_(handle, **facts):
        facts = {"identity": "drawer:1", "reads": ("GET /**",), "timeout_s": 5.0, **facts}
        endpoint = Endpoint("drawer", "http://localhost", handle=handle, **facts)
        return open_client(endpoint, clock=ManualClock(), answer_limit=1024)

    return open_


class Drawer:
    """Keeps what is put into it."""

    def __init__(self):
        self.things = []
        self.at_once = self.most = 0
        self.faults = []
        self.hand = threading.Lock()
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()

    def handle(self, request):
        with self.hand:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        self.entered.set()
        self.open.wait(10)
        try:
            if request.method == "GET":
                return Response(200, json=[thing.decode() for thing in self.things])
            self.things.append(request.content)
            if self.faults:
                raise self.faults.pop(0)
            return Response(201, json={"n": len(self.things)}, headers={"X-Drawer": "top"})
        finally:
            self.at_once -= 1


@pytest.fixture
def drawer():
    found = Drawer()
    yield found
    found.open.set()


def put(client, what="mug"):
    return client.perform(client.build("POST", "/things", json=what), correlation_id="1")


async def test_request_is_answered_by_the_function_and_not_by_a_network(drawer, connect):
    async with connect(drawer.handle) as client:
        answer = await put(client)
        seen = await client.get("/things")

    assert (answer.status_code, answer.json(), answer.headers["X-Drawer"]) == (201, {"n": 1}, "top")
    assert seen.json() == ['"mug"']
    assert drawer.things == [b'"mug"']


async def test_event_loop_goes_on_while_the_function_works(drawer, connect):
    drawer.open.clear()
    async with connect(drawer.handle) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(put, client)
        await anyio.to_thread.run_sync(drawer.entered.wait)

        drawer.open.set()

    assert len(drawer.things) == 1


async def test_function_gets_one_request_at_a_time(drawer, connect):
    async with connect(drawer.handle) as client, anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(put, client, number)

    assert len(drawer.things) == 20
    assert drawer.most == 1


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), ValueError("of a buyer"), KeyError("x")])
async def test_what_the_function_raises_is_a_lost_answer_that_tells_nothing_private(fault, drawer, connect):
    drawer.faults.append(fault)
    async with connect(drawer.handle) as client:
        with pytest.raises(AnswerLostError, match="POST localhost/things was sent and its answer is lost") as caught:
            await put(client)

    assert len(drawer.things) == 1
    assert "buyer" not in f"{caught.value} {caught.value.facts}"
    assert caught.value.__cause__ is None


async def test_answer_that_is_none_is_lost(connect):
    async with connect(lambda request: None) as client:
        with pytest.raises(AnswerLostError):
            await put(client)


async def test_answer_that_is_too_large_is_lost(connect):
    async with connect(lambda request: Response(200, content=b"x" * 2000)) as client:
        with pytest.raises(AnswerLostError, match="larger than"):
            await put(client)


@pytest.mark.parametrize("status", [400, 409, 500, 503])
async def test_refusal_is_an_answer_as_a_service_gives_it(status, connect):
    async with connect(lambda request: Response(status)) as client:
        assert (await put(client)).status_code == status


async def test_reading_is_repeated_as_with_a_service(connect):
    answers = [Response(503, headers={"Retry-After": "0"}), Response(200, json=[])]

    async with connect(lambda request: answers.pop(0)) as client:
        assert (await client.get("/things")).json() == []


async def test_function_is_not_called_when_the_guard_objects(drawer, connect):
    async def guard():
        raise LeaseLost("another process runs it")

    async with connect(drawer.handle) as client:
        with pytest.raises(LeaseLost):
            await client.perform(client.build("POST", "/things"), correlation_id="1", guard=guard)

    assert drawer.things == []


async def test_guard_is_asked_when_the_turn_has_come(drawer, connect):
    asked = []

    async def guard():
        asked.append(len(drawer.things))

    async with connect(drawer.handle) as client, anyio.create_task_group() as tasks:
        for number in range(5):
            request = client.build("POST", "/things", json=number)
            tasks.start_soon(lambda one: client.perform(one, correlation_id="1", guard=guard), request)

    assert asked == [0, 1, 2, 3, 4]


async def test_read_only_keeps_the_function_from_what_does_not_only_read(drawer, connect):
    async with connect(drawer.handle, read_only=True) as client:
        with pytest.raises(RejectedError, match="read_only"):
            await put(client)
        await client.get("/things")

    assert drawer.things == []


async def test_function_that_hangs_is_given_up_and_not_asked_again_before_it_returns(drawer, connect):
    drawer.open.clear()
    async with connect(drawer.handle, timeout_s=0.05) as client:
        with pytest.raises(AnswerLostError, match="not done within"):
            await put(client, "first")

        with pytest.raises(TransientError, match="could not be sent: Operation already in progress") as caught:
            await put(client, "second")

        assert not isinstance(caught.value, AnswerLostError)
        drawer.open.set()
        for _ in range(1000):
            try:
                await put(client, "third")
                break
            except TransientError:
                await anyio.sleep(0.001)

    assert drawer.things == [b'"first"', b'"third"']
    assert drawer.most == 1


async def test_request_that_was_given_up_before_its_thread_began_is_never_carried_out(drawer, connect):
    """As where the journal took all of the deadline: nobody calls the function after its turn."""

    async def slow():
        with anyio.CancelScope(shield=True):
            await anyio.sleep(0.1)

    async with connect(drawer.handle, timeout_s=0.05) as client:
        with pytest.raises(AnswerLostError):
            await client.perform(client.build("POST", "/things", json="late"), correlation_id="1", guard=slow)
        await put(client, "next")

    assert drawer.things == [b'"next"']


async def test_trace_of_each_request_is_kept_as_with_a_service(drawer):
    seen = []
    endpoint = Endpoint("drawer", "http://localhost", "drawer:1", handle=drawer.handle)
    async with open_client(endpoint, clock=ManualClock(), observer=seen.append) as client:
        await put(client)

    assert [(one.connection, one.method, one.path, one.status) for one in seen] == [("drawer", "POST", "/things", 201)]
