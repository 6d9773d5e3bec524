"""Both simulators, a definition and a store in one process and on one clock, which only moves when it is told."""

from __future__ import annotations

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
from crossdock.simulator import VirtualClock
from crossdock.store.open import open_store
from crossdock.store.rows import DeliverySummary, State
from crossdock_walmart.simulator import WalmartSimulator
from crossdock_wms_cartoncloud.simulator import CartonCloudSimulator

MUGS = [{"sku": "MUG-01", "quantity": 2}]
SEVERAL = [{"sku": "MUG-01", "quantity": 2}, {"sku": "KET-BLU", "quantity": 1}]
CREATE, ACKNOWLEDGE, TRACKING = ("orders",), ("acknowledge",), ("tracking",)
MADE = ("sale_order", "acknowledged", "shipped", "tracking_updated", "deleted")
RECHECK_S = 10
TENANT = "8f0c7a52-3c1d-4f7e-9a55-0d6f5b1c2e90"
WALMART, WAREHOUSE = "walmart.example.test", "warehouse.example.test"

DEFINITION = f"""\
version: 1
store: sqlite:crossdock.db
connections:
  walmart_us:
    use: walmart
    market: us
    base_url: https://{WALMART}
    auth: {{use: walmart.client_credentials, client_id: tester, client_secret: "${{env:SHARED_SECRET}}"}}
  acme_3pl:
    use: wms_cartoncloud
    tenant: {TENANT}
    base_url: https://{WAREHOUSE}
    duplicates: probe
    auth: {{use: wms_cartoncloud.client_credentials, client_id: tester, client_secret: "${{env:SHARED_SECRET}}"}}
pipelines:
  orders:
    customer: acme
    from: {{use: walmart.orders, connection: walmart_us, since: 2026-11-01T00:00:00-08:00}}
    every: 5m
    recheck: {RECHECK_S}s
    to:
      use: wms_cartoncloud.sale_orders
      connection: acme_3pl
      map:
        - use: wms_cartoncloud.sale_order
          customer: Acme Trading
          default_warehouse: Sydney DC
  acknowledge:
    from: {{use: wms_cartoncloud.sale_order_statuses, connection: acme_3pl, customer: Acme Trading}}
    every: 5m
    recheck: {RECHECK_S}s
    to: {{use: walmart.acknowledgements, connection: walmart_us}}
  tracking:
    from: {{use: wms_cartoncloud.dispatches, connection: acme_3pl, customer: Acme Trading}}
    every: 5m
    recheck: {RECHECK_S}s
    to: {{use: walmart.shipments, connection: walmart_us, map: [{{use: walmart.shipment}}]}}
"""


class SharedClock(VirtualClock):
    """A simulator's clock that goes with the world's, so that nobody waits."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        """The world's time; a moment of its own while a late effect happens."""
        return self._pinned or self._clock.now() + self._offset


class World:
    """What a walk causes and looks at. Each run opens the file and the store anew, as each `crossdock run` does."""

    def __init__(self, folder: Path, monkeypatch: Any) -> None:
        self.folder, self.file, self.registry = folder, folder / "crossdock.yaml", Registry()
        self.file.write_text(DEFINITION)
        self.clock = ManualClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
        self.walmart, self.warehouse = WalmartSimulator(seed=1), CartonCloudSimulator(seed=2)
        for simulator in (self.walmart, self.warehouse):
            simulator.clock = SharedClock(self.clock)
            simulator.begin()
        monkeypatch.setenv("SHARED_SECRET", "not-a-secret")
        monkeypatch.setattr(SystemClock, "now", lambda _: self.clock.now())  # what commands go by
        monkeypatch.setattr(binding, "open_client", partial(open_client, transport=self._transport))

    def _transport(self) -> httpx.AsyncBaseTransport:
        ways = {WALMART: self.walmart.app, WAREHOUSE: self.warehouse.app}
        transports = {host: httpx.ASGITransport(app=app) for host, app in ways.items()}

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

    # ------------------------------------------------------------ what buyers and staff do

    def place(self, lines: Any = MUGS, **more: Any) -> str:
        """One order, at Walmart; its number."""
        number: str = self.walmart.control("orders", {"count": 1, "lines": lines, **more})["ids"][0]
        return number

    def accepted(self, lines: Any = MUGS) -> str:
        """An order in the warehouse, acknowledged."""
        order = self.place(lines)
        self.run(*CREATE)
        self.run(*ACKNOWLEDGE)
        return order

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

    def refuse_cancellation(self, order: str) -> None:
        """What the buyer asked for is refused."""
        self.change_lines(order, [{**line, "intentToCancel": None} for line in self.lines(order)])

    def settings(self, **values: Any) -> None:
        """How the warehouse's organisation is set up."""
        self.warehouse.control("settings", values)

    def move(self, order: str, status: str, **more: Any) -> None:
        """Staff moves an order on, or back."""
        self.warehouse.control(f"orders/{order}", {"status": status, **more})

    def track(self, order: str, **tracking: Any) -> None:
        """Staff enters tracking."""
        self.warehouse.control(f"orders/{order}", {"tracking": tracking})

    def dispatch(self, order: str, number: str, **tracking: Any) -> None:
        """An order leaves in one parcel."""
        self.move(order, "DISPATCHED", tracking={"carrier": "UPS", "number": number, **tracking})

    def enter(self, reference: str, lines: Any) -> str:
        """Staff enters a sale order without us; its id."""
        return anyio.run(self._enter, reference, lines)

    async def _enter(self, reference: str, lines: Any) -> str:
        items = [
            {"details": {"product": {"references": {"code": one["sku"]}}}, "measures": {"quantity": one["quantity"]}}
            for one in lines
        ]
        address = {"companyName": "Sample Buyer", "address1": "1 Sample St", "city": "Austin"}
        body = {
            "references": {"customer": reference},
            "customer": {"name": "Acme Trading"},
            "details": {"deliver": {"address": {**address, "country": {"iso2Code": "US"}}}},
            "items": items,
        }
        way = {"base_url": f"https://{WAREHOUSE}", "transport": self._transport(), "headers": {"Accept-Version": "1"}}
        async with httpx.AsyncClient(**way) as http:
            grant = {"grant_type": "client_credentials"}
            token = (await http.post("/uaa/oauth/token", data=grant, auth=("a-person", "not-a-secret"))).json()
            bearer = {"Authorization": f"Bearer {token['access_token']}"}
            answer = await http.post(f"/tenants/{TENANT}/outbound-orders", json=body, headers=bearer)
            made: str = answer.raise_for_status().json()["id"]
            return made

    def dispatch_anew(self, order: str, lines: Any) -> None:
        """A parcel comes back, and leaves with other lines."""
        self.move(order, "AWAITING_PICK_AND_PACK", reset=True)
        self.staff_edits(order, lines)
        self.dispatch(order, "1Z5")

    def staff_edits(self, order: str, lines: Any) -> None:
        """Staff puts other lines into a sale order."""
        self.warehouse.control(f"edit/{order}", {"lines": lines})

    # ------------------------------------------------------------ what came of it

    def facts(self) -> dict[tuple[str, str, Any], int]:
        """How often each thing was done on either side; what staff and buyers did counts as well."""
        every = [*self.walmart.control("facts"), *self.warehouse.control("facts")]
        return {(one["kind"], one["key"], one["revision"]): one["count"] for one in every if one["kind"] in MADE}
