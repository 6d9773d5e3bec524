"""Lines: the wires of one client, one for each origin, replaced when a pool seems stuck."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import httpx

from crossdock.http.building import origin
from crossdock.http.types import Request
from crossdock.http.wire import Answer, Trace, Wire


class Line:
    """A wire, and how many requests are on it."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.busy = 0
        self.retired = False


class Lines:
    """Opens a wire when an origin is first used. Token services may have another origin than the connection."""

    def __init__(self, opener: Callable[[httpx.URL], Wire]) -> None:
        self._opener = opener
        self._lines: dict[tuple[str, bytes, int | None], Line] = {}
        self._retired: set[Line] = set()

    async def exchange(self, request: Request, trace: Trace) -> Answer:
        """Send once, over the wire of the request's origin."""
        line = self.line(request.url)
        line.busy += 1
        try:
            return await line.wire.exchange(request, trace)
        except httpx.PoolTimeout:
            # We allow fewer requests than the pool has places, so a pool without a place has lost some: take another.
            self._retire(request.url, line)
            raise
        except Exception as error:
            if not trace.left and not isinstance(error, line.wire.faults):
                trace.objection = trace.objection or error
            raise
        finally:
            line.busy -= 1
            if line.retired and not line.busy:
                self._retired.discard(line)
                with anyio.CancelScope(shield=True):
                    await line.wire.aclose()

    def line(self, url: httpx.URL) -> Line:
        """The line to an origin. Raises: ConfigError where proxy or CA settings cannot be used."""
        key = origin(url)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line(self._opener(url))
        return line

    async def aclose(self) -> None:
        """Close every wire."""
        with anyio.CancelScope(shield=True):
            for line in (*self._lines.values(), *self._retired):
                await line.wire.aclose()
        self._lines.clear()
        self._retired.clear()

    def _retire(self, url: httpx.URL, line: Line) -> None:
        if not line.retired:
            line.retired = True
            self._retired.add(line)
            del self._lines[origin(url)]
