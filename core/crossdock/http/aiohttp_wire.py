"""The wire over aiohttp: half the CPU of httpx's own, and it does not collapse with concurrency."""

from __future__ import annotations

import ssl
import sys
from base64 import b64encode
from collections.abc import Coroutine, Generator
from contextvars import ContextVar
from io import BytesIO
from typing import Any

import aiohttp
import httpx
from multidict import CIMultiDict
from yarl import URL

from crossdock.http.types import Request
from crossdock.http.wire import KEEP_ALIVE_S, Answer, Trace, check_length, gather

_LONGEST_LINE = 64 * 1024
# aiohttp warns of larger bodies as bytes: it would hand them to the socket in one go.
_LARGE_BODY = 1024 * 1024
_NO_DEADLINE = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None)
_leaving: ContextVar[Trace] = ContextVar("_leaving")
"""The trace of the request that this task is about to send: aiohttp builds its request object by itself."""


class _TracedRequest(aiohttp.ClientRequest):
    """Asks before the bytes go to the socket, on fresh and on reused connections alike.

    aiohttp's own tracing could ask as well, and costs as much as half a request. The request that opens a tunnel
    through a proxy is of aiohttp's own class, and is not ours.
    """

    async def send(self, conn: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        await _leaving.get().leave()
        return await super().send(conn)

    if sys.version_info < (3, 12):

        def write_bytes(self, *args: Any) -> Coroutine[Any, Any, None]:
            """Write at once what was allowed to leave, not when other tasks had their turn.

            From Python 3.12 on aiohttp does so itself. A process may be frozen in another task's turn, and go on when
            its lease is over.
            """
            return _rest_of(_Begun(super().write_bytes(*args)))


async def _rest_of(begun: _Begun) -> None:
    await begun


class _Begun:
    """A coroutine that was begun outside of the task that ends it."""

    def __init__(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._coroutine = coroutine
        self._ended = False
        self._waits_for: Any = None
        self._step(None)

    def __await__(self) -> Generator[Any, Any, None]:
        while not self._ended:
            try:
                yield self._waits_for
            except BaseException as error:  # noqa: BLE001  a cancellation, too, is the coroutine's own affair
                self._step(error)
            else:
                self._step(None)

    def _step(self, error: BaseException | None) -> None:
        try:
            self._waits_for = self._coroutine.send(None) if error is None else self._coroutine.throw(error)
        except StopIteration:
            self._ended = True


class AiohttpWire:
    """Carries requests over one aiohttp session."""

    faults: tuple[type[Exception], ...] = (aiohttp.ClientError, OSError, TimeoutError)

    def __init__(self, limit: int, connections: int, proxy: httpx.URL | None, trust: ssl.SSLContext) -> None:
        self._limit = limit
        self._session = _session(connections, trust)
        self._proxy = None if proxy is None else URL(str(proxy.copy_with(userinfo=b"")))
        self._login = None if proxy is None else _login(proxy)

    async def exchange(self, request: Request, trace: Trace) -> Answer:
        """Send once and return the complete answer."""
        headers = CIMultiDict([(name.decode("ascii"), value.decode("utf-8")) for name, value in request.headers.raw])
        if self._login and self._proxy and request.url.scheme == "http":
            headers["Proxy-Authorization"] = self._login  # with https it goes onto the CONNECT request alone
        body = request.content
        _leaving.set(trace)
        response = await self._session.request(
            request.method,
            URL(str(request.url), encoded=True),  # yarl would quote it anew, and a cursor is the vendor's
            headers=headers,
            data=(body if len(body) < _LARGE_BODY else BytesIO(body)) if body else None,
            allow_redirects=False,
            proxy=self._proxy,
            proxy_headers={"Proxy-Authorization": self._login} if self._login and self._proxy else None,
        )
        try:
            check_length(response.headers.get("Content-Length"), self._limit, request)
            answer = await gather(response.content.iter_any(), self._limit)
        except BaseException:
            response.close()
            raise
        response.release()
        return Answer(response.status, list(response.raw_headers), answer)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()


def _session(connections: int, trust: ssl.SSLContext) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections, ssl=trust, keepalive_timeout=KEEP_ALIVE_S),
        timeout=_NO_DEADLINE,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,  # we read the proxies ourselves; aiohttp would read a .netrc too
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        max_line_size=_LONGEST_LINE,
        max_field_size=_LONGEST_LINE,
        request_class=_TracedRequest,
    )
    # aiohttp repeats idempotent requests by itself when a reused connection breaks. We decide what is repeated.
    session._retry_connection = False
    return session


def _login(proxy: httpx.URL) -> str | None:
    pair = f"{proxy.username}:{proxy.password}".encode()
    return f"Basic {b64encode(pair).decode()}" if proxy.userinfo else None
