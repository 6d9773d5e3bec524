"""Which plugins are installed: read from the metadata of distributions, without importing any of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points

GROUP = "crossdock"


@dataclass(frozen=True, slots=True, order=True)
class InstalledPlugin:
    """A plugin as its distribution announces it."""

    name: str
    distribution: str
    version: str
    module: str

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution} {self.version})"


def installed() -> list[InstalledPlugin]:
    """All installed plugins, by name; imports nothing.

    Shape: one per entry point; a distribution that is found twice on the path (an editable one) counts once.
    """
    found = set()
    for point in entry_points(group=GROUP):
        distribution = point.dist.name if point.dist else "unknown"
        version = point.dist.version if point.dist else "unknown"
        found.add(InstalledPlugin(point.name, distribution, version, point.module))
    return sorted(found)
