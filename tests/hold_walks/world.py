"""A marketplace and a warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import httpx

from crossdock_wms_cartoncloud.simulator import CartonCloudSimulator
from hold_walks.site import MUGS, RECHECK_S, WALMART, Shop

CREATE, ACKNOWLEDGE, TRACKING = ("orders",), ("acknowledge",), ("tracking",)
MADE = ("sale_order", "acknowledged", "shipped", "tracking_updated", "deleted")
TENANT = "8f0c7a52-3c1d-4f7e-9a55-0d6f5b1c2e90"
WAREHOUSE = "warehouse.example.test"

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


class World(Shop):
    """What a walk causes and looks at."""

    def __init__(self, folder: Path, monkeypatch: Any) -> None:
        self.warehouse = CartonCloudSimulator(seed=2)
        super().__init__(folder, monkeypatch, DEFINITION, {WAREHOUSE: self.warehouse})

    # ------------------------------------------------------------ what buyers and staff do

    def accepted(self, lines: Any = MUGS) -> str:
        """An order in the warehouse, acknowledged."""
        order = self.place(lines)
        self.run(*CREATE)
        self.run(*ACKNOWLEDGE)
        return order

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
