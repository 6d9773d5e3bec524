"""One time for the program and the simulators of a scenario, which passes when the scenario says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crossdock import clock
from crossdock.scenario.processes import Control


@dataclass
class CommonTime:
    """How far the clocks of all sides are ahead of the machine's."""

    file: Path
    """What `CROSSDOCK_CLOCK` names for the program."""
    controls: Mapping[str, Control]
    ahead_s: float = 0.0
    """Units: seconds; negative where the scenario begins in the past."""

    async def begin(self, at: datetime | None) -> None:
        """Set all clocks to the moment at which the scenario begins; without one, to now."""
        self.ahead_s = 0.0 if at is None else (at - datetime.now(UTC)).total_seconds()
        if at is not None:
            for control in self.controls.values():
                await control.post("/_sim/clock", {"to": at.isoformat()})
        self.step(0.0)

    async def go_by(self, seconds: float) -> None:
        """Let time pass for all."""
        if not seconds:
            return
        for control in self.controls.values():
            await control.get("/_sim/settings")  # what left before is there before: requests are taken in turn
        self.ahead_s += seconds
        for control in self.controls.values():
            await control.post("/_sim/clock", {"advance_s": seconds})
        self.step(0.0)

    def step(self, seconds: float) -> None:
        """Set the program's clock, and it alone, so far beside the common time."""
        clock.step(self.file, self.ahead_s + seconds)
