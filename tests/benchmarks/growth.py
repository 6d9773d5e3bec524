"""Whether an order costs more, and an answer takes longer, the more is stored."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import tables
from measuring import HERE, Run, Took, World, crossdock, measure

SIZES = (10_000, 100_000, 1_000_000)
_QUICK = (1_000, 50_000)
_QUESTIONS = (("status",), ("trace", "seed-000000005"), ("trace", "bought-000000006"))


def show(world: World, asked: Namespace) -> None:
    """Seed stores of several sizes, then measure them in turn."""
    sizes = asked.sizes or (_QUICK if asked.quick else SIZES)
    stores = [seeded(world, size) for size in sizes]
    if not all(stores):
        return
    orders = asked.orders // 4 if asked.quick else asked.orders
    rounds = [[_round(world, folder, orders) for folder, _ in stores] for _ in range(asked.rounds)]
    tables.show(
        f"growth: {orders} new orders into a store of so many; answers from start to exit, in ms",
        ("stored", "seeding CPU", "steady", "CPU s/1,000", "peak MB", *(" ".join(question) for question in _QUESTIONS)),
        [
            _row(size, took, [one[at] for one in rounds])
            for at, (size, (_, took)) in enumerate(zip(sizes, stores, strict=True))
        ],
    )
    ratios = [one[-1][0].steady / one[0][0].steady for one in rounds if one[0][0].steady]
    print(f"  the largest against the smallest, steady: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def seeded(world: World, size: int) -> tuple[Path, Took] | None:
    """A store with so many settled orders, and what it took to fill."""
    folder = world.folder / f"seeded-{size}"
    if world.run(crossdock("run", "orders", keeps=folder), 1).faults:
        return None
    took = measure([sys.executable, str(HERE / "seeding.py"), "crossdock.db", str(size)], folder, {})
    if took.code:
        world.faults.append(f"seeding {size}: {took.said[-400:]}")
        return None
    return folder, took


def _round(world: World, folder: Path, orders: int) -> tuple[Run, list[Took]]:
    """New orders, then every question."""
    run = world.run(crossdock("run", "orders", keeps=folder), orders)
    answers = []
    for question in _QUESTIONS:
        took = measure(crossdock(*question).command, folder, world.environment())
        if took.code:
            world.faults.append(f"{' '.join(question)}: exit code {took.code}: {took.said[-400:]}")
        answers.append(took)
    return run, answers


def _row(size: int, seeding: Took, rounds: Sequence[tuple[Run, list[Took]]]) -> list[object]:
    runs = [run for run, _ in rounds]
    return [
        f"{size:,}",
        f"{seeding.cpu_s:.0f} s",
        f"{median(run.steady for run in runs):.0f}",
        f"{median(run.cpu_per_thousand for run in runs):.2f}",
        f"{max(run.took.rss_mb for run in runs):.0f}",
        *(f"{median(answers[at].wall_s for _, answers in rounds) * 1000:.0f}" for at in range(len(_QUESTIONS))),
    ]
