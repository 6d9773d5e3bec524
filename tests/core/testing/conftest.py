"""A small service to record, and a connection to it."""

from __future__ import annotations

import gzip
import http.server
import threading
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import pytest

from crossdock import AuthProvider, Connection, Secret
from crossdock.http import Request, Response, Token
from crossdock.jsonio import loads
from crossdock.testing import Cassette


class Refused(BaseException):
    """The cassette refused. Like pytest's own failure it is no Exception, so that nobody takes it for an outage."""


class Keys(AuthProvider):
    name: ClassVar[str] = "keys"

    client_secret: Secret

    @property
    def account(self) -> str:
        return "client-1"

    def token_flow(self, base_url: str, previous: Token | None, now: datetime) -> Generator[Request, Response, Token]:
        answer = yield Request(
            "POST", f"{base_url}/token", data={"client_secret": self.client_secret.reveal(), "grant_type": "x"}
        )
        return Token(loads(answer.content)["access_token"], issued_at=now, lifetime_s=900.0)

    def sign(self, request: Request, token: Token | None, now: datetime) -> None:
        request.headers["Authorization"] = f"Bearer {token.value if token else ''}"


class Shop(Connection):
    name: ClassVar[str] = "shop"
    reads: ClassVar[tuple[str, ...]] = ("GET /**", "POST /search")
    correlation_header: ClassVar[str | None] = "X-Correlation-Id"

    @property
    def identity(self) -> str:
        return f"shop:{self.host}"


class Service(http.server.ThreadingHTTPServer):
    """Answers by path from `answers`: a body, with headers; counts what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Service

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        path = self.path.partition("?")[0]
        self.server.asked.append(path)
        body, headers = self.server.answers.get(path, (b"{}", {}))
        self.send_response(200)
        for name, value in {"Content-Length": str(len(body)), "Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815  (what the standard library calls)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (as inherited)
        """Say nothing."""


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        server.answers["/token"] = (b'{"access_token": "eyJ-granted-token-1", "expires_in": 900}', {})
        packed = gzip.compress(b'{"items": [{"sku": "MUG-01", "buyer": {"name": "Robin Sample"}}]}')
        server.answers["/items"] = (packed, {"Content-Encoding": "gzip", "Set-Cookie": "sid=hidden-cookie"})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def refuse(message: str) -> NoReturn:
    raise Refused(message)


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Cassette]:
    """A cassette in a folder of its own: recorded from `url`, or replayed without."""

    def open_one(url: str = "", **settings: Any) -> Cassette:
        values = {"rules": None, "origin": "against a test", **settings}
        return Cassette(tmp_path / "cassettes" / "one.yaml", fail=refuse, base_url=url, **values)

    return open_one


@pytest.fixture
def connect() -> Callable[[Cassette], Shop]:
    def make(cassette: Cassette, **settings: Any) -> Shop:
        secret = Secret.literal(cassette.given("SHOP_SECRET", "the-stand-in"))
        return Shop(**{"base_url": cassette.base_url, "auth": Keys(client_secret=secret), **settings})

    return make


@pytest.fixture
def refused() -> type[BaseException]:
    return Refused
