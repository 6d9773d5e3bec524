"""The engine knows time and safety, and no vendor."""

from crossdock.engine.reconciling import Amount, Balance, Difference, RouteBalance
from crossdock.engine.results import (
    Adopting,
    Adoption,
    Compared,
    ComparedFact,
    Fate,
    Finding,
    PipelineResult,
    PlannedBundle,
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
    "Amount",
    "Balance",
    "Compared",
    "ComparedFact",
    "Difference",
    "Fate",
    "Finding",
    "PipelineResult",
    "PlanResult",
    "PlannedBundle",
    "PlannedEffect",
    "PlannedHold",
    "PlannedRequest",
    "Progress",
    "RouteBalance",
    "RunResult",
    "Runtime",
]
