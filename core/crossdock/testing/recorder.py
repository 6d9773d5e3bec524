"""One cassette in a test's hands: it records, or it replays."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import anyio
import httpx

from crossdock.clock import ManualClock
from crossdock.contract.connection import Connection
from crossdock.http import Client
from crossdock.http.answers import decompress
from crossdock.http.environment import proxy_for, trust
from crossdock.testing.clients import client_for
from crossdock.testing.extra import needed
from crossdock.testing.rules import Rules
from crossdock.testing.scrubber import Scrubber
from crossdock.testing.tape import Heading, heading_of, load_tape, new_tape, save_tape

STAND_IN_URL = "https://recorded.example.test"
_LIMIT = 32 * 1024 * 1024


class Cassette:
    """What went over the wire once. Time stands still at the moment of the recording, so that requests come out equal.

    `fail` is called with what went wrong, and does not return: an unrecorded request must not look like an outage.
    """

    def __init__(
        self, path: Path, *, rules: Rules | None, fail: Callable[[str], NoReturn], origin: str = "", base_url: str = ""
    ) -> None:
        self.path = path
        self.recording = bool(base_url)
        self.base_url = base_url.rstrip("/") or STAND_IN_URL
        self.scrubber = Scrubber(rules)
        self._fail = fail
        self._origins: dict[str, str] = {}
        self._heading = self._begin(origin)
        self.clock: ManualClock = _RecordingClock(self._heading.now) if self.recording else ManualClock(self.now)
        self._point(self.base_url, STAND_IN_URL)

    @property
    def now(self) -> datetime:
        """The moment at which it was recorded, to the second."""
        return self._heading.now

    @property
    def origin(self) -> str:
        """Where it comes from, as its first line says."""
        return self._heading.origin

    def given(self, variable: str, stand_in: str) -> str:
        """A value of the account: from the environment while recording, else `stand_in`, which the cassette bears.

        Use it for whatever is the account's own: secrets, client ids, tenants, customers.
        """
        value = (os.environ.get(variable) or stand_in) if self.recording else stand_in
        self.scrubber.hide(value, stand_in)
        return value

    @asynccontextmanager
    async def client(self, connection: Connection) -> AsyncIterator[Client]:
        """The client of a connection, over this cassette instead of the network."""
        self._point(connection.base_url, STAND_IN_URL)
        async with client_for(connection, transport=self.transport, clock=self.clock) as client:
            yield client

    def transport(self) -> httpx.AsyncBaseTransport:
        """The way out: the network while recording, else the cassette."""
        return _Recording(self) if self.recording else _Replaying(self)

    # ---------------------------------------------------------------- used by the transports
    def record(self, request: httpx.Request, status: int, phrase: str, headers: httpx.Headers, body: bytes) -> None:
        """Note one exchange, scrubbed."""
        response = {
            "status": {"code": status, "message": phrase},
            "headers": self.scrubber.headers(headers.multi_items()),
            "body": {"string": self.scrubber.answer_body(body)},
        }
        self._tape.append(self._noted(request), response)

    def replay(self, request: httpx.Request) -> httpx.Response:
        """The recorded answer; fails where there is none, or no more."""
        noted = self._noted(request)
        if not self._tape.can_play_response_for(noted):
            self._fail(self._unrecorded(noted))
        played: Mapping[str, Any] = self._tape.play_response(noted)
        headers = [(name, value) for name, values in played["headers"].items() for value in _many(values)]
        body = played["body"].get("string") or b""
        body = (body.encode() if isinstance(body, str) else body).replace(STAND_IN_URL.encode(), self.base_url.encode())
        return httpx.Response(played["status"]["code"], headers=headers, content=body, request=request)

    # ---------------------------------------------------------------- used by the fixture
    def finish(self) -> None:
        """Write what was recorded; or fail where the test sent less than the cassette holds."""
        if self.recording:
            self._save()
        elif not self._tape.all_played:
            left = len(self._tape) - self._tape.play_count
            told = f"{self.path} holds {left} exchanges that the test no longer sends"
            self._fail(f"{told}\nfix: record it again: pytest --record")

    def _save(self) -> None:
        if not len(self._tape):
            self._fail("nothing was sent through the cassette: use `cassette.client(connection)`")
        # Once more, now that everything is known: what came late may have been named early.
        requests = [self._scrubbed(request) for request in self._tape.requests]
        responses = [
            {
                **response,
                "headers": {
                    name: [self.scrubber.text(value) for value in values]
                    for name, values in response["headers"].items()
                },
                "body": {"string": self.scrubber.answer_body(response["body"]["string"])},
            }
            for response in self._tape.responses
        ]
        save_tape(self.path, self._heading, requests, responses)

    def _scrubbed(self, noted: Any) -> Any:
        headers = {name: self.scrubber.text(value) for name, value in noted.headers.items()}
        body = None if noted.body is None else self.scrubber.request_body(noted.body)
        return needed("vcr.request").Request(noted.method, self.scrubber.url(noted.uri), body, headers)

    def _begin(self, origin: str) -> Heading:
        if self.recording:
            self._tape = new_tape(self.path)
            return Heading(f"recorded {origin}", datetime.now(UTC).replace(microsecond=0))
        try:
            heading = heading_of(self.path)
            self._tape = load_tape(self.path) if heading is not None else None
        except ValueError as error:
            self._fail(str(error))
        if heading is None:
            self._fail(f"there is no cassette {self.path}\nfix: record it: pytest --record --base-url https://…")
        return heading

    def _noted(self, request: httpx.Request) -> Any:
        headers = {name: ", ".join(values) for name, values in self.scrubber.headers(request.headers.items()).items()}
        body = self.scrubber.request_body(request.content) if request.content else None
        url = self.scrubber.url(self._pointed(str(request.url)))
        return needed("vcr.request").Request(request.method, url, body, headers)

    def _point(self, url: str, stand_in: str) -> None:
        self._origins.setdefault(url.rstrip("/"), stand_in)
        self.scrubber.hide(url.rstrip("/"), stand_in)
        self.scrubber.hide(httpx.URL(url).netloc.decode(), httpx.URL(stand_in).netloc.decode())

    def _pointed(self, url: str) -> str:
        """The URL at a host that is nobody's: hosts other than the connection's are numbered as they come."""
        for origin, stand_in in self._origins.items():
            if url == origin or url.startswith((f"{origin}/", f"{origin}?")):
                return stand_in + url[len(origin) :]
        parsed = httpx.URL(url)
        origin = f"{parsed.scheme}://{parsed.netloc.decode()}"
        self._point(origin, f"https://host-{len(set(self._origins.values())) + 1}.example.test")
        return self._pointed(url)

    def _unrecorded(self, noted: Any) -> str:
        near = self._tape.find_requests_with_most_matches(noted)
        differing = [str(why) for _, _, fails in near[:1] for _, why in fails]
        repeats = "" if differing else "\nit is there, and was played already"
        return "\n".join(
            [
                f"{self.path.name} holds no answer to {noted.method} {noted.uri}{repeats}",
                *(f"nearest: {why}" for why in differing),
                "fix: record it again: pytest --record; or correct what is sent",
            ]
        )


class _Recording(httpx.AsyncBaseTransport):
    def __init__(self, cassette: Cassette) -> None:
        self._cassette = cassette
        proxy = proxy_for(httpx.URL(cassette.base_url))
        self._network = httpx.AsyncHTTPTransport(
            verify=trust(), trust_env=False, proxy=None if proxy is None else httpx.Proxy(proxy)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        response = await self._network.handle_async_request(request)
        raw = b"".join([chunk async for chunk in response.aiter_raw()])
        await response.aclose()
        coding = response.headers.get("Content-Encoding", "").strip().lower()
        phrase = response.extensions.get("reason_phrase", b"").decode("ascii", "replace")
        self._cassette.record(sent, response.status_code, phrase, response.headers, decompress(raw, coding, _LIMIT))
        return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(raw))

    async def aclose(self) -> None:
        await self._network.aclose()


class _Replaying(httpx.AsyncBaseTransport):
    def __init__(self, cassette: Cassette) -> None:
        self._cassette = cassette

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        return self._cassette.replay(request)


class _RecordingClock(ManualClock):
    """Stands still as in a replay, but really waits where a service asks for it."""

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(max(0.0, seconds))
        await super().sleep(seconds)


def _many(values: Any) -> list[str]:
    return values if isinstance(values, list) else [values]
