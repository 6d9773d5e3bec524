"""What is going to be disturbed in one execution of a scenario: decided before it begins, by seed and number alone."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from crossdock.boundary import NAMES
from crossdock.chaos import answers
from crossdock.scenario.model import Scenario

DURING = "effect.during_send"
"""The one moment that is none of the program's own points: a request is under way."""
MOMENTS = (*NAMES, DURING)


class Blow(Enum):
    """What happens to a process that stands still at a moment."""

    KILL = "killed"
    FREEZE = "frozen"
    FILL = "out of disk"
    STEP = "clock stepped"
    REVOKE = "tokens revoked"
    RESTART = "store restarted"


_WEIGHTS = {Blow.KILL: 70, Blow.FREEZE: 8, Blow.FILL: 8, Blow.STEP: 7, Blow.REVOKE: 7, Blow.RESTART: 30}
_AIMED = {
    "no-probe": (Blow.KILL, ("effect.before_journal", DURING)),
    "no-fence": (Blow.FREEZE, ("effect.before_send",)),
    "cursor-first": (Blow.KILL, ("intake.before_store",)),
}
"""Where a safeguard is left out, what it is there for happens in most turns."""
_STEPS_S = (-3600.0, -5.0)
"""Back: ahead is what no store can tell from time (docs/guarantee.md). By some minutes, rented calls wait as long."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One process is struck, once."""

    moment: str
    hit: int
    blow: Blow
    seconds: float = 0.0
    """How far the clock is stepped, or how much room there is left on the disk in KiB."""

    def __str__(self) -> str:
        point = self.moment if self.moment == DURING else f"{self.moment}#{self.hit}"
        return f"{self.blow.value} at {point}"


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens around one `run` of the scenario."""

    faults: Sequence[tuple[str, answers.Order]]
    """(simulator, fault)"""
    strikes: Sequence[Strike]
    """One process after another; the next is what recovers from the last."""
    rest_s: float
    """How long after the last strike the calm begins: at once, as a supervisor restarts, or later, as a timer does."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One execution."""

    number: int
    turns: Sequence[Turn]


def plan(scenario: Scenario, seed: int, number: int, blows: Sequence[Blow], sabotage: str | None = None) -> Plan:
    """The plan of execution `number` (from 1). The same arguments give the same plan, however many others there are."""
    possible = {blow: _WEIGHTS[blow] for blow in blows}
    chance = random.Random(f"{seed}/{number}")  # noqa: S311  (reproducible on purpose)
    runs = sum(1 for step in scenario.steps_of("chaos") if step.run)
    first = [_first(seed, number, turn) for turn in range(runs)]
    turns = [_turn(scenario, chance, moment, possible) for moment in first]
    return Plan(number, _revoked_once([_sharpened(turn, chance, sabotage) for turn in turns] if sabotage else turns))


def _first(seed: int, number: int, turn: int) -> str:
    """The moment of a turn's first strike: in as many executions as there are moments, each turn meets each once."""
    block, place = divmod(number - 1, len(MOMENTS))
    moments = list(MOMENTS)
    random.Random(f"{seed}/{turn}/{block}").shuffle(moments)  # noqa: S311  (reproducible on purpose)
    return moments[place]


def _turn(scenario: Scenario, chance: random.Random, moment: str, blows: Mapping[Blow, int]) -> Turn:
    strikes = [_strike(chance, moment, blows)]
    while chance.random() < 0.3:
        strikes.append(_strike(chance, chance.choice(MOMENTS), blows))
    return Turn(_faults(scenario, chance), strikes, chance.choice((0.0, 0.0, 20.0)))


def _revoked_once(turns: Sequence[Turn]) -> list[Turn]:
    """Tokens that are refused twice running stop a connection until a person comes: that is no fault."""
    strikes = [strike for turn in turns for strike in turn.strikes]
    first = next((place for place, strike in enumerate(strikes) if strike.blow is Blow.REVOKE), -1)
    kept = iter(
        replace(strike, blow=Blow.KILL) if strike.blow is Blow.REVOKE and place != first else strike
        for place, strike in enumerate(strikes)
    )
    return [replace(turn, strikes=[next(kept) for _ in turn.strikes]) for turn in turns]


def _sharpened(turn: Turn, chance: random.Random, sabotage: str) -> Turn:
    blow, moments = _AIMED[sabotage]
    if chance.random() < 0.2:
        return turn
    return replace(turn, strikes=[Strike(chance.choice(moments), chance.choice((1, 1, 2)), blow)])


def _faults(scenario: Scenario, chance: random.Random) -> list[tuple[str, answers.Order]]:
    chosen = [chance.choice(list(scenario.simulators)) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
    ordered = [(simulator, answers.order(chance, scenario.chaos, simulator)) for simulator in chosen]
    return [(simulator, fault) for simulator, fault in ordered if fault]


def _strike(chance: random.Random, moment: str, blows: Mapping[Blow, int]) -> Strike:
    blow = chance.choices(list(blows), list(blows.values()))[0]
    hit = chance.choice((1, 1, 1, 1, 2, 2, 3, 5))
    if blow is Blow.STEP:
        return Strike(moment, hit, blow, chance.choice(_STEPS_S))
    return Strike(moment, hit, blow, float(chance.choice((0, 0, 8, 24, 64))) if blow is Blow.FILL else 0.0)
