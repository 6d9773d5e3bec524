"""What becomes of one vendor request: log, fault, guard, quota, endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.responses import Response

from crossdock.simulator.call import Call, Refusal
from crossdock.simulator.faults import Fault
from crossdock.simulator.journal import LoggedRequest
from crossdock.simulator.routing import Route, writes

if TYPE_CHECKING:
    from crossdock.simulator.base import Simulator


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes back and how much later: an answer, a cut connection (None), or an answer cut in its middle."""

    response: Response | None
    delay_s: float = 0.0
    truncated: bool = False


def handle(simulator: Simulator, call: Call) -> Outcome:
    """Take one request through the simulator."""
    route, params, allowed = simulator.router.find(call.method, call.raw_path)
    call.params = params
    entry = LoggedRequest(call.at, call.method, call.path, call.raw_query, writes(call.method, route))
    simulator.requests.append(entry)
    fault = simulator.faults.take(call.method, call.path, entry.write)
    outcome = (
        _faulty(simulator, call, route, allowed, fault) if fault else Outcome(_answer(simulator, call, route, allowed))
    )
    if outcome.response is not None and not outcome.truncated:
        entry.status = outcome.response.status_code
    return outcome


def _answer(simulator: Simulator, call: Call, route: Route | None, allowed: list[str]) -> Response:
    try:
        response = simulator.admit(call, route, allowed).endpoint(call)
    except Refusal as refusal:
        response = refusal.response
    simulator.finish(call, response)
    return response


def _faulty(simulator: Simulator, call: Call, route: Route | None, allowed: list[str], fault: Fault) -> Outcome:
    delay_s = fault.delay_s or 0.0
    if fault.drop == "before":
        return Outcome(None, delay_s)
    if fault.effect_after_s is not None:
        return _late(simulator, call, route, allowed, fault)
    if fault.status is not None:
        return Outcome(fault.response(), delay_s)
    response = _answer(simulator, call, route, allowed)
    if fault.drop == "after":
        return Outcome(None, delay_s)
    return Outcome(response, delay_s, truncated=fault.drop == "during")


def _late(simulator: Simulator, call: Call, route: Route | None, allowed: list[str], fault: Fault) -> Outcome:
    # Headers, token and quota are judged when the request arrives; only its effect is late.
    try:
        endpoint = simulator.admit(call, route, allowed).endpoint
    except Refusal as refusal:
        simulator.finish(call, refusal.response)
        return Outcome(refusal.response, fault.delay_s or 0.0)

    def act() -> None:
        call.at = simulator.clock.now()
        try:
            endpoint(call)
        except Refusal:
            return  # refused when it came to it; nobody is there to be told

    simulator.late.add(call.at + timedelta(seconds=fault.effect_after_s or 0.0), act)
    return Outcome(fault.response() if fault.status is not None else None, fault.delay_s or 0.0)
