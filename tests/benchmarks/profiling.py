"""Where crossdock's time goes: one run under the profiler, which sees the main thread and slows it twofold."""

from __future__ import annotations

import pstats
import re
import sys
from argparse import Namespace
from collections import Counter
from dataclasses import replace

import tables
from measuring import World, crossdock

_SHOWN = 25
_INSTALLED = re.compile(r"site-packages/([^/.]+)")
_OURS = re.compile(r"(crossdock(?:_\w+)?)/(\w+)")
_STANDARD = re.compile(r"python3[^/]*/([^/.]+)")


def show(world: World, asked: Namespace) -> None:
    """Print own time by package, then by function."""
    folder = world.folder / "profiled"
    command = [sys.executable, "-m", "cProfile", "-o", "run.prof", "-m", "crossdock", "run", "orders"]
    done = world.run(replace(crossdock(), command=command, keeps=folder), asked.orders)
    if done.took.code:
        return
    stats = pstats.Stats(str(folder / "run.prof")).stats  # type: ignore[attr-defined]
    by_package: Counter[str] = Counter()
    by_function: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for (file, line, function), (_, called, own, _, _) in stats.items():
        name = f"{_package(file)} {function}" + (f":{line}" if line else "")
        by_package[_package(file)] += own
        by_function[name] += own
        calls[name] += called
    per_order = 1_000_000 / asked.orders
    tables.show(
        f"own time by package, {asked.orders} orders (us per order, under the profiler)",
        ("", "us"),
        [(name, f"{own * per_order:.0f}") for name, own in by_package.most_common(_SHOWN)],
    )
    tables.show(
        "own time by function",
        ("", "us", "calls per order"),
        [
            (name, f"{own * per_order:.0f}", f"{calls[name] / asked.orders:.1f}")
            for name, own in by_function.most_common(_SHOWN)
        ],
    )


def _package(file: str) -> str:
    if ours := _OURS.search(file):
        return f"{ours[1]}.{ours[2]}"
    found = _INSTALLED.search(file) or _STANDARD.search(file)
    return found[1] if found else "builtin"
