"""Comparing the facts of all sides with what must be true."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from crossdock.jsonio import Json
from crossdock.scenario.model import Expectation, Scenario


@dataclass(frozen=True)
class Compared:
    """What became of one expectation."""

    expectation: Expectation
    expected: int
    made: int
    lost: tuple[str, ...]
    """Keys that gave fewer than they must."""
    doubled: tuple[str, ...]
    """Keys that gave more than they may."""
    unwanted: tuple[str, ...]
    """Keys that gave some and must not, or that nobody asked for."""


@dataclass(frozen=True)
class Verdict:
    """Whether what happened is what must be."""

    placed: int
    compared: Sequence[Compared]
    held: Mapping[str, int]
    expected_held: Mapping[str, int]
    explanations: Sequence[tuple[str, str, str, str]] = field(default=())
    """Held and dead: (key, code, reason, fix)."""

    @property
    def lost(self) -> int:
        """How many facts are missing."""
        return sum(len(one.lost) for one in self.compared)

    @property
    def doubled(self) -> int:
        """How many facts were made more than once."""
        return sum(len(one.doubled) for one in self.compared)

    @property
    def ok(self) -> bool:
        """Whether everything is as it must be."""
        return (
            not self.lost
            and not self.doubled
            and not any(one.unwanted for one in self.compared)
            and dict(self.held) == dict(self.expected_held)
        )

    def to_json(self) -> Json:
        """The shape that `demo --json` and `chaos --json` print."""
        counts = {"created": 0, "acknowledged": 0, "shipped": 0}
        counts |= {one.expectation.name: one.made for one in self.compared}
        return {
            "placed": self.placed,
            **counts,
            "held": sum(self.held.values()),
            "doubled": self.doubled,
            "lost": self.lost,
            "ok": self.ok,
        }


def compare(
    scenario: Scenario,
    facts: Mapping[str, Sequence[Json]],
    saved: Mapping[str, Sequence[str]],
    deliveries: Sequence[Json],
) -> Verdict:
    """Compare the facts of each simulator (by its name in the scenario) and the open deliveries with the scenario."""
    compared = [_compare(one, facts, saved, _others(one, scenario.expect)) for one in scenario.expect]
    troubled = [one for one in deliveries if one["state"] in ("held", "dead")]
    return Verdict(
        placed=max((len(_most(facts, one.each.of, one.each.kind)) for one in scenario.expect), default=0),
        compared=compared,
        held=dict(Counter(one["code"] for one in troubled)),
        expected_held=dict(scenario.held),
        explanations=tuple((one["key"], one["code"], one.get("reason") or "", one["fix"] or "") for one in troubled),
    )


def _compare(
    one: Expectation,
    facts: Mapping[str, Sequence[Json]],
    saved: Mapping[str, Sequence[str]],
    others: Sequence[Expectation],
) -> Compared:
    wanted = _wanted(one, _most(facts, one.each.of, one.each.kind), saved)
    given = _most(facts, one.gives.of, one.gives.kind)
    is_ours, are_theirs = _pattern(one.key), [_pattern(other.key) for other in others]
    made = {key: count for key, count in given.items() if is_ours(key) or not any(their(key) for their in are_theirs)}
    again = {fact["key"] for fact in facts[one.gives.of] if fact["kind"] == one.gives.kind and fact["count"] > 1}
    counts = {name: _counted(name, made) for name in wanted}
    found = {key for keys in counts.values() for key in keys}
    over = {
        key
        for name, times in wanted.items()
        for key in counts[name]
        if key in again or (not one.many and sum(counts[name].values()) > times)
    }
    return Compared(
        expectation=one,
        expected=len(wanted),
        made=len([key for key, count in made.items() if count > 0]),
        lost=tuple(sorted(name for name, times in wanted.items() if sum(counts[name].values()) < times)),
        doubled=tuple(sorted(over | {key for key in made.keys() - found if key in again or made[key] > 1})),
        unwanted=tuple(sorted(key for key, count in made.items() if count > 0 and key not in found)),
    )


def _others(one: Expectation, all_: Sequence[Expectation]) -> list[Expectation]:
    """Those that look at the same facts, by other names."""
    return [other for other in all_ if other is not one and other.gives == one.gives and other.key != one.key]


def _pattern(template: str) -> Callable[[str], bool]:
    """Whether a key is called as an expectation says."""
    words = (_ANYTHING if part in ("{key}", "*") else re.escape(part) for part in re.split(r"(\{key\}|\*)", template))
    compiled = re.compile("".join(words))
    return lambda key: compiled.fullmatch(key) is not None


def _counted(name: str, made: Mapping[str, int]) -> dict[str, int]:
    """The facts that a wanted name stands for, and how often each is true."""
    if "*" not in name:
        return {name: made[name]} if name in made else {}
    is_called_so = _pattern(name)
    return {key: count for key, count in made.items() if is_called_so(key)}


_ANYTHING = "(.+)"


def _wanted(one: Expectation, placed: Iterable[str], saved: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many each key must give on the other side, by its name there; who must give none is not in it."""
    barred = {key for name in one.not_for for key in saved[name]}
    only = {key for name in one.only_for for key in saved[name]}
    times = {key: count for name, count in one.times.items() for key in saved[name]}
    return {
        one.key.replace("{key}", key): times.get(key, 1)
        for key in placed
        if key not in barred and (key in only or not one.only_for)
    }


def _most(facts: Mapping[str, Sequence[Json]], side: str, kind: str) -> dict[str, int]:
    """How often each key's fact is true there; where several accounts know the key, in the one that has most."""
    counts: Counter[tuple[str, str]] = Counter()
    for fact in facts[side]:
        if fact["kind"] == kind:
            counts[fact["key"], fact.get("account", "")] += fact["count"]
    most: dict[str, int] = {}
    for (key, _), count in counts.items():
        most[key] = max(count, most.get(key, 0))
    return most
