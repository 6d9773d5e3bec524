"""What a run, a plan or a progress report says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from crossdock.errors import CrossdockError
from crossdock.store.rows import Delivery, PipelineStatus, State


@dataclass(slots=True)
class Progress:
    """What a pipeline did so far in this run; it counts on while the run goes on."""

    pipeline: str
    read: int = 0
    delivered: int = 0
    held: int = 0
    dead: int = 0
    skipped: int = 0
    waiting: int = 0

    @property
    def counts(self) -> Mapping[str, int]:
        """What there is to tell, by words; the first two always."""
        names = ("read", "delivered", "held", "dead", "skipped", "waiting")
        found = {name: int(getattr(self, name)) for name in names}
        return {name: count for name, count in found.items() if count or name in names[:2]}


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """Where a pipeline stands after a run."""

    status: PipelineStatus
    customer: str | None
    failed: bool = False
    """Its read, or its plugin, failed; `status.reason` says how."""
    credentials_refused: bool = False


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a run."""

    pipelines: Sequence[PipelineResult]
    stopped: Mapping[str, str] = field(default_factory=dict)
    """Pipelines that could not run at all, since a plugin of them is absent or broken, and why."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Connections that refused our credentials, and how to mend that."""

    @property
    def credentials_refused(self) -> bool:
        """Whether some account refused us."""
        return any(pipeline.credentials_refused for pipeline in self.pipelines)

    @property
    def needs_a_person(self) -> bool:
        """Whether something is held, dead or failed."""
        return bool(self.stopped) or any(
            result.failed or result.status.counts.get(State.HELD) or result.status.counts.get(State.DEAD)
            for result in self.pipelines
        )


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request exactly as it would be sent, but for the token."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    body_sha256: str


@dataclass(frozen=True, slots=True)
class PlannedEffect:
    """A change that a run would make."""

    pipeline: str
    route: str
    key: str
    effect_key: str
    requests: tuple[PlannedRequest, ...]
    """None where it goes with a bundle."""


@dataclass(frozen=True, slots=True)
class PlannedBundle:
    """Changes that a run would make together. Its number and token are allotted only when it is sent."""

    pipeline: str
    route: str
    effect_keys: tuple[str, ...]
    requests: tuple[PlannedRequest, ...]


@dataclass(frozen=True, slots=True)
class PlannedHold:
    """A record that a run would hold, or give up."""

    pipeline: str
    key: str
    code: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class ComparedFact:
    """One fact of a delivery: what was sent for it, what would be sent now, and what a replay would come to."""

    effect_key: str
    outcome: Literal["send", "nothing", "hold", "look", "stays"]
    """`nothing`: already in effect. `hold`: made, and may not be changed. `look`: its outcome is unknown, or not all
    of it was done. `stays`: it was made, and is not planned any more."""
    version: int | None
    """Of what was sent last."""
    before: tuple[PlannedRequest, ...]
    after: tuple[PlannedRequest, ...]
    look_first: bool = False
    """Whether it is looked for before it is sent."""

    @property
    def differs(self) -> bool:
        """Whether something else would be sent than was."""
        return bool(self.before) and self.outcome in ("send", "hold")


@dataclass(frozen=True, slots=True)
class Compared:
    """What a replay of one delivery would come to."""

    delivery: Delivery
    facts: tuple[ComparedFact, ...] = ()
    held: PlannedHold | None = None
    """Why nothing can be planned."""
    skipped: str | None = None
    """Why there is nothing to do."""


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What a run would do."""

    effects: Sequence[PlannedEffect]
    held: Sequence[PlannedHold]
    skipped: Sequence[tuple[str, str, str]]
    """(pipeline, key, reason)."""
    read: Mapping[str, int] = field(default_factory=dict)
    bundles: Sequence[PlannedBundle] = ()


class Fate(StrEnum):
    """What an adoption finds of one effect."""

    LINKED = "linked"  # it is there, and linked now; with a plan: it would be
    ABSENT = "absent"  # a run would make it
    DIFFERS = "differs"  # something else is there under its name
    UNCLEAR = "unclear"  # it could not be told
    KNOWN = "known"  # in effect already, by what the store knows
    SKIPPED = "skipped"  # there is nothing to do
    WAITING = "waiting"  # a precondition is not met yet
    HELD = "held"  # it cannot be planned: a run would hold it, or give it up


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one effect, or of a record that could not be planned."""

    pipeline: str
    route: str
    key: str
    fate: Fate
    effect_key: str | None = None
    kind: str | None = None
    """What is there, where something is: its kind and id."""
    id: str | None = None
    code: str | None = None
    reason: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Adopting:
    """How far an adoption of one pipeline is."""

    pipeline: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Adoption:
    """What an adoption of one pipeline found."""

    pipeline: str
    routes: Sequence[str]
    read: int
    findings: Sequence[Finding]
    failure: CrossdockError | None = None
    """Why it ended early; what was linked before is stored."""

    def counts(self, route: str) -> Mapping[Fate, int]:
        """How many of each, for one route."""
        found = Counter(one.fate for one in self.findings if one.route == route)
        return {fate: found[fate] for fate in Fate}
