"""The simulated tenant in the place of the tiny one: it witnesses what was posted, and how often."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from starlette.datastructures import Headers
from tiny_fsm import NOW

from crossdock.http import Request, Response
from crossdock.simulator import Call, VirtualClock
from crossdock_erp_ledger.simulator import InforSimulator

TENANT = "ACME_TST"


class StandingClock(VirtualClock):
    """Begins at a moment, and goes on only when it is told."""

    def now(self) -> datetime:
        """The tenant's time."""
        return self._pinned or NOW + self._offset


class SimulatedFsm:
    """Answers requests of a connector that has its token already. Its clock goes on as the carrier says."""

    def __init__(self, **settings: Any) -> None:
        self.simulator = InforSimulator(seed=3)
        self.simulator.clock = StandingClock()
        self.simulator.begin()
        self.simulator.control("settings", {"dimensions": "any", **settings})
        self.token = self.simulator.tokens.issue(f"{TENANT}/client", 86_400).value
        self.asked: list[str] = []

    @property
    def now(self) -> datetime:
        """The tenant's time."""
        return self.simulator.clock.now()

    @now.setter
    def now(self, moment: datetime) -> None:
        self.simulator.clock.advance(max(0.0, (moment - self.simulator.clock.now()).total_seconds()))

    def __call__(self, request: Request) -> Response:
        headers = Headers({"authorization": f"Bearer {self.token}", "content-type": "application/json"})
        query, path = request.url.query.decode(), request.url.path
        self.asked.append(path.rpartition("/")[2])
        outcome = self.simulator.handle(Call(request.method, path, headers, request.content, self.now, query, path))
        assert outcome.response is not None
        shown = Response(outcome.response.status_code, content=bytes(outcome.response.body), request=request)
        shown.headers["Date"] = f"{self.now:%a, %d %b %Y %H:%M:%S} GMT"
        return shown

    def pass_time(self, seconds: float) -> None:
        """Let what is under way come to its end."""
        self.now += timedelta(seconds=seconds)
        self.simulator.settle()

    def posted(self) -> dict[str, int]:
        """How often each business key is in the ledger."""
        return {fact.key: fact.count for fact in self.simulator.journal.facts("posted")}

    def state(self, name: str) -> list[dict[str, Any]]:
        """What there is of a kind."""
        found: list[dict[str, Any]] = json.loads(json.dumps(self.simulator.control("state")[name], default=str))
        return found
