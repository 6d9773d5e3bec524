"""crossdock beside bare loops: without latency, and with the latency of a real service."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

import tables
from measuring import Competitor, Run, World, crossdock, loop


@dataclass(frozen=True, slots=True)
class Sitting:
    """Who is measured together, and what crossdock is to reach beside each."""

    title: str
    competitors: Sequence[Competitor]
    targets: Sequence[float]
    orders: int
    latency_ms: float = 0.0


def show(world: World, asked: Namespace) -> None:
    """Print both sittings."""
    few = asked.orders // 4 if asked.quick else asked.orders
    for sitting in (_without_latency(few), _with_latency(max(1, few // 2))):
        runs = take(world, sitting, asked.rounds)
        tables.show(sitting.title, tables.HEAD, [tables.medians(*one) for one in runs])
        tables.show(
            f"steady rate beside it, median of {asked.rounds} rounds",
            ("crossdock against", "ratio", "rounds", "target", ""),
            _ratios(sitting, runs),
        )


def take(world: World, sitting: Sitting, rounds: int) -> list[tuple[str, list[Run]]]:
    """Measure A, B, C, A, B, C, …"""
    runs: list[tuple[str, list[Run]]] = [(competitor.name, []) for competitor in sitting.competitors]
    for _ in range(rounds):
        for competitor, (_, taken) in zip(sitting.competitors, runs, strict=True):
            taken.append(world.run(competitor, sitting.orders, sitting.latency_ms))
    return runs


def _ratios(sitting: Sitting, runs: Sequence[tuple[str, list[Run]]]) -> list[list[object]]:
    (_, ours), *others = runs
    rows: list[list[object]] = []
    for (name, theirs), target in zip(others, sitting.targets, strict=True):
        ratios = [us.steady / them.steady for us, them in zip(ours, theirs, strict=True) if them.steady]
        if ratios:
            rows.append([name, *tables.verdict(ratios, target)])
    return rows


def _without_latency(orders: int) -> Sitting:
    return Sitting(
        f"{orders} orders, 0 ms",
        (crossdock("run", "orders"), loop("httpx", 8), loop("aiohttp-durable", 8)),
        (1.2, 0.75),
        orders,
    )


def _with_latency(orders: int) -> Sitting:
    return Sitting(
        f"{orders} orders, 20 ms",
        (crossdock("run", "orders", in_flight=64), loop("httpx", 64)),
        (3.0,),
        orders,
        latency_ms=20.0,
    )
