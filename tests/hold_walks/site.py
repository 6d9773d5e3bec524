"""A definition, a store and the simulators it needs, in one process and on one clock, which only moves when told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
from click.testing import CliRunner

from crossdock.checking import load
from crossdock.cli.main import cli
from crossdock.clock import ManualClock, SystemClock
from crossdock.engine import Runtime, binding
from crossdock.http import open_client
from crossdock.registry import Registry
from crossdock.simulator import Simulator, VirtualClock
from crossdock.store.open import open_store
from crossdock.store.rows import DeliverySummary, State
from crossdock_walmart.simulator import WalmartSimulator

MUGS = [{"sku": "MUG-01", "quantity": 2}]
SEVERAL = [{"sku": "MUG-01", "quantity": 2}, {"sku": "KET-BLU", "quantity": 1}]
RECHECK_S = 10
WALMART = "walmart.example.test"


class SharedClock(VirtualClock):
    """A simulator's clock that goes with the world's, so that nobody waits."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        """The world's time; a moment of its own while a late effect happens."""
        return self._pinned or self._clock.now() + self._offset


class Site:
    """A folder with a definition, and what is at its hosts. Each run opens file and store anew, as commands do."""

    def __init__(self, folder: Path, monkeypatch: Any, definition: str, simulators: Mapping[str, Simulator]) -> None:
        self.folder, self.file, self.registry = folder, folder / "crossdock.yaml", Registry()
        self.file.write_text(definition)
        self.clock = ManualClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
        self.simulators = simulators
        for simulator in simulators.values():
            simulator.clock = SharedClock(self.clock)
            simulator.begin()
        monkeypatch.setenv("SHARED_SECRET", "not-a-secret")
        monkeypatch.setattr(SystemClock, "now", lambda _: self.clock.now())  # what commands go by
        monkeypatch.setattr(binding, "open_client", partial(open_client, transport=self._transport))

    def _transport(self) -> httpx.AsyncBaseTransport:
        transports = {host: httpx.ASGITransport(app=one.app) for host, one in self.simulators.items()}

        class Both(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                return await transports[request.url.host].handle_async_request(request)

        return Both()

    # ------------------------------------------------------------ what the integrator does

    def edit(self, *changes: tuple[str, str]) -> None:
        """Replace parts of the file."""
        text = self.file.read_text()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        self.file.write_text(text)

    def run(self, *pipelines: str, key: str | None = None) -> None:
        """Run these a while later, or one record of them alone."""
        self.clock.advance(2 * RECHECK_S)
        anyio.run(self._run, pipelines, key)

    async def _run(self, pipelines: tuple[str, ...], key: str | None) -> None:
        assembly = load(self.file, registry=self.registry)
        async with self.store() as store, Runtime.open(assembly, store, clock=self.clock) as runtime:
            result = await runtime.run(pipelines, wait_s=RECHECK_S / 2, key=key)
            assert not result.refused, result.refused
            assert [one for one in result.pipelines if one.failed] == []

    def store(self) -> Any:
        """The store, to be opened."""
        return open_store("sqlite:crossdock.db", clock=self.clock, folder=self.folder)

    def deliveries(self) -> list[DeliverySummary]:
        """All of them."""
        return anyio.run(self._deliveries)

    async def _deliveries(self) -> list[DeliverySummary]:
        async with self.store() as store:
            return list(await store.deliveries())

    def held(self) -> list[DeliverySummary]:
        """What is held."""
        return [one for one in self.deliveries() if one.state is State.HELD]

    def resolve(self, choice: str, *more: str) -> None:
        """A person decides about the one that is held."""
        (one,) = self.held()
        self.call("resolve", str(one.id), choice, *more)

    def call(self, *arguments: str) -> None:
        """A person gives a command."""
        given = ["-c", str(self.file), "--log-level", "error", *arguments, "--reason", "decided"]
        done = CliRunner().invoke(cli, given)
        assert done.exit_code == 0, (done.output, done.exception)

    def facts(self) -> dict[tuple[str, str, Any], int]:
        """How often each thing was done; what staff and buyers did counts as well."""
        raise NotImplementedError


class Shop(Site):
    """A site with a marketplace."""

    def __init__(self, folder: Path, monkeypatch: Any, definition: str, others: Mapping[str, Simulator]) -> None:
        self.walmart = WalmartSimulator(seed=1)
        super().__init__(folder, monkeypatch, definition, {WALMART: self.walmart, **others})

    # ------------------------------------------------------------ what buyers do

    def place(self, lines: Any = MUGS, **more: Any) -> str:
        """One order, at Walmart; its number."""
        number: str = self.walmart.control("orders", {"count": 1, "lines": lines, **more})["ids"][0]
        return number

    def lines(self, order: str) -> list[Any]:
        """The lines of an order at Walmart, to be changed."""
        lines: list[Any] = self.walmart.book.draft(self.walmart.book.one(order))["orderLines"]["orderLine"]
        return lines

    def change(self, order: str, members: dict[str, Any]) -> None:
        """Something of an order changes at Walmart."""
        self.walmart.control("change", {"purchase_order_id": order, "order": members})

    def change_lines(self, order: str, lines: list[Any]) -> None:
        """Its lines do."""
        self.change(order, {"orderLines": {"orderLine": lines}})
