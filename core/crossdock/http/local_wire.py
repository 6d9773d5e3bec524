"""The wire to an account of this machine: a function of its connection answers, in a worker thread."""

from __future__ import annotations

from errno import EALREADY
from os import strerror
from threading import Lock

import anyio
from anyio import to_thread

from crossdock.http.types import Handler, Request
from crossdock.http.wire import Answer, AnswerTooLarge, Trace


class LocalWire:
    """Hands over one request at a time. Nothing leaves before its turn has come."""

    faults: tuple[type[Exception], ...] = (OSError,)

    def __init__(self, handle: Handler, limit: int) -> None:
        self._handle = handle
        self._limit = limit
        self._turn = anyio.Lock()
        self._at_work = Lock()

    async def exchange(self, request: Request, trace: Trace) -> Answer:
        """Call the function once. What it raises is raised; whether it may have been called says `trace`."""
        async with self._turn:
            if self._at_work.locked():  # with an earlier request, whose deadline is over
                raise OSError(EALREADY, strerror(EALREADY))
            await trace.leave()
            call = _Call()
            try:
                # Past the deadline nobody waits for it, as nobody waits for a service that hangs.
                return await to_thread.run_sync(self._answer, request, call, abandon_on_cancel=True)
            finally:
                call.dropped = True

    async def aclose(self) -> None:
        """Nothing is open."""

    def _answer(self, request: Request, call: _Call) -> Answer:
        with self._at_work:
            if call.dropped:  # before this thread had its turn: another request may have had it since
                raise TimeoutError
            response = self._handle(request)
        if len(response.content) > self._limit:
            raise AnswerTooLarge
        return Answer(response.status_code, response.headers.raw, response.content)


class _Call:
    """One request, as both threads know it."""

    dropped = False
