"""A client without a network: it answers what a test tells it to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from crossdock.clock import Clock, ManualClock
from crossdock.contract.connection import Connection
from crossdock.engine.binding import endpoint
from crossdock.errors import RejectedError
from crossdock.http.building import Site
from crossdock.http.globs import Globs
from crossdock.http.types import Request, Response
from crossdock.jsonio import Json, dumps

Handler = Callable[[Request], Response]


class FakeReader:
    """What core hands to a plugin, answered by a function or from a list. It refuses what does not only read."""

    def __init__(self, connection: Connection, handler: Handler | None = None, *, clock: Clock | None = None) -> None:
        self._site = Site(endpoint("test", connection, 1))
        self._reads = Globs(connection.reads)
        self._handler = handler
        self._clock = clock or ManualClock()
        self.answers: list[Response] = []
        self.requests: list[Request] = []

    def will_answer(
        self, status: int = 200, json: Json = None, *, content: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer one more request: with JSON, or with bytes."""
        body, kind = (content, {}) if json is None else (dumps(json), {"Content-Type": "application/json"})
        self.answers.append(Response(status, content=body, headers={**kind, **(headers or {})}))

    def build(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        """Build a request exactly as the real client does."""
        return self._site.build(method, path, params, json, content, headers)

    async def send(self, request: Request) -> Response:
        """Answer a reading request. Raises: RejectedError for any other; AssertionError for want of an answer."""
        path = self._site.path(request)
        if path is None or self._reads.find(request.method, path) is None:
            raise RejectedError(f"{request.method} {path} is not declared as only reading", code="not_reading")
        self.requests.append(request)
        response = self._next(request)
        response.request = request
        return response

    async def get(
        self, path: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """`build` and `send` in one."""
        return await self.send(self.build("GET", path, params=params, headers=headers))

    async def post(self, path: str, *, json: object, headers: Mapping[str, str] | None = None) -> Response:
        """`build` and `send` in one, for searches."""
        return await self.send(self.build("POST", path, json=json, headers=headers))

    async def vendor_now(self) -> datetime:
        """The clock that the test gave."""
        return self._clock.now()

    def _next(self, request: Request) -> Response:
        if self.answers:
            return self.answers.pop(0)
        if self._handler is None:
            raise AssertionError(f"nobody said what to answer to {request.method} {request.url.path}")
        return self._handler(request)
