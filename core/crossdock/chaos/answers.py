"""Bad answers: what can be ordered from any simulator, whatever it simulates."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import get_args

from crossdock.jsonio import Json
from crossdock.scenario.model import Answer, Chaos

_PAGE = "<html><body><h1>We'll be right back</h1></body></html>"
_HTML = {"content-type": "text/html"}

Order = dict[str, Json]
"""A fault as `/_sim/faults` takes it."""


def order(chance: random.Random, chaos: Chaos, simulator: str) -> Order:
    """A fault for one request to this simulator: a write more often than not, and not always the first."""
    write = chance.random() < 0.7
    offered = [one for one in chaos.answers.get(simulator, get_args(Answer)) if _is_possible(one, chaos, write=write)]
    aimed: Order = {"write": write, "skip": chance.choice((0, 0, 1, 2, 4))}
    return {**aimed, **_MAKERS[chance.choice(offered)](chance, chaos, write)} if offered else {}


def name(fault: Mapping[str, Json]) -> str:
    """What a fault is, in a word or two."""
    whose = "a write" if fault["write"] else "a read"
    if "drop" in fault:
        return f"{whose} cut {fault['drop']}"
    what = str(fault["status"]) if "status" in fault else "no answer"
    if fault.get("body") == _PAGE:
        what = "HTML"
    elif fault.get("body") == "":
        what = "nothing"
    if fault.get("effect_after_s"):
        return f"{whose} done late, {what}"
    if "effect_after_s" in fault:
        return f"{whose} done, {what}"
    return f"{whose} slow" if "delay_s" in fault else f"{whose} answered {what}"


def _is_possible(answer: Answer, chaos: Chaos, *, write: bool) -> bool:
    if answer == "late":
        return write and bool(chaos.late)
    return bool(chaos.hang) if answer == "hanging" else True


def _failing(status: int) -> Callable[[random.Random, Chaos, bool], Order]:
    """An error; where it is the server's own, the effect may have happened all the same."""

    def make(chance: random.Random, chaos: Chaos, write: bool) -> Order:
        happens = write and status >= 500 and chance.random() < 0.5
        return {"status": status, **({"effect_after_s": 0} if happens else {})}

    return make


def _odd(body: str, headers: Mapping[str, str]) -> Callable[[random.Random, Chaos, bool], Order]:
    """A success that says nothing, as of a proxy in between."""

    def make(chance: random.Random, chaos: Chaos, write: bool) -> Order:
        happens = write and chance.random() < 0.5
        return {"status": 200, "body": body, "headers": headers, **({"effect_after_s": 0} if happens else {})}

    return make


def _cut(chance: random.Random, chaos: Chaos, write: bool) -> Order:
    return {"drop": chance.choice(("before", "after", "during"))}


def _late(chance: random.Random, chaos: Chaos, write: bool) -> Order:
    late: Order = {"effect_after_s": round(chance.uniform(0.1, 1.0) * chaos.late.total_seconds(), 2)}
    return {**late, **chance.choice(({}, {"status": 504}))}


def _slow(chance: random.Random, chaos: Chaos, write: bool) -> Order:
    return {"delay_s": round(chance.uniform(0.05, 0.3), 2)}


def _hanging(chance: random.Random, chaos: Chaos, write: bool) -> Order:
    return {"delay_s": chaos.hang.total_seconds()}


_MAKERS: Mapping[str, Callable[[random.Random, Chaos, bool], Order]] = {
    "cut": _cut,
    "429": _failing(429),
    "500": _failing(500),
    "503": _failing(503),
    "html": _odd(_PAGE, _HTML),
    "nothing": _odd("", {}),
    "late": _late,
    "slow": _slow,
    "hanging": _hanging,
}
