"""uvicorn on loopback, with connections that can be cut."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 that lets the application reach its transport, to abort it: a real cut, not an error answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the transport where every scope of this connection sees it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class LoopbackServer(uvicorn.Server):
    """A server that says when it is ready, and that a signal ends without an error."""

    def __init__(self, app: Any, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=CuttableProtocol,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then say so."""
        await super().startup(sockets=sockets)
        self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End at the first signal; unlike uvicorn, do not raise it anew afterwards: the process ends with 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.should_exit = True


def serve(app: Any, port: int = 0, *, announce: bool = True) -> None:
    """Serve until a signal comes."""
    listener, url = _listen(port)

    def ready() -> None:
        if announce:
            print(f"ready {url}", flush=True)

    LoopbackServer(app, ready).run(sockets=[listener])


@contextmanager
def running(app: Any, port: int = 0) -> Iterator[str]:
    """Serve from a thread while the block lasts."""
    listener, url = _listen(port)
    ready = threading.Event()
    server = LoopbackServer(app, ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name=f"simulator {url}", daemon=True)
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError(f"the simulator did not start at {url}")
        yield url
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def _listen(port: int) -> tuple[socket.socket, str]:
    # Named TCP: only then does asyncio switch off the delay that would hold the second half of each answer for 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"
