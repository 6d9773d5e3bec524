"""`make bench`: what crossdock costs beside bare loops, taken in one sitting, and whether it grows with its store.

Runs are interleaved, and ratios are taken round by round: a machine that is busy slows both sides of a round. Timing is
never judged by the exit code; an order that was lost, doubled or wrong is.
"""

from __future__ import annotations

import argparse
import os
import sys

import growth
import memory
import profiling
import rates
import starts
from measuring import World, open_world

SECTIONS = {"rates": rates.show, "memory": memory.show, "growth": growth.show, "starts": starts.show}
ASKED_FOR = {"profile": profiling.show}
"""What is shown only where it is named."""


def main() -> int:
    """Measure what was asked for; 1 where an order went wrong."""
    asked = _arguments()
    with open_world() as world:
        print(f"{asked.orders} orders, {asked.rounds} rounds, {os.cpu_count()} cores; load {_load()} before, ", end="")
        print(f"stores in {world.folder.parent}", flush=True)
        for name in asked.only:
            (SECTIONS | ASKED_FOR)[name](world, asked)
        return _judge(world)


def _judge(world: World) -> int:
    print(f"\nload {_load()} after")
    if not world.faults:
        print("0 lost, 0 doubled, 0 wrong in every run")
        return 0
    print("FAILED, whatever the rates say:")
    print("\n".join(f"  {fault}" for fault in world.faults))
    return 1


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def _arguments() -> argparse.Namespace:
    known = [*SECTIONS, *ASKED_FOR]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--orders", type=int, default=2000, help="orders of each run without latency (2000)")
    parser.add_argument("--rounds", type=int, help="rounds that medians are taken of (5; quick: 1)")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(SECTIONS), help=", ".join(known))
    parser.add_argument("--sizes", type=_sizes, help="what the growth series stores (10000,100000,1000000)")
    parser.add_argument("--quick", action="store_true", help="fewer orders, one round: an impression in a minute")
    asked = parser.parse_args()
    if unknown := [name for name in asked.only if name not in known]:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(known)}")
    asked.rounds = asked.rounds or (1 if asked.quick else 5)
    return asked


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
