"""What was done here, and what was asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crossdock.simulator.virtual import VirtualClock


@dataclass(slots=True)
class Fact:
    """One thing that was done, and how often: a `count` above one is a double.

    `account` tells equal keys of different owners apart, where the remote system has several.
    """

    kind: str
    key: str
    revision: int | str
    count: int = 0
    account: str = ""

    def wire(self) -> dict[str, Any]:
        """As `GET /_sim/facts` shows it."""
        shown = {"kind": self.kind, "key": self.key, "revision": self.revision, "count": self.count}
        return {**shown, "account": self.account} if self.account else shown


class Journal:
    """Facts in the order in which they were first done, and every single event."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._facts: dict[tuple[str, str, int | str, str], Fact] = {}
        self.events: list[dict[str, Any]] = []

    def record(self, kind: str, key: str, revision: int | str = 1, *, account: str = "") -> Fact:
        """Count that this was done. The same revision is the same fact; what may be done anew has another one."""
        fact = self._facts.setdefault((kind, key, revision, account), Fact(kind, key, revision, account=account))
        fact.count += 1
        self.events.append({"at": self._clock.now(), "kind": kind, "key": key, "revision": revision})
        return fact

    def facts(self, kind: str | None = None, key: str | None = None) -> list[Fact]:
        """The facts, narrowed to a kind and a key."""
        return [f for f in self._facts.values() if kind in (None, f.kind) and key in (None, f.key)]

    def clear(self) -> None:
        """Forget everything."""
        self._facts.clear()
        self.events.clear()


@dataclass(slots=True)
class LoggedRequest:
    """One vendor request. `status` is None where no answer was given: cut, or still under way."""

    at: datetime
    method: str
    path: str
    query: str
    write: bool
    status: int | None = None

    def wire(self) -> dict[str, Any]:
        """As `GET /_sim/state` shows it."""
        names = ("at", "method", "path", "query", "status", "write")
        return {name: getattr(self, name) for name in names}


def logged(requests: Iterable[LoggedRequest]) -> list[dict[str, Any]]:
    """The request log as JSON holds it."""
    return [request.wire() for request in requests]
