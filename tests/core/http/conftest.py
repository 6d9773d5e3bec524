"""A server that misbehaves on request and counts what reaches it, and a client to meet it."""

from __future__ import annotations

import contextlib
import gzip
import random
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from crossdock.clock import ManualClock, SystemClock
from crossdock.http import Endpoint, open_client

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n"
BODY = b'{"ok":true}'
_OPTIONS = ("circuits", "observer", "outages", "quotas", "tokens")
MIB = b"x" * (1024 * 1024)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


class Server:
    """Counts requests when their first byte is there, then does what `mode` says."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.mode = "ok"
        self.requests: list[bytes] = []
        self.begun = 0
        self.connections = 0
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: set[socket.socket] = set()
        self._closed = threading.Event()
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        raw = connection
        with contextlib.suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            while self._one(connection):
                pass
        with contextlib.suppress(OSError):
            connection.close()
        self._sockets.discard(raw)

    def _one(self, connection: socket.socket) -> bool:
        """Serve one request; False ends the connection."""
        if self._tls is None and not connection.recv(1, socket.MSG_PEEK):
            return False
        if self.mode == "cut_before_reading":
            self.begun += 1
            # Close with unread bytes and no lingering: the client sees a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        request = _read(connection)
        if request is None:
            return False
        self.begun += 1
        self.requests.append(request)
        return bool(getattr(self, f"_{self.mode}")(connection))

    def _ok(self, connection: socket.socket) -> bool:
        connection.sendall(OK + (b"" if self.requests[-1].startswith(b"HEAD") else BODY))
        return True

    def _ok_then_close(self, connection: socket.socket) -> bool:
        self._ok(connection)
        return False

    def _cut_after_reading(self, connection: socket.socket) -> bool:
        return False

    def _cut_in_headers(self, connection: socket.socket) -> bool:
        connection.sendall(OK[:30])
        return False

    def _cut_in_body(self, connection: socket.socket) -> bool:
        connection.sendall(OK + BODY[:5])
        return False

    def _cut_in_chunk(self, connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n" + BODY[:5])
        return False

    def _cut_before_last_chunk(self, connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n" + BODY + b"\r\n")
        return False

    def _no_http(self, connection: socket.socket) -> bool:
        connection.sendall(b"220 mail.example.test ESMTP\r\n\r\n")
        return False

    def _announces_too_much(self, connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + BODY)
        return self._hang(connection)

    def _sends_too_much(self, connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(64):
            connection.sendall(MIB)
        return False

    def _inflates_too_much(self, connection: socket.socket) -> bool:
        return self._gzipped(connection, gzip.compress(MIB * 8))

    def _gzip(self, connection: socket.socket) -> bool:
        return self._gzipped(connection, gzip.compress(BODY))

    def _gzip_cut(self, connection: socket.socket) -> bool:
        return self._gzipped(connection, gzip.compress(BODY)[:-9])

    def _gzipped(self, connection: socket.socket, body: bytes) -> bool:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        return True

    def _redirect(self, connection: socket.socket) -> bool:
        connection.sendall(
            f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {self.url}/elsewhere\r\nContent-Length: 0\r\n\r\n".encode()
        )
        return True

    def _sets_cookie(self, connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: 0\r\n\r\n")
        return True

    def _drips(self, connection: socket.socket) -> bool:
        connection.sendall(OK[:-13])
        while not self._closed.wait(0.02):
            connection.sendall(b"X-Drip: 1\r\n")
        return False

    def _hang(self, connection: socket.socket) -> bool:
        while connection.recv(65536):  # until the client gives up
            pass
        return False


def _read(connection: socket.socket) -> bytes | None:
    """One whole request, or None where the connection ends."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head = data.partition(b"\r\n\r\n")[0].lower()
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(data) - len(head) - 4 < length:
        data += connection.recv(65536)
    return data


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def make_server() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def make(tls: ssl.SSLContext | None = None) -> Server:
        made.append(Server(tls))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def connect(no_proxies: None) -> Callable[..., Any]:
    """Open a client of a real server."""

    def open_(base_url: str, *, clock: Any = None, answer_limit: int = 1024 * 1024, **facts: Any) -> Any:
        facts = {"connection": "shop", "identity": "shop:1", "reads": ("GET /**",), "timeout_s": 5.0, **facts}
        options = {name: facts.pop(name) for name in ("observer", "rng", "tokens") if name in facts}
        endpoint = Endpoint(base_url=base_url, **facts)
        return open_client(endpoint, clock=clock or SystemClock(), answer_limit=answer_limit, **options)

    return open_


@pytest.fixture
def stub() -> Callable[..., Any]:
    """Open a client whose requests a function answers, at a clock that stands still."""

    def open_(answer: Callable[[httpx.Request], Any], *, clock: ManualClock | None = None, **facts: Any) -> Any:
        facts = {
            "connection": "shop",
            "base_url": "https://shop.example.test",
            "identity": "shop:1",
            "reads": ("GET /**", "POST /**/search"),
            **facts,
        }
        options = {name: facts.pop(name) for name in _OPTIONS if name in facts}
        return open_client(
            Endpoint(**facts),
            clock=clock or ManualClock(),
            rng=random.Random(7),
            transport=lambda: httpx.MockTransport(answer),
            **options,
        )

    return open_
