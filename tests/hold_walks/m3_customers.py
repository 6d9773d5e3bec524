"""House customers that two companies of M3 keep, and where they come to a person."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from crossdock_erp_ledger.simulator import InforSimulator
from hold_walks import Step, walks
from hold_walks.infor import INFOR, TENANT
from hold_walks.site import RECHECK_S, Site

DEFINITION = f"""\
version: 1
store: sqlite:crossdock.db
connections:
  main: {{use: erp_ledger.infor_m3, company: 100, local_currency: USD, timezone: UTC, auth: AUTH}}
  shop: {{use: erp_ledger.infor_m3, company: 200, local_currency: USD, timezone: UTC, auth: AUTH}}
pipelines:
  there:
    from: {{use: erp_ledger.m3_customers, connection: main, customers: [WMTUS]}}
    every: 5m
    recheck: {RECHECK_S}s
    to: {{use: erp_ledger.m3_customers, connection: shop, template: HOUSE, fields: {{name: newest}}}}
"""
AUTH = '{use: erp_ledger.service_account, ionapi: "${file:acme.ionapi}"}'


class Companies(Site):
    """Two companies of one tenant."""

    def __init__(self, folder: Path, monkeypatch: Any) -> None:
        self.infor = InforSimulator(seed=3)
        file = self.infor.control("ionapi", {"tenant": TENANT, "base_url": f"https://{INFOR}"})
        (folder / "acme.ionapi").write_text(json.dumps(file))
        super().__init__(folder, monkeypatch, DEFINITION.replace("AUTH", AUTH), {INFOR: self.infor})
        self.infor.control("settings", {"companies": ["100", "200"], "divisions": []})

    def staff(self, company: str, name: str) -> None:
        """Staff of a company calls its house customer so."""
        customer = {"CUNO": "WMTUS", "CUNM": name, "CUA1": "1 Road"}
        self.infor.control("customers", {"tenant": TENANT, "cono": company, "customers": [customer]})

    def both_change(self) -> None:
        """They agree, and then each calls it otherwise, on one day."""
        self.staff("100", "Walmart US")
        self.run("there")
        self.staff("200", "Walmart Shop")
        self.staff("100", "Walmart USA")
        self.run("there")

    def facts(self) -> dict[tuple[str, str, Any], int]:
        """What we made and changed; what staff does is not counted."""
        found = [one for kind in ("customer_added", "customer_changed") for one in self.infor.journal.facts(kind)]
        return {(one.kind, one.key, one.revision): one.count for one in found}


walks_of_customers = partial(walks, "erp_ledger", site=Companies)


@walks_of_customers("customer_missing")
def customer_missing(site: Companies) -> Step:
    site.edit(("template: HOUSE, ", ""))
    site.staff("100", "Walmart US")
    site.run("there")
    yield
    site.edit(("connection: shop, ", "connection: shop, template: HOUSE, "))
    site.run("there")


@walks_of_customers("customer_refused")
def customer_refused(site: Companies) -> Step:
    site.infor.control("settings", {"customer_templates": ["OTHER"]})
    site.staff("100", "Walmart US")
    site.run("there")
    yield
    site.infor.control("settings", {"customer_templates": ["HOUSE"]})
    site.run("there")


@walks_of_customers("customer_conflict")
def customer_conflict(site: Companies) -> Step:
    site.both_change()
    yield
    site.edit(("name: newest", "name: source"))
    site.run("there")


@walks_of_customers("customer_conflict", by="source")
def customer_conflict_that_a_person_decides(site: Companies) -> Step:
    site.both_change()
    yield
    site.resolve("source")
    site.run("there")


@walks_of_customers("customer_conflict", by="target", made=0)
def customer_conflict_that_a_person_leaves(site: Companies) -> Step:
    site.both_change()
    yield
    site.resolve("target")
    site.run("there")
