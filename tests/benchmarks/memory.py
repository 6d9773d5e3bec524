"""How much memory many orders take."""

from __future__ import annotations

from argparse import Namespace

import tables
from measuring import World, crossdock, loop

TARGET_MB = 100


def show(world: World, asked: Namespace) -> None:
    """Print the peaks at five times the orders."""
    orders = asked.orders if asked.quick else asked.orders * 5
    runs = [(one.name, [world.run(one, orders)]) for one in (crossdock("run", "orders"), loop("aiohttp-durable", 8))]
    tables.show(f"{orders} orders at once, 0 ms", tables.HEAD, [tables.medians(*one) for one in runs])
    peak = runs[0][1][0].took.rss_mb
    print(f"  crossdock's peak is {'under' if peak < TARGET_MB else 'NOT under'} {TARGET_MB} MB")
