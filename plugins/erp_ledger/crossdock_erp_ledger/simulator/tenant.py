"""Everything that one tenant has: master data, periods, staged rows, the ledger, runs, M3."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from crossdock.simulator import Shelf
from crossdock_erp_ledger.simulator.failing import Failing
from crossdock_erp_ledger.simulator.fsm.fields import GROUP, OBJECT_KEY, SEQUENCE
from crossdock_erp_ledger.simulator.masters import Masters
from crossdock_erp_ledger.simulator.periods import Periods

if TYPE_CHECKING:
    from crossdock_erp_ledger.simulator.m3.batches import Batch
    from crossdock_erp_ledger.simulator.simulator import InforSimulator

Wire = dict[str, str]

DEFAULT_TENANT = "DEMO_TST"
"""The one that is always there. Any other exists as soon as it is asked for."""

COMPLETE, INCOMPLETE = "1", "2"


class Tenant:
    """One tenant. Lists see it through the read lag; what is done sees it as it is."""

    def __init__(self, simulator: InforSimulator, tenant_id: str) -> None:
        self.id = tenant_id
        self._simulator = simulator
        self.masters = Masters()
        self.periods = Periods(simulator.clock.now().date())
        self.failing = Failing()
        self.staged: Shelf[Wire] = Shelf(simulator.clock, simulator.lag_s)
        self.results: Shelf[Wire] = Shelf(simulator.clock, simulator.lag_s)
        self.ledger: Shelf[Wire] = Shelf(simulator.clock, simulator.lag_s)
        self.batches: dict[tuple[str, str, str], Batch] = {}
        self.vouchers: Shelf[Wire] = Shelf(simulator.clock, simulator.lag_s)
        self.customers: dict[tuple[str, str], Wire] = {}
        self._running: dict[int, dict[str, Any]] = {}
        self._numbers: dict[str, count[int]] = {}

    def number(self, kind: str, first: int) -> int:
        """The next number of a kind."""
        return next(self._numbers.setdefault(kind, count(first)))

    # ------------------------------------------------------------ runs

    def begin(self, number: int, name: str, at: datetime, ends: datetime) -> None:
        """Note that a run is under way."""
        self._running[number] = {"run": number, "name": name, "began": at, "ends": ends}

    def end(self, number: int) -> None:
        """Note that it is not any more."""
        self._running.pop(number, None)

    def add_result(self, number: int, group: str, rows: int, passed: int, failed: int, *, complete: bool) -> None:
        """Write what became of a run, where a client looks for it."""
        self.results.put(
            str(number),
            {
                "GLTransactionInterfaceResult": str(number),
                "RunGroup": group,
                "Status": COMPLETE if complete else INCOMPLETE,
                "ResultSequence": str(number),
                "RecordCount": str(rows),
                "PassedCount": str(passed),
                "FailedCount": str(failed),
            },
        )

    # ------------------------------------------------------------ the ledger

    def post(self, row: Mapping[str, str], journal: str, *, posted: bool) -> None:
        """Make a row a transaction of the ledger."""
        number = str(self.number("transaction", 500001))
        status = "Posted" if posted else "Unreleased"
        self.ledger.put(
            number,
            {**row, "GeneralLedgerTransaction": number, "Journal": journal, "JournalStatus": status},
        )

    def add_voucher_line(self, line: Wire) -> None:
        """Keep a line of M3's ledger."""
        self.vouchers.put(line["KSTR"], line)

    def post_journals(self, journal: str | None) -> list[str]:
        """Let staff release and post journals: this one, or all that wait."""
        waiting = [
            one for one in self.ledger.all() if one["JournalStatus"] != "Posted" and journal in (None, one["Journal"])
        ]
        for one in waiting:
            self.ledger.put(one["GeneralLedgerTransaction"], {**one, "JournalStatus": "Posted"})
        return sorted({one["Journal"] for one in waiting})

    def witness(self, rows: Sequence[Wire]) -> None:
        """Count each business key among the rows of one run: once, unless every row of it is there several times."""
        lines: dict[tuple[str, str], Counter[Any]] = defaultdict(Counter)
        for row in rows:
            if key := row.get(OBJECT_KEY):
                content = {name: value for name, value in row.items() if name != SEQUENCE}
                lines[row[GROUP], key][tuple(sorted(content.items()))] += 1
        for (group, key), times in lines.items():
            for _ in range(min(times.values())):
                self._simulator.journal.record("posted", key, account=f"{self.id}/{group}")

    def snapshot(self) -> dict[str, list[Any]]:
        """Everything, for the control plane."""
        return {
            "staged": self.staged.all(),
            "transactions": self.ledger.all(),
            "results": self.results.all(),
            "running": list(self._running.values()),
            "batches": [batch.wire() for batch in self.batches.values()],
            "vouchers": self.vouchers.all(),
            "customers": list(self.customers.values()),
            "periods": self.periods.wire(),
            "masters": self.masters.wire(),
        }
