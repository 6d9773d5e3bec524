"""CRS610MI: customers, with a number that rises at each change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from crossdock_erp_ledger.simulator.m3.context import Context, Fields, company
from crossdock_erp_ledger.simulator.m3.nok import EXISTS, MISSING, Nok
from crossdock_erp_ledger.simulator.m3.tables import PROGRAMS

if TYPE_CHECKING:
    from crossdock_erp_ledger.simulator.simulator import InforSimulator
    from crossdock_erp_ledger.simulator.tenant import Tenant

Act = Callable[["Tenant", Context, Fields], list[Fields]]

_NEW = {"STAT": "20", "CUTP": "0", "CHNO": "1"}
_OWN = ("CONO", "CUNO", "CUTM", "CHNO")
KNOWN = {name for table in PROGRAMS["CRS610MI"].values() for name in (*table.inputs, *table.outputs)}


class Customers:
    """The customers of each company."""

    def __init__(self, simulator: InforSimulator) -> None:
        self._simulator = simulator

    def transactions(self) -> Iterator[tuple[tuple[str, str], Act]]:
        """What the program can do."""
        yield ("CRS610MI", "Add"), self.add
        yield ("CRS610MI", "ChgBasicData"), self.change
        yield ("CRS610MI", "ChgFinancial"), self.change
        yield ("CRS610MI", "GetBasicData"), self.get
        yield ("CRS610MI", "GetFinancial"), self.get
        yield ("CRS610MI", "LstByNumber"), self.list

    def add(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """A new customer, from a template; its number is made where none is given."""
        cono, settings = self._cono(context, fields), self._simulator.settings
        if settings.customer_templates is not None and fields["CUTM"] not in settings.customer_templates:
            raise Nok(f"Customer template {fields['CUTM']} does not exist", "CUTM", MISSING)
        number = fields.get("CUNO") or f"C{tenant.number('CUNO', 1):05d}"
        if (cono, number) in tenant.customers:
            raise Nok("The record already exists", "CUNO", EXISTS)
        put_customer(tenant, cono, number, fields, self._simulator.clock.now())
        self._simulator.journal.record("customer_added", number, account=f"{tenant.id}/{cono}")
        return [{"CUNO": number}]

    def change(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """Change what is given. A change number that is given must be the customer's."""
        cono, before = self._cono(context, fields), self._customer(tenant, context, fields)
        if fields.get("CHNO", before["CHNO"]) != before["CHNO"]:
            raise Nok("The record has been changed by another user", "CHNO")
        put_customer(tenant, cono, fields["CUNO"], fields, self._simulator.clock.now())
        revision = tenant.customers[cono, fields["CUNO"]]["CHNO"]
        self._simulator.journal.record("customer_changed", fields["CUNO"], revision, account=f"{tenant.id}/{cono}")
        return [{"CUNO": fields["CUNO"]}]

    def get(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """One customer."""
        return [self._customer(tenant, context, fields)]

    def list(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """Customers from a number on, in order; with LMTS those that changed at that time (ms) or later."""
        if not (fields.get("LMTS", "0").isascii() and fields.get("LMTS", "0").isdigit()):
            raise Nok(f"LMTS {fields['LMTS']} is not valid", "LMTS")
        cono, since = self._cono(context, fields), int(fields.get("LMTS", "0"))
        return [
            customer
            for (company_, number), customer in sorted(tenant.customers.items())
            if company_ == cono and number >= fields.get("CUNO", "") and int(customer["LMTS"]) >= since
        ]

    def _customer(self, tenant: Tenant, context: Context, fields: Fields) -> Fields:
        found = tenant.customers.get((self._cono(context, fields), fields["CUNO"]))
        if found is None:
            raise Nok(f"Customer {fields['CUNO']} does not exist", "CUNO", MISSING)
        return found

    def _cono(self, context: Context, fields: Fields) -> str:
        return company(fields, context, self._simulator.settings.companies)


def put_customer(tenant: Tenant, cono: str, number: str, fields: Fields, now: datetime) -> Fields:
    """Write a customer, or what is given of it: one change number more, changed now."""
    before = tenant.customers.get((cono, number))
    changed = {name: value for name, value in fields.items() if name not in _OWN}
    stamps = {"LMDT": f"{now:%Y%m%d}", "LMTS": str(int(now.timestamp() * 1000))}
    if before is None:
        made = {**_NEW, "RGDT": f"{now:%Y%m%d}", **changed, **stamps, "CONO": cono, "CUNO": number}
    else:
        made = {**before, **changed, **stamps, "CHNO": str(int(before["CHNO"]) % 999 + 1)}
    tenant.customers[cono, number] = made
    return made
