"""The contract of both wires: one perform is at most one request, and what failed is told by what left."""

from __future__ import annotations

import contextlib
import random
import socket
import time
from functools import partial

import anyio
import pytest

from crossdock.errors import AnswerLostError, RejectedError, TransientError

pytestmark = pytest.mark.anyio

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
LOSSES = [
    "cut_before_reading",
    "cut_after_reading",
    "cut_in_headers",
    "cut_in_body",
    "cut_in_chunk",
    "cut_before_last_chunk",
    "no_http",
    "announces_too_much",
    "sends_too_much",
    "inflates_too_much",
    "gzip_cut",
    "hang",
    "drips",
]
SLOW = ("hang", "drips")
BODIES = LOSSES[3:6] + LOSSES[7:11]
# An answer to HEAD has no body that could be cut or be too large.
CASES = [(mode, method) for mode in LOSSES for method in METHODS if method != "HEAD" or mode not in BODIES]


def a_request(client, method, path="/things"):
    return client.build(method, path, json={"n": 1} if method in ("POST", "PUT", "PATCH") else None)


@pytest.mark.parametrize("reused", [False, True], ids=["fresh", "reused"])
@pytest.mark.parametrize(("mode", "method"), CASES)
async def test_wire_sends_once_and_reports_a_lost_answer_when_the_server(mode, method, reused, server, connect):
    async with connect(server.url, timeout_s=0.1 if mode in SLOW else 5.0) as client:
        if reused:
            await client.perform(a_request(client, "GET"), correlation_id="0")
        server.mode, before = mode, server.begun

        with pytest.raises(AnswerLostError, match=rf"{method} 127.0.0.1:\d+/things was sent and its answer is lost"):
            await client.perform(a_request(client, method), correlation_id="1")

        assert server.begun - before == 1
        assert server.connections == 1


@pytest.mark.parametrize("method", METHODS)
async def test_wire_sends_nothing_when_the_server_refuses_connections(method, connect):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with connect(f"http://127.0.0.1:{port}") as client:
        with pytest.raises(TransientError, match="could not be sent: Connection refused") as caught:
            await client.perform(a_request(client, method), correlation_id="1")

    assert not isinstance(caught.value, AnswerLostError)


@pytest.mark.parametrize("method", METHODS)
async def test_wire_sends_at_most_once_when_the_server_closed_an_idle_connection(method, server, connect):
    server.mode = "ok_then_close"
    async with connect(server.url) as client:
        for _ in range(5):
            before = server.begun
            with contextlib.suppress(AnswerLostError):  # it left, onto a connection that was just being closed
                await client.perform(a_request(client, method), correlation_id="1")
            assert server.begun - before <= 1


@pytest.mark.parametrize("method", METHODS)
async def test_wire_returns_any_complete_answer(method, server, connect):
    async with connect(server.url) as client:
        response = await client.perform(a_request(client, method), correlation_id="1")

    assert response.status_code == 200
    assert response.content == (b"" if method == "HEAD" else b'{"ok":true}')
    assert server.requests[0].startswith(f"{method} /things HTTP/1.1\r\n".encode())


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # the other wire is not aiohttp's
async def test_aiohttp_session_does_not_repeat_by_itself(server, connect):
    async with connect(server.url) as client:
        wire = client._post._lines.line(client._site.url).wire

        assert wire._session._retry_connection is False


async def test_wire_asks_the_guard_before_the_first_byte(server, connect):
    seen = []

    async def guard():
        seen.append(server.begun)

    async with connect(server.url) as client:
        await client.perform(a_request(client, "POST"), correlation_id="1", guard=guard)

    assert seen == [0]


async def test_wire_does_not_ask_the_guard_before_it_is_connected(connect):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    asked = []

    async def guard():
        asked.append(1)

    async with connect(f"http://127.0.0.1:{port}") as client:
        with pytest.raises(TransientError):
            await client.perform(a_request(client, "POST"), correlation_id="1", guard=guard)

    assert not asked


@pytest.mark.parametrize("objection", [TransientError("the lease ran out"), OSError("gone")])
async def test_wire_sends_nothing_when_the_guard_objects(objection, server, connect):
    async def guard():
        raise objection

    async with connect(server.url) as client:
        with pytest.raises(type(objection)) as caught:
            await client.perform(a_request(client, "POST"), correlation_id="1", guard=guard)
        await client.perform(a_request(client, "GET"), correlation_id="2")

    assert caught.value is objection
    assert server.begun == 1


async def test_wire_sends_nothing_when_the_deadline_passes_in_the_guard(server, connect):
    async with connect(server.url, timeout_s=0.1) as client:
        with pytest.raises(TransientError, match=r"could not be sent: not done within 0\.1 s") as caught:
            await client.perform(a_request(client, "POST"), correlation_id="1", guard=anyio.sleep_forever)

    assert not isinstance(caught.value, AnswerLostError)
    assert server.begun == 0


async def test_wire_lets_a_cancellation_through(server, connect):
    server.mode = "hang"
    async with connect(server.url) as client:
        with anyio.move_on_after(0.05) as scope:
            await client.perform(a_request(client, "POST"), correlation_id="1")

    assert scope.cancelled_caught


async def test_wire_follows_no_redirect(server, connect):
    server.mode = "redirect"
    async with connect(server.url) as client:
        response = await client.get("/things")

    assert response.status_code == 307
    assert server.begun == 1


async def test_wire_keeps_no_cookies(server, connect):
    server.mode = "sets_cookie"
    async with connect(server.url) as client:
        await client.get("/one")
        await client.get("/two")

    assert b"cookie" not in server.requests[1].lower()


async def test_wire_undoes_gzip(server, connect):
    server.mode = "gzip"
    async with connect(server.url) as client:
        response = await client.get("/things")

    assert response.json() == {"ok": True}
    assert b"accept-encoding: gzip, deflate" in server.requests[0].lower()


@pytest.mark.parametrize("mode", ["announces_too_much", "sends_too_much", "inflates_too_much"])
async def test_reading_is_rejected_and_not_repeated_when_the_answer_is_too_large(mode, server, connect):
    server.mode = mode
    async with connect(server.url) as client:
        with pytest.raises(RejectedError, match="larger than 1 MiB"):
            await client.get("/things")

    assert server.begun == 1


async def test_wire_carries_a_raw_query_byte_for_byte(server, connect):
    raw = "/v3/orders?limit=200&nextCursor=%2a%7Eabc%2F'|{}[]^`\\+=&&%zz&x=;@:$!()*,"
    async with connect(server.url) as client:
        await client.get(raw)

    assert server.requests[0].startswith(f"GET {raw} HTTP/1.1\r\n".encode())


async def test_wire_carries_a_large_body(server, connect):
    body = bytes(range(256)) * 8192
    async with connect(server.url) as client:
        request = client.build("PUT", "/file", content=body, headers={"Content-Type": "application/pdf"})
        await client.perform(request, correlation_id="1")

    assert server.requests[0].endswith(b"\r\n\r\n" + body)


async def test_cancelled_requests_leave_their_places_in_the_pool(server, connect):
    dice = random.Random(11)

    async def impatient(client):
        for _ in range(8):
            with anyio.move_on_after(dice.uniform(0, 0.02)):
                await client.perform(a_request(client, "POST"), correlation_id="1")

    async with connect(server.url, max_in_flight=4) as client:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(impatient, client)

        with anyio.fail_after(5):
            async with anyio.create_task_group() as tasks:
                for _ in range(12):
                    tasks.start_soon(client.get, "/things")

        assert client._slots.borrowed_tokens == 0


async def test_client_never_has_more_requests_in_flight_than_allowed(server, connect):
    server.mode = "hang"
    flying: list[int] = [0]
    most = 0

    async def leave():
        nonlocal most
        flying[0] += 1
        most = max(most, flying[0])

    async def lose(client):
        with pytest.raises(AnswerLostError):
            await client.perform(a_request(client, "POST"), correlation_id="1", guard=leave)
        flying[0] -= 1

    async with connect(server.url, max_in_flight=3, timeout_s=0.1) as client, anyio.create_task_group() as tasks:
        for _ in range(4):  # a fifth would find the connection lost
            tasks.start_soon(lose, client)

    assert most == 3
    assert server.begun == 4


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_was_allowed_to_leave_has_left_before_another_task_has_its_turn(server, connect):
    """A process that is frozen in another task's turn must not find it unsent when it goes on."""
    async with connect(server.url) as client, anyio.create_task_group() as tasks:
        async with anyio.create_task_group() as opening:  # two connections, so that nothing waits for one
            for number in ("0", "1"):
                opening.start_soon(partial(client.perform, a_request(client, "GET"), correlation_id=number))
        allowed, before, arrived = anyio.Event(), server.begun, []

        async def wait_with_all_others():
            await allowed.wait()
            arrived.append(stands_still_until(lambda: server.begun > before))

        async def perform(number, guard):
            await client.perform(a_request(client, "POST"), correlation_id=number, guard=guard)

        tasks.start_soon(perform, "2", allowed.wait)
        tasks.start_soon(perform, "3", wait_with_all_others)
        await anyio.wait_all_tasks_blocked()
        allowed.set()

    assert arrived == [True]


def stands_still_until(condition):
    """Whether it came true while the whole event loop stood still."""
    deadline = time.monotonic() + 2
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)
    return condition()
