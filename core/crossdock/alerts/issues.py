"""What needs a person: held and dead deliveries, reads that failed, connections that refused us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crossdock.jsonio import Json
from crossdock.observe.redact import redact_text
from crossdock.store.protocol import Store
from crossdock.store.rows import AlertRow, DeliverySummary, State

_ALL = 1_000_000
_NEAR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Look:
    """What a run found, beside what stands in the store."""

    pipelines: Mapping[str, str | None]
    """Those that ran, and whose they are."""
    connections: frozenset[str]
    """Those that they use."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Pipelines whose read failed, or that could not run, and why."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Connections that refused our credentials, and how to mend that."""

    @property
    def scopes(self) -> frozenset[str]:
        """What was looked at: of nothing else it is known that it is over."""
        return frozenset(self.pipelines) | {_scope(name) for name in self.connections}


async def issues(store: Store, look: Look, now: datetime) -> list[AlertRow]:
    """Everything that needs a person now. It bears keys and codes, and of texts the ways out alone."""
    states = (State.HELD, State.DEAD)
    troubled = await store.deliveries(pipelines=list(look.pipelines), states=states, limit=_ALL)
    found = [_of_delivery(one, look.pipelines[one.pipeline], now) for one in reversed(troubled)]
    return [*_of_connections(look), *_of_reads(look), *found]


def _of_delivery(one: DeliverySummary, customer: str | None, now: datetime) -> AlertRow:
    about: dict[str, Json] = {
        "kind": "delivery",
        "pipeline": one.pipeline,
        "customer": customer,
        "route": one.route,
        "key": one.key,
        "delivery": one.id,
        "state": one.state.value,
        "code": one.code,
        "since": one.since.isoformat(),
        "deadline": None if one.deadline is None else one.deadline.isoformat(),
        "fix": None if one.fix is None else redact_text(one.fix),
    }
    mark = f"{one.state.value} {one.code} {_urgency(one.deadline, now)}"
    return AlertRow(f"delivery:{one.id}", one.pipeline, mark, about)


def _urgency(deadline: datetime | None, now: datetime) -> str:
    """A deadline that comes near makes it worse, and one that is over once more."""
    if deadline is None or deadline - now > _NEAR:
        return ""
    return "near" if deadline > now else "over"


def _of_reads(look: Look) -> Iterator[AlertRow]:
    for name, reason in look.failed.items():
        about: dict[str, Json] = {"kind": "read", "pipeline": name, "reason": redact_text(reason)}
        yield AlertRow(f"read:{name}", name, "failed", {**about, "customer": look.pipelines.get(name)})


def _of_connections(look: Look) -> Iterator[AlertRow]:
    for name, fix in look.refused.items():
        about: dict[str, Json] = {"kind": "connection", "connection": name, "fix": redact_text(fix)}
        yield AlertRow(_scope(name), _scope(name), "refused", about)


def _scope(connection: str) -> str:
    return f"connection:{connection}"
