"""What the parts of the simulator share: time in the tenant's words, settings, ids, the journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from crossdock.simulator import Journal, Shelf, Simulator, VirtualClock
from crossdock_wms_cartoncloud.simulator.settings import CartonCloudSettings

V = TypeVar("V")


class World:
    """The surroundings of every tenant."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.seed = simulator.seed
        self.clock: VirtualClock = simulator.clock
        self.journal: Journal = simulator.journal
        self.new_uuid: Callable[[], str] = simulator.new_uuid

    @property
    def settings(self) -> CartonCloudSettings:
        """The settings as they are now."""
        settings: CartonCloudSettings = self._simulator.settings
        return settings

    def shelf(self) -> Shelf[Any]:
        """A shelf whose searches lag behind by the settings."""
        return Shelf(self.clock, self._simulator.lag_s)

    def now(self) -> datetime:
        """The time, to the second: finer the service does not say it."""
        return self.clock.now().replace(microsecond=0)

    def stamp(self, moment: datetime) -> dict[str, str]:
        """A timestamp with the tenant's offset."""
        offset = timezone(timedelta(minutes=self.settings.utc_offset_minutes))
        return {"time": moment.astimezone(offset).isoformat()}
