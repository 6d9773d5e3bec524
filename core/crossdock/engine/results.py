"""What a run, a plan or a progress report says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crossdock.store.rows import PipelineStatus, State


@dataclass(frozen=True, slots=True)
class Progress:
    """What a pipeline did so far in this run."""

    pipeline: str
    read: int = 0
    delivered: int = 0
    held: int = 0
    dead: int = 0
    skipped: int = 0
    waiting: int = 0


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


@dataclass(frozen=True, slots=True)
class PlannedHold:
    """A record that a run would hold, or give up."""

    pipeline: str
    key: str
    code: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What a run would do."""

    effects: Sequence[PlannedEffect]
    held: Sequence[PlannedHold]
    skipped: Sequence[tuple[str, str, str]]
    """(pipeline, key, reason)."""
    read: Mapping[str, int] = field(default_factory=dict)
