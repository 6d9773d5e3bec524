"""A marketplace and a tenant of CloudSuite Financials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from crossdock_erp_ledger.simulator import InforSimulator
from hold_walks.site import RECHECK_S, WALMART, Shop

SALES = ("sales",)
INFOR, TENANT = "infor.example.test", "ACME_TST"

DEFINITION = f"""\
version: 1
store: sqlite:crossdock.db
connections:
  walmart_us:
    use: walmart
    market: us
    base_url: https://{WALMART}
    read_only: true
    auth: {{use: walmart.client_credentials, client_id: tester, client_secret: "${{env:SHARED_SECRET}}"}}
  infor:
    use: erp_ledger.infor_fsm
    timezone: America/New_York
    enterprise_group: "1"
    entity: "10"
    dimensions: {{channel: 1}}
    poll_every: 1s
    auth: {{use: erp_ledger.service_account, ionapi: "${{file:acme.ionapi}}"}}
pipelines:
  sales:
    from: {{use: walmart.orders, connection: walmart_us, since: 2026-11-01T00:00:00-08:00}}
    every: 5m
    recheck: {RECHECK_S}s
    to:
      use: erp_ledger.fsm_entries
      connection: infor
      map:
        - use: erp_ledger.journal
          timezone: America/New_York
          clearing: {{us: "11500"}}
          rules:
            - {{match: {{event: sale}}, account: "40100"}}
            - {{match: {{event: shipping}}, account: "40900"}}
"""


class Financials(Shop):
    """What a walk causes and looks at."""

    def __init__(self, folder: Path, monkeypatch: Any) -> None:
        self.infor = InforSimulator(seed=3)
        file = self.infor.control("ionapi", {"tenant": TENANT, "base_url": f"https://{INFOR}"})
        (folder / "acme.ionapi").write_text(json.dumps(file))
        super().__init__(folder, monkeypatch, DEFINITION, {INFOR: self.infor})

    def facts(self) -> dict[tuple[str, str, Any], int]:
        """How often each entry is in the ledger."""
        return {(one.kind, one.key, one.revision): one.count for one in self.infor.journal.facts("posted")}
