"""The control plane under `/_sim`: what tests, scenarios and the demo look at and turn."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.responses import Response

from crossdock.simulator.call import Call, Refusal, answer
from crossdock.simulator.faults import Fault
from crossdock.simulator.journal import logged
from crossdock.simulator.routing import Route, Router

if TYPE_CHECKING:
    from crossdock.simulator.base import Simulator


class ControlPlane:
    """The endpoints that every simulator has, and its vendor's verbs."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._router = Router([*self._routes(), *simulator.verbs()])

    def handle(self, call: Call) -> Response:
        """Answer one control request; a fault in it is a 400 that says what is wrong."""
        route, params, allowed = self._router.find(call.method, call.raw_path)
        if route is None:
            return answer({"error": f"no {call.method} {call.path}", "allowed": allowed}, 405 if allowed else 404)
        call.params = params
        try:
            return route.endpoint(call)
        except Refusal as refusal:
            return refusal.response
        except ValidationError as error:
            return answer({"error": "not valid", "faults": _faults(error)}, 400)
        except (ValueError, TypeError) as error:
            return answer({"error": str(error)}, 400)
        except (ArithmeticError, LookupError, AttributeError) as error:  # a body of another form than the verb takes
            return answer({"error": f"{type(error).__name__}: {error}"}, 400)

    def _routes(self) -> list[Route]:
        return [
            Route("GET", "/_sim/state", self._show_state),
            Route("GET", "/_sim/facts", self._show_facts),
            Route("GET", "/_sim/settings", self._show_settings),
            Route("GET", "/_sim/faults", self._show_faults),
            Route("POST", "/_sim/reset", self._reset),
            Route("POST", "/_sim/clock", self._advance),
            Route("POST", "/_sim/settings", self._change_settings),
            Route("POST", "/_sim/expire-tokens", self._expire_tokens),
            Route("POST", "/_sim/faults", self._order_faults),
            Route("DELETE", "/_sim/faults", self._clear_faults),
        ]

    def _show_state(self, call: Call) -> Response:
        simulator = self._simulator
        shown: dict[str, Any] = dict(simulator.collections())
        shown["requests"] = logged(simulator.requests)
        shown["events"] = simulator.journal.events
        shown["now"] = simulator.clock.now()
        shown["late"] = len(simulator.late)
        return answer(shown)

    def _show_facts(self, call: Call) -> Response:
        return answer([fact.wire() for fact in self._simulator.journal.facts()])

    def _show_settings(self, call: Call) -> Response:
        return answer(self._simulator.settings.model_dump())

    def _show_faults(self, call: Call) -> Response:
        return answer({"faults": self._simulator.faults.wire()})

    def _reset(self, call: Call) -> Response:
        seed = call.options(seed=self._simulator.seed)["seed"]
        if not isinstance(seed, int):
            raise ValueError("seed is a whole number")
        self._simulator.seed = seed
        self._simulator.begin()
        return answer({"reset": True, "seed": self._simulator.seed})

    def _advance(self, call: Call) -> Response:
        asked, now = call.options(advance_s=0, to=None), self._simulator.clock.now()
        seconds = float(asked["advance_s"]) if asked["to"] is None else (_moment(asked["to"]) - now).total_seconds()
        earliest = -_TEN_YEARS_S if asked["to"] is not None and self._is_new() else 0
        if not earliest <= seconds < _TEN_YEARS_S:
            raise ValueError("the clock moves ahead, by ten years at most; back only where nothing has happened yet")
        self._simulator.clock.advance(seconds)
        self._simulator.settle()
        return answer({"now": self._simulator.clock.now()})

    def _is_new(self) -> bool:
        """Whether nothing has happened yet that would be in the future once the clock is set back."""
        return not (self._simulator.requests or self._simulator.journal.events or self._simulator.clock.moved)

    def _change_settings(self, call: Call) -> Response:
        old = self._simulator.settings.model_dump()
        self._simulator.settings = self._simulator.settings_type.model_validate(call.options(**old))
        return self._show_settings(call)

    def _expire_tokens(self, call: Call) -> Response:
        call.options()
        return answer({"expired": self._simulator.tokens.expire_all()})

    def _order_faults(self, call: Call) -> Response:
        given = call.json()
        faults = [Fault.model_validate(item) for item in (given if isinstance(given, list) else [given])]
        made = [{"id": self._simulator.faults.add(fault), **fault.model_dump(exclude_none=True)} for fault in faults]
        return answer({"faults": made})

    def _clear_faults(self, call: Call) -> Response:
        self._simulator.faults.clear()
        return self._show_faults(call)


_TEN_YEARS_S = 10 * 366 * 86_400


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _faults(error: ValidationError) -> list[dict[str, str]]:
    return [{"at": ".".join(map(str, one["loc"])), "message": one["msg"]} for one in error.errors()]
