"""Interface runs: started by a GET request, done later, all or nothing for each entity."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.responses import Response

from crossdock.simulator import Call, Route, answer
from crossdock_erp_ledger.simulator.failing import Order
from crossdock_erp_ledger.simulator.fsm.checks import RowChecks, imbalance
from crossdock_erp_ledger.simulator.fsm.fields import RUN_GROUP, SEQUENCE
from crossdock_erp_ledger.simulator.fsm.lists import refuse
from crossdock_erp_ledger.simulator.fsm.parameters import Parameters, read_parameters
from crossdock_erp_ledger.simulator.fsm.staging import row_key

if TYPE_CHECKING:
    from crossdock_erp_ledger.simulator.simulator import InforSimulator
    from crossdock_erp_ledger.simulator.tenant import Tenant

Wire = dict[str, str]

_OPERATION = "ldrest/GLTransactionInterface/InterfaceTransactions_InterfaceTransactionsForm_FormOperation"
_TEXTS = (
    "PrmRunGroup", "PrmEnterpriseGroup", "PrmAccountingEntity", "PrmErrorRunGroupPrefix", "PrmCurrencyTable",
    "PrmPrimaryLedger", "FSMInboundBODTracker",
)  # fmt: skip
_FLAGS = (
    "PrmEditOnly", "PrmEditAndInterface", "PrmPartialUpdate", "PrmJournalizeByEntity", "PrmJournalByJournalCode",
    "PrmByPassOrganizationCode", "PrmByPassAccountCode", "PrmBypassStructureRelationEdit", "PrmInterfaceInDetail",
    "PrmBypassNegativeRateEdit", "PrmMoveErrorsToNewRunGroup", "_cmAll",
)  # fmt: skip
_IN_ERROR = "2"


@dataclass(frozen=True)
class Run:
    """One run: what it was asked, the rows that were staged when it began, and how it was ordered to fail."""

    number: int
    group: str
    asked: Parameters
    keys: tuple[str, ...]
    failing: Order | None

    @property
    def partial(self) -> bool:
        """Whether good rows are posted beside bad ones."""
        return self.asked.flags["PrmPartialUpdate"] or self.by_hand

    @property
    def by_hand(self) -> bool:
        """Whether it was ordered to post a part, whatever that leaves."""
        return self.failing is not None and self.failing.way == "partial"


class Interface:
    """Takes staged rows into the ledger. The same run group can be used again afterwards, and then posts again."""

    def __init__(self, simulator: InforSimulator) -> None:
        self._simulator = simulator

    def routes(self, base: str) -> list[Route]:
        """A GET request that changes the ledger."""
        tags = {"role": "GLTransactionInterface"}
        return [Route("GET", f"{base}/{_OPERATION}", self.start, write=True, tags=tags)]

    def start(self, call: Call) -> Response:
        """Begin a run; it goes on whether or not the gateway waits for this answer."""
        asked = read_parameters(call, _TEXTS, _FLAGS)
        _check(asked)
        tenant, settings = self._simulator.tenant(call.params["tenant"]), self._simulator.settings
        group = self._simulator.stored_name(asked.required("PrmRunGroup"))
        entity = asked.texts["PrmAccountingEntity"]
        rows = [row for row in tenant.staged.all() if row[RUN_GROUP] == group]
        keys = tuple(row_key(row) for row in rows if entity in ("", row["AccountingEntity"]))
        failing = tenant.failing.take(group)
        run = Run(tenant.number("run", 7001), group, asked, keys, failing)
        self._simulator.journal.record("interface_run", group, account=tenant.id)
        takes_s = failing.seconds if failing and failing.way == "late" else settings.interface_s
        tenant.begin(run.number, group, call.at, call.at + timedelta(seconds=takes_s))
        self._simulator.late.add(call.at + timedelta(seconds=takes_s), lambda: self._finish(tenant, run))
        self._simulator.gateway.wait(settings.start_s)
        return answer([{"message": "Interface Transactions request submitted"}])

    # ------------------------------------------------------------ the run itself

    def _finish(self, tenant: Tenant, run: Run) -> None:
        tenant.end(run.number)
        if run.failing and run.failing.way == "crash":
            return
        rows = [row for key in run.keys if (row := tenant.staged.get(key)) is not None]
        faults = self._faults(tenant, run, rows)
        blocked = set() if run.partial else {row["AccountingEntity"] for row in rows if row_key(row) in faults}
        good = [row for row in rows if row_key(row) not in faults and row["AccountingEntity"] not in blocked]
        if not run.asked.flags["PrmEditOnly"]:
            self._post(tenant, run, good)
        for row in rows:
            if message := faults.get(row_key(row)):
                _mark(tenant, run, row, message)
        posted = len(good) if not run.asked.flags["PrmEditOnly"] else 0
        if not (run.failing and run.failing.way == "silent"):
            tenant.add_result(run.number, run.group, len(rows), posted, len(faults), complete=posted == len(rows))

    def _faults(self, tenant: Tenant, run: Run, rows: list[Wire]) -> dict[str, str]:
        """What is wrong, by row. Rows that an earlier run refused stay bad until they are reset."""
        checks = RowChecks(tenant.masters, tenant.periods, self._simulator.settings)
        faults: dict[str, str] = {}
        for row in rows:
            fault = row["ErrorMessage"] if row["Status"] == _IN_ERROR else _ordered(run, row) or checks.fault(row)
            if fault:
                faults[row_key(row)] = fault
        for its in _by_entity(rows):
            left = [row for row in its if row_key(row) not in faults]
            whole = run.partial or len(left) == len(its)
            if left and whole and not run.by_hand and (message := imbalance(left, tenant.masters)):
                faults.update({row_key(row): message for row in left})
        return faults

    def _post(self, tenant: Tenant, run: Run, rows: list[Wire]) -> None:
        journals: dict[tuple[str, str], str] = {}
        for row in rows:
            split = row.get("JournalCode", "") if run.asked.flags["PrmJournalByJournalCode"] else ""
            kind = row["AccountingEntity"], split
            if kind not in journals:
                journals[kind] = str(tenant.number("journal", 100001))
            tenant.post(row, journals[kind], posted=self._simulator.settings.auto_post)
            tenant.staged.remove(row_key(row))
        tenant.witness(rows)


def _check(asked: Parameters) -> None:
    flags, prefix = asked.flags, asked.texts["PrmErrorRunGroupPrefix"]
    asked.required("PrmEnterpriseGroup")
    if flags["PrmEditOnly"] and flags["PrmEditAndInterface"]:
        raise refuse("EditOnly and EditAndInterface exclude each other")
    if flags["PrmMoveErrorsToNewRunGroup"] and not (flags["PrmPartialUpdate"] and prefix):
        raise refuse("MoveErrorsToNewRunGroup needs PartialUpdate and ErrorRunGroupPrefix")


def _mark(tenant: Tenant, run: Run, row: Wire, message: str) -> None:
    """Leave a refused row in staging with its message, under another run group where that was asked."""
    marked = {**row, "Status": _IN_ERROR, "ErrorMessage": message}
    if run.asked.flags["PrmMoveErrorsToNewRunGroup"]:
        tenant.staged.remove(row_key(row))
        marked[RUN_GROUP] = (run.asked.texts["PrmErrorRunGroupPrefix"] + run.group)[:30]
    tenant.staged.put(row_key(marked), marked)


def _ordered(run: Run, row: Wire) -> str | None:
    return run.failing.message if run.failing and run.failing.refuses(int(row[SEQUENCE])) else None


def _by_entity(rows: list[Wire]) -> list[list[Wire]]:
    found: dict[str, list[Wire]] = defaultdict(list)
    for row in rows:
        found[row["AccountingEntity"]].append(row)
    return list(found.values())
