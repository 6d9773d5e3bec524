"""The ASGI side: whole requests in, answers or cut connections out."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import anyio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from crossdock.simulator.call import Call

if TYPE_CHECKING:
    from crossdock.simulator.base import Simulator


class Application:
    """A simulator as an ASGI application."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            return await _live(receive, send)
        if scope["type"] != "http" or (body := await _read(receive)) is None:
            return None
        outcome = self._simulator.handle(self._call(scope, body))
        if outcome.delay_s:
            await anyio.sleep(outcome.delay_s)
        if outcome.response is None:
            return await _cut(scope, receive)
        # The vendor's clock, not the machine's: clients correct theirs by it.
        outcome.response.headers["date"] = format_datetime(self._simulator.clock.now(), usegmt=True)
        if outcome.truncated:
            await _send_half(outcome.response, send)
            return await _cut(scope, receive)
        return await outcome.response(scope, receive, send)

    def _call(self, scope: Scope, body: bytes) -> Call:
        raw_path = (scope.get("raw_path") or quote(scope["path"]).encode()).partition(b"?")[0]
        return Call(
            method=scope["method"],
            path=scope["path"],
            headers=Headers(scope=scope),
            body=body,
            at=self._simulator.clock.now(),
            raw_query=scope["query_string"].decode("latin-1"),
            raw_path=raw_path.decode("latin-1"),
        )


async def _live(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None where the client left before its end: such a request never came."""
    chunks = []
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _cut(scope: Scope, receive: Receive) -> None:
    transport: Any = scope.get("state", {}).get("transport")
    if transport is None:
        raise ConnectionResetError("the simulator cut the connection")  # in-process: there is no wire to cut
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        continue


async def _send_half(response: Response, send: Send) -> None:
    body = bytes(response.body)
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
