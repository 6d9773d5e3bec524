"""A marketplace and a tenant of Infor, whose ledger is in CloudSuite Financials or in M3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

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
    timezone: America/New_York
    poll_every: 1s
    auth: {{use: erp_ledger.service_account, ionapi: "${{file:acme.ionapi}}"}}
    LEDGER
pipelines:
  sales:
    from: {{use: walmart.orders, connection: walmart_us, since: 2026-11-01T00:00:00-08:00}}
    every: 5m
    recheck: {RECHECK_S}s
    to:
      use: SINK
      connection: infor
      map:
        - use: erp_ledger.journal
          timezone: America/New_York
          clearing: {{us: "11500"}}
          rules:
            - {{match: {{event: sale}}, account: "40100"}}
            - {{match: {{event: shipping}}, account: "40900"}}
"""


class Infor(Shop):
    """What a walk causes and looks at."""

    sink: ClassVar[str]
    ledger: ClassVar[str]
    """What the connection says of the ledger."""
    fact: ClassVar[str]
    """What the tenant calls an entry in its ledger."""

    def __init__(self, folder: Path, monkeypatch: Any) -> None:
        self.infor = InforSimulator(seed=3)
        file = self.infor.control("ionapi", {"tenant": TENANT, "base_url": f"https://{INFOR}"})
        (folder / "acme.ionapi").write_text(json.dumps(file))
        definition = DEFINITION.replace("SINK", self.sink).replace("LEDGER", self.ledger)
        super().__init__(folder, monkeypatch, definition, {INFOR: self.infor})

    def refused(self, *changes: tuple[str, str]) -> None:
        """An order under a definition that was edited."""
        self.edit(*changes)
        self.place()
        self.run(*SALES)

    def mended(self, verb: str, **body: Any) -> None:
        """Staff mends what is set up in the tenant; the next run posts."""
        self.infor.control(verb, body)
        self.run(*SALES)

    def facts(self) -> dict[tuple[str, str, Any], int]:
        """How often each entry is in the ledger."""
        return {(one.kind, one.key, one.revision): one.count for one in self.infor.journal.facts(self.fact)}


class Financials(Infor):
    """A ledger in CloudSuite Financials."""

    sink = "erp_ledger.fsm_entries"
    ledger = """use: erp_ledger.infor_fsm
    enterprise_group: "1"
    entity: "10"
    dimensions: {channel: 1}"""
    fact = "posted"


class M3(Infor):
    """A ledger in M3."""

    sink = "erp_ledger.m3_entries"
    ledger = """use: erp_ledger.infor_m3
    company: 100
    division: AAA
    local_currency: USD
    dimensions: {channel: 2}"""
    fact = "voucher"
