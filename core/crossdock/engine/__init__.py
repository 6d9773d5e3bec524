"""The engine knows time and safety, and no vendor."""

from crossdock.engine.results import (
    Adopting,
    Adoption,
    Compared,
    ComparedFact,
    Fate,
    Finding,
    PipelineResult,
    PlannedEffect,
    PlannedHold,
    PlannedRequest,
    PlanResult,
    Progress,
    RunResult,
)
from crossdock.engine.runtime import Runtime

__all__ = [
    "Adopting",
    "Adoption",
    "Compared",
    "ComparedFact",
    "Fate",
    "Finding",
    "PipelineResult",
    "PlanResult",
    "PlannedEffect",
    "PlannedHold",
    "PlannedRequest",
    "Progress",
    "RunResult",
    "Runtime",
]
