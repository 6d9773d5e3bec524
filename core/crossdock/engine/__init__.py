"""The engine knows time and safety, and no vendor."""

from crossdock.engine.results import (
    Compared,
    ComparedFact,
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
    "Compared",
    "ComparedFact",
    "PipelineResult",
    "PlanResult",
    "PlannedEffect",
    "PlannedHold",
    "PlannedRequest",
    "Progress",
    "RunResult",
    "Runtime",
]
