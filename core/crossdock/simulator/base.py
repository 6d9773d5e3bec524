"""What every simulator is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from random import Random
from threading import RLock
from typing import Any, ClassVar
from uuid import UUID

from starlette.responses import Response

from crossdock import jsonio
from crossdock.simulator.application import Application
from crossdock.simulator.call import Call, Refusal, answer
from crossdock.simulator.control import ControlPlane
from crossdock.simulator.faults import Faults, LateEffects
from crossdock.simulator.handling import Outcome, handle
from crossdock.simulator.journal import Journal, LoggedRequest
from crossdock.simulator.quotas import Buckets
from crossdock.simulator.routing import Route, Router
from crossdock.simulator.settings import Settings
from crossdock.simulator.tokens import Tokens
from crossdock.simulator.virtual import VirtualClock


class Simulator:
    """A stand-in for a remote system: strict, stateful, with a control plane under `/_sim`.

    A vendor's subclass says its `name`, `prepare`s its state, lists its `routes` and `verbs`, guards them, shows its
    `collections`, and gives the vendor's words for what is refused. Endpoints are synchronous functions from `Call` to
    `Response`; they raise `Refusal` to end early, and `ValueError` (verbs only) for a body that cannot be used.
    """

    name: ClassVar[str]
    settings_type: ClassVar[type[Settings]] = Settings

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.clock = VirtualClock()
        self.lock = RLock()  # the server runs in one thread; a test may look from another
        self.app = Application(self)
        self.begin()

    def begin(self) -> None:
        """Start from nothing: what `POST /_sim/reset` does. The same seed gives the same identifiers again."""
        self.clock.rewind()
        self.random = self.stream("things")
        self.settings: Any = self.settings_type()
        self.journal = Journal(self.clock)
        self.requests: list[LoggedRequest] = []
        self.faults = Faults()
        self.late = LateEffects()
        self.buckets = Buckets(self.clock)
        tokens = self.stream("tokens")
        self.tokens = Tokens(self.clock, lambda: f"{tokens.getrandbits(256):064x}")
        self.prepare()
        self.router = Router(self.routes())
        self._control = ControlPlane(self)

    # ------------------------------------------------------------ what a vendor's simulator says

    def prepare(self) -> None:
        """Make the vendor's own empty state. Called at the start and at each reset, before `routes`."""

    def routes(self) -> Sequence[Route]:
        """The vendor's documented endpoints."""
        return ()

    def verbs(self) -> Sequence[Route]:
        """What tests and scenarios can make happen at the vendor's side: routes under `/_sim/`."""
        return ()

    def collections(self) -> Mapping[str, Any]:
        """What exists here, as JSON, for `GET /_sim/state`."""
        return {}

    def guard(self, call: Call, route: Route) -> None:
        """Check headers and token, and set `call.account`. Raises: Refusal."""

    def unknown_path(self, call: Call) -> Response:
        """The vendor's 404 for a path that does not exist."""
        return answer({"error": f"no such path: {call.path}"}, 404)

    def wrong_method(self, call: Call, allowed: Sequence[str]) -> Response:
        """The vendor's 405."""
        return answer({"error": f"{call.method} is not allowed"}, 405, {"allow": ", ".join(allowed)})

    def too_many(self, call: Call) -> Response:
        """The vendor's 429; `call.taken` says when there is more."""
        return answer({"error": "too many calls"}, 429)

    def finish(self, call: Call, response: Response) -> None:
        """Add what the vendor adds to each answer: quota headers from `call.taken`, an echoed correlation id."""

    # ------------------------------------------------------------ what the vendor's rules use

    def stream(self, name: str) -> Random:
        """A source of chance of its own: what one stream draws does not move another, so ids do not hang on tokens."""
        return Random(f"{self.seed}/{name}")  # noqa: S311  (reproducible on purpose; nothing here is secret)

    def new_uuid(self) -> str:
        """A version 4 UUID from the seed."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def lag_s(self) -> float:
        """The read lag of the settings, for a `Shelf`."""
        return float(self.settings.read_lag_s)

    def admit(self, call: Call, route: Route | None, allowed: Sequence[str]) -> Route:
        """Let a call through to its endpoint: known path and method, guard, quota. Raises: Refusal."""
        if route is None:
            raise Refusal(self.wrong_method(call, allowed) if allowed else self.unknown_path(call))
        self.guard(call, route)
        if route.limit and self.settings.quotas != "off":
            bucket = route.limit.name or route.name
            call.taken = self.buckets.take(bucket, call.account, route.limit, float(self.settings.quotas))
            if not call.taken.allowed:
                raise Refusal(self.too_many(call))
        return route

    # ------------------------------------------------------------ what drives it

    def settle(self) -> None:
        """Let late effects happen that are due by now, each at its own moment. Runs before every request."""
        with self.lock:
            while due := self.late.pop(self.clock.now()):
                with self.clock.at(due.at):
                    due.act()

    def handle(self, call: Call) -> Outcome:
        """Take one request, vendor's or control's, and say what becomes of it."""
        with self.lock:
            self.settle()
            if call.path == "/_sim" or call.path.startswith("/_sim/"):
                return Outcome(self._control.handle(call))
            return handle(self, call)

    def control(self, verb: str, body: Any = None) -> Any:
        """Use the control plane without HTTP: GET without a body, POST with one ({} where nothing is to be said).

        Raises: ValueError, with the answer's text, where it refuses.
        """
        content = b"" if body is None else jsonio.dumps(body)
        path = f"/_sim/{verb}"
        method = "GET" if body is None else "POST"
        with self.lock:
            self.settle()
            response = self._control.handle(Call.made(method, path, content, self.clock.now()))
        if response.status_code >= 400:
            raise ValueError(bytes(response.body).decode())
        return jsonio.loads(bytes(response.body))

    # ------------------------------------------------------------ serving

    def serve(self, port: int = 0, *, announce: bool = True) -> None:
        """Serve on loopback until SIGINT or SIGTERM; port 0 picks a free one; prints `ready http://127.0.0.1:N`."""
        from crossdock.simulator.server import serve  # only a server needs uvicorn

        serve(self.app, port, announce=announce)

    def running(self, port: int = 0) -> AbstractContextManager[str]:
        """Serve from a thread for as long as the block lasts; gives the base URL."""
        from crossdock.simulator.server import running  # only a server needs uvicorn

        return running(self.app, port)
