from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import structlog
from click.testing import CliRunner, Result

from crossdock.cli.main import cli
from crossdock.observe import logs, redact

SITE = Path(__file__).parent / "site"
SECRET = "s3cr3t-of-the-depot"
PERSON = "Quentin Zzyzx"
DEFINITION = """\
version: 1
store: sqlite:depot.db
connections:
  gate:
    use: depot
    base_url: {url}
    auth: {{use: depot.key, client_id: me, client_secret: "{secret}"}}
pipelines:
  parcels:
    customer: acme
    from: {{use: depot.parcels, connection: gate}}
    every: 5m
    to: {{use: depot.bookings, connection: gate}}
"""


def parcel(number: int, sku: str = "MUG-01") -> dict[str, Any]:
    return {"id": f"P{number}", "sku": sku, "name": PERSON, "street": f"{number} Zzyzx Road"}


@dataclass
class DepotServer:
    """A remote system on loopback."""

    url: str = ""
    parcels: list[dict[str, Any]] = field(default_factory=list)
    bookings: list[str] = field(default_factory=list)
    may: list[str] = field(default_factory=lambda: ["parcels", "bookings"])
    refuse: set[str] = field(default_factory=set)
    """SKUs that are not booked."""
    closed: bool = False
    gate: threading.Event = field(default_factory=threading.Event)
    """Bookings wait for it."""
    secret: str = SECRET
    keeper: str = "gate keeper"
    mute: bool = False
    """Whether it will not say who the keeper is, for the moment."""
    asked: int = 0
    """How often a token was asked for."""
    arrived: threading.Event = field(default_factory=threading.Event)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if path == "/token":
            self.asked += 1
            right = parse_qs(body.decode()).get("client_secret") == [self.secret]
            return (200, {"token": "token-0123456789"}) if right else (401, {})
        if path == "/whoami":
            return (404, {}) if self.mute else (200, {"account": self.keeper, "may": self.may})
        if path == "/parcels":
            return (503, {}) if self.closed else (200, self.parcels)
        if method == "GET":
            return 200, {reference: f"B-{reference}" for reference in self.bookings}
        return self._book(json.loads(body))

    def _book(self, wanted: dict[str, Any]) -> tuple[int, Any]:
        self.arrived.set()
        self.gate.wait(30)
        if wanted["sku"] in self.refuse:
            return 422, {"error": "no such thing"}
        self.bookings.append(wanted["reference"])
        return 201, {"id": f"B-{wanted['reference']}"}


@pytest.fixture
def depot() -> Iterator[DepotServer]:
    state = DepotServer()
    state.gate.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, value = state.answer(self.command, self.path, body)
            answer = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    state.gate.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of its own, the test plugin installed, no key, and nothing left over."""
    monkeypatch.syspath_prepend(str(SITE))
    monkeypatch.chdir(tmp_path)
    for name in ("CROSSDOCK_CONFIG", "CROSSDOCK_KEY", "CROSSDOCK_KEY_FILE", "CREDENTIALS_DIRECTORY", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    redact.forget_registered()
    yield
    redact.forget_registered()
    logs.configure(level="warning")
    structlog.reset_defaults()


@pytest.fixture
def definition(tmp_path: Path, depot: DepotServer) -> Path:
    """A definition that works, with the secret in it."""
    path = tmp_path / "crossdock.yaml"
    path.write_text(DEFINITION.format(url=depot.url, secret=SECRET))
    return path


@pytest.fixture
def sealed(tmp_path: Path, depot: DepotServer) -> Path:
    """The same definition, with the secret in the store."""
    path = tmp_path / "crossdock.yaml"
    path.write_text(DEFINITION.format(url=depot.url, secret="${secret:gate}"))
    return path


@pytest.fixture
def crossdock() -> Callable[..., Result]:
    """Call a command in this process."""
    return lambda *args, **kwargs: CliRunner().invoke(cli, list(args), **kwargs)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the real program; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*args: str, **kwargs: Any) -> subprocess.Popen[str]:
        env = {**os.environ, "PYTHONPATH": str(SITE), **kwargs.pop("env", {})}
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kwargs}
        process = subprocess.Popen(
            [sys.executable, "-m", "crossdock", *args], cwd=tmp_path, env=env, text=True, **pipes
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def make_parcel() -> Callable[..., dict[str, Any]]:
    return parcel


@pytest.fixture
def key_file(tmp_path: Path, crossdock: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh key, and this process told of it."""
    path = tmp_path / "crossdock.key"
    assert crossdock("secrets", "new-key", str(path)).exit_code == 0
    monkeypatch.setenv("CROSSDOCK_KEY_FILE", str(path))
    return path
