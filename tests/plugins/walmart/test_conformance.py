"""The suite that every plugin inherits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from crossdock import Secret
from crossdock.testing import conformance
from crossdock_walmart import plugin
from crossdock_walmart.auth import ClientCredentials
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.orders import OrderSource
from crossdock_walmart.simulator import WalmartSimulator


def connect(base_url: str) -> WalmartConnection:
    secret = Secret.literal("a-secret-of-nobody")
    return WalmartConnection(base_url=base_url, auth=ClientCredentials(client_id="client-1", client_secret=secret))


def raw_orders() -> list[Any]:
    simulator = WalmartSimulator(seed=1)
    simulator.control("orders", {"count": 3})
    return list(simulator.control("state")["orders"])


class TestWalmart(conformance.Suite):
    subject = conformance.Subject(
        plugin=plugin,
        name="walmart",
        connect=connect,
        simulator=WalmartSimulator,
        sources=[
            conformance.SourceSample(
                OrderSource(since=datetime(2026, 8, 1, tzinfo=UTC)),
                raws=raw_orders(),
                arrange=lambda simulator: simulator.control("orders", {"count": 3, "created_hours_ago": 1}),
            )
        ],
    )
