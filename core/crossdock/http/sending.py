"""Sending one request once: the copy that leaves, its deadline, and what is said when it fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import anyio
import httpx

from crossdock.http.answers import decompress
from crossdock.http.building import check_headers, origin
from crossdock.http.environment import check_url
from crossdock.http.faults import answer_lost, cause, not_sent
from crossdock.http.lines import Lines
from crossdock.http.messages import copy_of, field_of, response_of
from crossdock.http.types import Endpoint, Request, Response
from crossdock.http.wire import Answer, AnswerTooLarge, Guard, Trace

TOO_LARGE = "answer_too_large"
_ALWAYS = (field_of("User-Agent", "crossdock"), field_of("Accept-Encoding", "gzip, deflate"))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that was tried on the wire, for logs and metrics."""

    connection: str
    method: str
    path: str
    correlation_id: str
    duration_s: float
    status: int | None
    """None where no complete answer came."""
    fault: str | None = None
    """The error's code where no complete answer came."""


Observer = Callable[[Exchange], None]


class Post:
    """Carries signed requests over the lines, each once."""

    def __init__(self, endpoint: Endpoint, lines: Lines, limit: int, observer: Observer | None) -> None:
        self._endpoint = endpoint
        self._lines = lines
        self._limit = limit
        self._observer = observer
        self._trusted = {origin(httpx.URL(endpoint.base_url))}

    def copy(self, request: Request, correlation_id: str) -> Request:
        """The copy that will leave; what core stores stays as it was planned, without a token."""
        name = self._endpoint.correlation_header
        return copy_of(request, _ALWAYS, None if name is None else field_of(name, correlation_id))

    async def send(self, copy: Request, original: Request, correlation_id: str, guard: Guard | None = None) -> Response:
        """Send once; the answer names the request without its token.

        Raises: TransientError where nothing left, AnswerLostError where it left and no complete answer came.
        """
        check_headers(copy)
        self._check_address(copy)
        trace, started = Trace(guard), time.perf_counter()
        response: Response | None = None
        fault: Exception | None = None
        with anyio.move_on_after(self._endpoint.timeout_s):
            try:
                answer = await self._lines.exchange(copy, trace)
                response = _response(answer, original, self._limit)
            except Exception as error:  # noqa: BLE001  whatever it is, the trace says what it means
                fault = error
        # Raised out here, so that the fault of a library, which may bear URLs or headers, is in no traceback.
        raised = None if response is not None else self._judge(original, trace, fault)
        self._observe(original, correlation_id, started, response, raised)
        if raised is not None:
            raise raised
        return cast("Response", response)

    def _check_address(self, request: Request) -> None:
        if origin(request.url) not in self._trusted:
            check_url(request.url, self._endpoint.plain_http_hosts, self._endpoint.connection)
            self._trusted.add(origin(request.url))

    def _judge(self, request: Request, trace: Trace, fault: Exception | None) -> Exception:
        connection, limit = self._endpoint.connection, self._limit
        if trace.objection is not None:
            return trace.objection
        if isinstance(fault, AnswerTooLarge | OverflowError):
            return answer_lost(connection, request, f"it is larger than {limit >> 20} MiB", TOO_LARGE)
        why = f"not done within {self._endpoint.timeout_s:g} s" if fault is None else cause(fault)
        return answer_lost(connection, request, why) if trace.left else not_sent(connection, request, why)

    def _observe(
        self, request: Request, correlation_id: str, started: float, response: Response | None, raised: object
    ) -> None:
        if self._observer is None:
            return
        self._observer(
            Exchange(
                connection=self._endpoint.connection,
                method=request.method,
                path=request.url.path,
                correlation_id=correlation_id,
                duration_s=time.perf_counter() - started,
                status=None if response is None else response.status_code,
                fault=None if raised is None else getattr(raised, "code", type(raised).__name__),
            )
        )


def _response(answer: Answer, request: Request, limit: int) -> Response:
    headers, body = answer.headers, answer.body
    coding = [value for name, value in headers if name.lower() == b"content-encoding"]
    if coding:
        body = decompress(body, coding[-1].decode("latin-1").strip().lower(), limit)
        headers = [(name, value) for name, value in headers if name.lower() not in _FRAMING]
    return response_of(answer.status, headers, body, request)


# The body is handed on decoded and whole; these speak of its form on the wire.
_FRAMING = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
