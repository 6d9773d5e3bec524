"""How long the command line takes to start."""

from __future__ import annotations

from argparse import Namespace
from statistics import median

import tables
from measuring import World, crossdock, measure

COMMANDS = (("--version",), ("--help",), ("check",))


def show(world: World, asked: Namespace) -> None:
    """Print the wall time of commands that do next to nothing."""
    rows = []
    with world.workplace() as folder:
        for arguments in COMMANDS:
            command = crossdock(*arguments).command
            took = [measure(command, folder, world.environment()) for _ in range(asked.rounds)]
            world.faults += [f"{' '.join(arguments)}: exit code {one.code}: {one.said}" for one in took if one.code]
            rows.append(
                [
                    "crossdock " + " ".join(arguments),
                    f"{median(one.wall_s for one in took) * 1000:.0f} ms",
                    f"{median(one.cpu_s for one in took) * 1000:.0f} ms",
                    f"{max(one.rss_mb for one in took):.0f} MB",
                ]
            )
    tables.show(f"start, median of {asked.rounds}", ("", "wall", "CPU", "peak"), rows)
