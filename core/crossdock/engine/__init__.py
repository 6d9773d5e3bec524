"""The engine knows time and safety, and no vendor."""

from crossdock.engine.results import (
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
    "PipelineResult",
    "PlanResult",
    "PlannedEffect",
    "PlannedHold",
    "PlannedRequest",
    "Progress",
    "RunResult",
    "Runtime",
]
