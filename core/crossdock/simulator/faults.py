"""Faults that a test or a scenario orders, and effects that happen late."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from crossdock.simulator.call import answer
from crossdock.simulator.routing import glob


class Fault(BaseModel):
    """What goes wrong, for which requests, how often.

    `status` answers without any effect, unless `effect_after_s` says when the effect happens nevertheless. `drop` cuts
    the connection before the effect, after it, or (`during`) after it and in mid-answer. `delay_s` holds the answer
    back in real time; the effect has happened by then. `effect_after_s` alone: answer lost, effect later.
    """

    model_config = ConfigDict(extra="forbid")

    method: str = "*"
    path: str = "/**"
    times: Annotated[int, Field(ge=1)] = 1
    write: bool | None = None
    """Only requests that change something, or only those that do not."""
    skip: Annotated[int, Field(ge=0)] = 0
    """How many matching requests go through unharmed before."""
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    body: Any = None
    """Text goes out as it is, anything else as JSON."""
    headers: Mapping[str, str] = Field(default_factory=dict)
    delay_s: Annotated[float, Field(ge=0)] | None = None
    drop: Literal["before", "after", "during"] | None = None
    effect_after_s: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Fault:
        if all(value is None for value in (self.status, self.delay_s, self.drop, self.effect_after_s)):
            raise ValueError("a fault says at least one of: status, delay_s, drop, effect_after_s")
        if self.drop and (self.status is not None or self.effect_after_s is not None):
            raise ValueError("drop stands without status and effect_after_s")
        if self.status is None and (self.body is not None or self.headers):
            raise ValueError("body and headers need a status")
        return self

    def hits(self, method: str, path: str, write: bool) -> bool:
        """Whether this request is meant."""
        if self.write is not None and self.write != write:
            return False
        return self.method.upper() in ("*", method) and glob(self.path).fullmatch(path) is not None

    def response(self) -> Response:
        """The ordered answer."""
        status, headers = self.status or 200, dict(self.headers)
        if self.body is None or isinstance(self.body, str):
            return Response(self.body, status, headers)
        return answer(self.body, status, headers)


class Faults:
    """The faults still to come, in the order they were made."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._open: dict[int, Fault] = {}

    def add(self, fault: Fault) -> int:
        """Order one; its number."""
        number = next(self._ids)
        self._open[number] = fault
        return number

    def take(self, method: str, path: str, write: bool) -> Fault | None:
        """The first fault that hits this request, used up by one."""
        for number, fault in self._open.items():
            if not fault.hits(method, path, write):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.times -= 1
            if not fault.times:
                del self._open[number]
            return fault
        return None

    def wire(self) -> list[dict[str, Any]]:
        """What is still to come."""
        return [{"id": number, **fault.model_dump(exclude_none=True)} for number, fault in self._open.items()]

    def clear(self) -> None:
        """Order nothing any more."""
        self._open.clear()


@dataclass(order=True, slots=True)
class DueEffect:
    """An effect and its moment."""

    at: datetime
    number: int
    act: Callable[[], object] = field(compare=False)


class LateEffects:
    """Effects that happen later, each at its own moment and in order."""

    def __init__(self) -> None:
        self._numbers = count()
        self._due: list[DueEffect] = []

    def add(self, at: datetime, act: Callable[[], object]) -> None:
        """Let `act` happen at that moment."""
        heapq.heappush(self._due, DueEffect(at, next(self._numbers), act))

    def pop(self, now: datetime) -> DueEffect | None:
        """The earliest that is due."""
        return heapq.heappop(self._due) if self._due and self._due[0].at <= now else None

    def __len__(self) -> int:
        return len(self._due)

    def clear(self) -> None:
        """Let none of them happen."""
        self._due.clear()
