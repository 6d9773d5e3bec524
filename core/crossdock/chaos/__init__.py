"""Chaos: a scenario executed again and again while its processes, answers, clocks and disks are disturbed, by seed."""

from crossdock.chaos.campaign import Campaign, Options
from crossdock.chaos.tally import Example, Tally

__all__ = ["Campaign", "Example", "Options", "Tally"]
