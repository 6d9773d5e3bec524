from __future__ import annotations

import pytest

from crossdock.scenario import Scenario

PLACED = {"each": {"of": "shop", "kind": "placed"}, "gives": {"of": "depot", "kind": "sent"}}
STEPS = [{"post": {"to": "shop", "path": "/_sim/orders", "save": name}} for name in ("plain", "parts")]


@pytest.fixture
def scenario():
    """A scenario of two systems whose steps save `plain` and `parts`, with one expectation."""

    def scenario(*steps, **expectation):
        simulators = {name: {"use": name, "env": f"{name}_URL"} for name in ("shop", "depot")}
        expect = [{"name": "sent", **PLACED, **expectation}]
        given = {"about": "a test", "simulators": simulators, "steps": [*STEPS, *steps], "expect": expect}
        return Scenario.model_validate(given)

    return scenario
