"""The client of one connection, as core opens it, for tests."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx

from crossdock.clock import Clock, ManualClock
from crossdock.contract.connection import Connection
from crossdock.engine.binding import endpoint
from crossdock.http import Client, open_client


@asynccontextmanager
async def client_for(
    connection: Connection,
    *,
    transport: Callable[[], httpx.AsyncBaseTransport] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Client]:
    """Open a client over the network, or over what `transport` makes. Without a clock, time stands still.

    Raises: ConfigError where the address cannot be used.
    """
    described = endpoint(connection.name, connection, 8)
    # Seeded, so that a repeat waits as long in a replay as it did when it was recorded.
    rng = random.Random(1)  # noqa: S311  (nothing here is secret)
    async with open_client(described, clock=clock or ManualClock(), transport=transport, rng=rng) as client:
        yield client
