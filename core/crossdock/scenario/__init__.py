"""Scenarios: what happens to simulated systems, and what must then be true. `demo` and `chaos` execute them."""

from crossdock.scenario.model import Scenario, load_scenario
from crossdock.scenario.playing import Play, play
from crossdock.scenario.verdict import Verdict

__all__ = ["Play", "Scenario", "Verdict", "load_scenario", "play"]
