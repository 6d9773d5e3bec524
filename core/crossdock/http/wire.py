"""The wire: carries one request once, says whether its headers left, and never repeats or follows anything."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol, cast

import httpx
import sniffio

from crossdock.http.environment import proxy_for, trust
from crossdock.http.types import Request

KEEP_ALIVE_S = 4.0
"""How long an idle connection is kept: less than servers do (5 s is common), so that few requests meet a closed one."""


Guard = Callable[[], Awaitable[None]]
"""Awaited when everything is ready and the first byte is about to leave; raising keeps the request here."""


class Answer(NamedTuple):
    """A complete answer as it came: the body is still as `Content-Encoding` says."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class AnswerTooLarge(Exception):  # noqa: N818  (it never leaves this package)
    """The answer is longer than we are willing to hold."""


class Trace:
    """What became of one request: `left` is set when the first byte of its headers is about to leave."""

    __slots__ = ("_guard", "left", "objection")

    def __init__(self, guard: Guard | None = None) -> None:
        self._guard = guard
        self.left = False
        self.objection: Exception | None = None
        """What the guard raised, or a fault that is not the network's: raised as it is. Nothing left then."""

    async def leave(self) -> None:
        """Ask the guard, then note that the request is on its way. A guard that raises keeps it here."""
        if self._guard is not None:
            try:
                await self._guard()
            except Exception as error:  # a cancellation is none: our own deadline may have run out meanwhile
                self.objection = error
                raise
        self.left = True


class Wire(Protocol):
    """Carries requests to one host."""

    faults: tuple[type[Exception], ...]
    """What it raises when the network fails; anything else is a fault of ours."""

    async def exchange(self, request: Request, trace: Trace) -> Answer:
        """Send once and return the complete answer. Raises whatever went wrong; only `trace` says how far it came."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class TransportWire:
    """The wire over an httpx transport: httpx's own (which traces), or any other (whose requests count as left)."""

    faults: tuple[type[Exception], ...] = (httpx.HTTPError, OSError)

    def __init__(self, transport: httpx.AsyncBaseTransport, limit: int, *, traced: bool, pool_timeout_s: float) -> None:
        self._transport = transport
        self._limit = limit
        self._traced = traced
        self._timeout = {"pool": pool_timeout_s}

    async def exchange(self, request: Request, trace: Trace) -> Answer:
        """Send once and return the complete answer."""
        request.stream = _Body(request.content)
        request.extensions = {"timeout": self._timeout, "trace": _listener(trace)}
        if not self._traced:
            await trace.leave()
        response = await self._transport.handle_async_request(request)
        chunks = aiter(cast("AsyncIterable[bytes]", response.stream))
        try:
            check_length(response.headers.get("Content-Length"), self._limit, request)
            body = await gather(chunks, self._limit)
        except AnswerTooLarge:
            # Close first, then run into the end: trio complains of generators that are left in the middle.
            await response.aclose()
            with suppress(Exception):
                async for _ in chunks:
                    pass
            raise
        finally:
            await response.aclose()
        return Answer(response.status_code, response.headers.raw, body)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()


class _Body(httpx.AsyncByteStream):
    """A request's body that is no generator: httpcore drops it half-way when a write fails, and trio complains."""

    def __init__(self, content: bytes) -> None:
        self._left: list[bytes] = [content]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


def open_wire(base_url: httpx.URL, limit: int, connections: int, timeout_s: float) -> Wire:
    """The wire of the event loop we run under: aiohttp's with asyncio, httpx's own with trio.

    Raises: ConfigError where proxy or CA settings cannot be used.
    """
    proxy = proxy_for(base_url)
    if sniffio.current_async_library() == "asyncio":
        # Imported here: under trio, and in processes that never send, it is not needed.
        from crossdock.http.aiohttp_wire import AiohttpWire

        return AiohttpWire(limit, connections, proxy, trust())
    transport = httpx.AsyncHTTPTransport(
        verify=trust(),
        trust_env=False,
        proxy=None if proxy is None else httpx.Proxy(proxy),
        limits=httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=KEEP_ALIVE_S
        ),
    )
    return TransportWire(transport, limit, traced=True, pool_timeout_s=min(5.0, timeout_s / 2))


def check_length(announced: str | None, limit: int, request: Request) -> None:
    """Refuse an answer whose own headers say that it is too large, before reading it."""
    if announced is not None and request.method != "HEAD" and announced.isdecimal() and int(announced) > limit:
        raise AnswerTooLarge


async def gather(chunks: AsyncIterable[bytes], limit: int) -> bytes:
    """Join what comes, counting it."""
    parts, size = [], 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise AnswerTooLarge
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _listener(trace: Trace) -> Callable[[str, dict[str, Any]], Any]:
    async def listen(event: str, info: dict[str, Any]) -> None:
        # "started", not "complete": a write that was cut off may still have carried all of it. The request that opens
        # a tunnel through a proxy is traced too, and is not ours.
        if event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT":
            await trace.leave()

    return listen
