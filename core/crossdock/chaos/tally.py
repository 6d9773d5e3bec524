"""What came of all executions together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from crossdock.chaos.plan import MOMENTS, Plan
from crossdock.jsonio import Json
from crossdock.scenario import Verdict


@dataclass(frozen=True, slots=True)
class Example:
    """One execution that shows a fault."""

    run: int
    strikes: Sequence[str]
    """What happened to its processes, in order."""
    lost: Mapping[str, Sequence[str]]
    """Keys by what they must have given."""
    doubled: Mapping[str, Sequence[str]]
    unwanted: Mapping[str, Sequence[str]]
    trouble: Sequence[str]
    """Whatever else is wrong: held or dead where nothing should be, commands that crashed, work that never settled."""
    command: str
    """What executes it again."""

    def to_json(self) -> Json:
        """As `chaos --json` prints it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass
class Execution:
    """What came of one."""

    plan: Plan
    verdict: Verdict | None = None
    struck: list[tuple[str, str]] = field(default_factory=list)
    """(moment, blow) of the strikes that fell."""
    told: list[str] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    recoveries_s: list[float] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether both sides are as they must be."""
        return self.verdict is not None and self.verdict.ok and not self.trouble


@dataclass
class Tally:
    """All executions so far."""

    seed: int
    complete: bool = True
    """Whether every moment must have been reached: not where one execution alone is repeated."""
    runs: int = 0
    failed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    blows: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    recoveries_s: list[float] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)

    def add(self, one: Execution, command: str) -> None:
        """Count one."""
        self.runs += 1
        self.hits.update(one.hits)
        self.faults.update(one.faults)
        self.blows.update(blow for _, blow in one.struck)
        self.kills.update(moment for moment, blow in one.struck if blow == "killed")
        self.recoveries_s.extend(one.recoveries_s)
        if one.verdict is not None:
            self.counts.update({name: count for name, count in one.verdict.to_json().items() if name != "ok"})
        if not one.ok:
            self.failed += 1
            self.examples.append(_example(one, command))

    @property
    def unreached(self) -> list[str]:
        """Moments at which nothing ever was: what was not disturbed proves nothing."""
        return [moment for moment in MOMENTS if not self.hits[moment]] if self.complete else []

    @property
    def ok(self) -> bool:
        """Whether nothing was lost or doubled, and every moment was reached."""
        return self.runs > 0 and not self.failed and not self.unreached

    def recovery(self) -> dict[str, float] | None:
        """From a blow until all was settled. Units: seconds, those included by which chaos moved the clocks."""
        if not self.recoveries_s:
            return None
        return {"median": round(median(self.recoveries_s), 1), "longest": round(max(self.recoveries_s), 1)}

    def to_json(self) -> Json:
        """The shape that `chaos --json` prints."""
        counts = {name: self.counts[name] for name in ("placed", "created", "acknowledged", "shipped")}
        return {
            **counts,
            **{name: self.counts[name] for name in ("held", "doubled", "lost")},
            "boundaries": {name: {"hits": self.hits[name], "kills": self.kills[name]} for name in MOMENTS},
            "runs": self.runs,
            "ok": self.ok,
            "seed": self.seed,
            "failed": self.failed,
            "unreached": self.unreached,
            "disturbances": {**self.blows, **self.faults},
            "recovery_s": self.recovery(),
            "examples": [example.to_json() for example in sorted(self.examples, key=lambda one: one.run)],
        }


def _example(one: Execution, command: str) -> Example:
    compared = one.verdict.compared if one.verdict is not None else ()

    def keys(what: str) -> dict[str, Sequence[str]]:
        return {each.expectation.name: getattr(each, what) for each in compared if getattr(each, what)}

    trouble = list(one.trouble)
    if one.verdict is not None and dict(one.verdict.held) != dict(one.verdict.expected_held):
        expected, held = dict(one.verdict.expected_held), dict(one.verdict.held)
        trouble.append(f"held or dead are {held or 'none'}; expected were {expected or 'none'}")
        trouble += [
            f"{key}: {code}: {reason}" for key, code, reason, _ in one.verdict.explanations if code not in expected
        ]
    return Example(one.plan.number, one.told, keys("lost"), keys("doubled"), keys("unwanted"), trouble, command)
