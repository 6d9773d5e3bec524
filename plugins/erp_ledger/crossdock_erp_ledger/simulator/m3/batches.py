"""GLS840MI: a batch gets a head and lines, is checked, and is then taken into the ledger by a job."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from crossdock_erp_ledger.simulator.failing import Order
from crossdock_erp_ledger.simulator.m3.context import Context, Fields, company, division
from crossdock_erp_ledger.simulator.m3.lines import Line, LineRules
from crossdock_erp_ledger.simulator.m3.nok import EXISTS, MISSING, Nok
from crossdock_erp_ledger.simulator.m3.parm import decode

if TYPE_CHECKING:
    from crossdock_erp_ledger.simulator.simulator import InforSimulator
    from crossdock_erp_ledger.simulator.tenant import Tenant

Act = Callable[["Tenant", Context, Fields], list[Fields]]

_POSITIONS, _FIELDS = 1, 2


@dataclass(slots=True)
class Batch:
    """One batch, in the state of its last step."""

    cono: str
    divi: str
    name: str
    template: str
    text: str
    state: Literal["open", "checked", "updating", "updated", "failed"] = "open"
    lines: dict[int, Fields] = field(default_factory=dict)
    message: str = ""

    def wire(self) -> dict[str, object]:
        """For the control plane."""
        return {
            "CONO": self.cono, "DIVI": self.divi, "KEY1": self.name, "INTN": self.template, "state": self.state,
            "message": self.message, "lines": [{"LINE": number, **line} for number, line in self.lines.items()],
        }  # fmt: skip


class Batches:
    """The batches of all tenants' companies."""

    def __init__(self, simulator: InforSimulator) -> None:
        self._simulator = simulator

    def transactions(self) -> Iterator[tuple[tuple[str, str], Act]]:
        """What the program can do."""
        for act in (self.add_head, self.add_fields, self.add_positions, self.check, self.update):
            yield ("GLS840MI", _NAMES[act.__name__]), act

    def add_head(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """Begin a batch; its name can be used once."""
        cono, divi = self._where(fields, context)
        if fields["INTN"] not in self._simulator.settings.templates:
            raise Nok(f"Interface {fields['INTN']} does not exist", "INTN", MISSING)
        key = cono, divi, fields["KEY1"]
        if key in tenant.batches:
            raise Nok("The record already exists", "KEY1", EXISTS)
        tenant.batches[key] = Batch(cono, divi, fields["KEY1"], fields["INTN"], fields["DESC"])
        return [{"CONO": cono}]

    def add_fields(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """A line of a template with usage type 2."""
        batch = self._batch(tenant, context, fields, _FIELDS)
        line = {name: value for name, value in fields.items() if name not in ("KEY1", "LINE", "DIVI")}
        self._add(tenant, batch, fields["LINE"], line)
        return []

    def add_positions(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """A line of a template with usage type 1."""
        batch = self._batch(tenant, context, fields, _POSITIONS)
        line = decode(fields["PARM"], self._simulator.settings.parm_layout)
        if line.pop("DIVI", batch.divi) != batch.divi:
            raise Nok("PARM names another division", "PARM")
        self._add(tenant, batch, fields["LINE"], line)
        return [{"CONO": batch.cono}]

    def check(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """Option 6: whether it could be posted as it is."""
        batch = self._batch(tenant, context, fields, None)
        batch.state = "open"
        self._lines(tenant, batch)
        batch.state, batch.message = "checked", ""
        return [{"CONO": batch.cono}]

    def update(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """Option 9: start the job that posts it. What becomes of that can be seen in the ledger alone."""
        batch = self._batch(tenant, context, fields, None)
        if batch.state != "checked":
            raise Nok(f"Batch {batch.name} is not checked", "KEY1")
        batch.state = "updating"
        self._simulator.journal.record("batch_update", batch.name, account=f"{tenant.id}/{batch.cono}/{batch.divi}")
        settings, failing = self._simulator.settings, tenant.failing.take(batch.name)
        takes_s = failing.seconds if failing and failing.way == "late" else settings.interface_s
        ends = self._simulator.clock.now() + timedelta(seconds=takes_s)
        self._simulator.late.add(ends, lambda: self._finish(tenant, batch, failing))
        self._simulator.gateway.wait(settings.start_s)
        return [{"CONO": batch.cono}]

    # ------------------------------------------------------------ the job

    def _finish(self, tenant: Tenant, batch: Batch, failing: Order | None) -> None:
        batch.state = "failed"
        if failing and failing.way in ("crash", "error", "partial"):
            batch.message = failing.message
            return
        try:
            lines = self._lines(tenant, batch)
        except Nok as nok:
            batch.message = nok.message
            return
        batch.state = "updated"
        journal = tenant.number(f"JRNO {batch.cono}", 900001)
        vouchers: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            vouchers[line.group].append(line)
        number = 0
        for its in vouchers.values():
            voucher = tenant.number(f"VONO {batch.cono}", 40000001)
            for line in its:
                number += 1
                tenant.add_voucher_line(_posted(batch, line, journal, number, voucher))
            self._witness(tenant, batch, its)
        if not self._simulator.settings.keep_batches:
            del tenant.batches[batch.cono, batch.divi, batch.name]

    def _witness(self, tenant: Tenant, batch: Batch, lines: list[Line]) -> None:
        """Count each text of a voucher by what it posts: the same once more, in whatever batch, is a double.

        It counts once, unless every line that bears the text is there several times. The batch's name, where the text
        begins with it, says nothing of what was posted.
        """
        found: dict[str, Counter[Any]] = defaultdict(Counter)
        for line in lines:
            if text := line.fields.get("VTXT", "").removeprefix(batch.name).strip():
                found[text][_said(line)] += 1
        for text, times in found.items():
            digest = sha256(repr(sorted(times)).encode()).hexdigest()[:8]
            for _ in range(min(times.values())):
                where = f"{tenant.id}/{batch.cono}/{batch.divi}"
                self._simulator.journal.record("voucher", text, digest, account=where)

    # ------------------------------------------------------------ steps

    def _where(self, fields: Fields, context: Context) -> tuple[str, str]:
        settings = self._simulator.settings
        return company(fields, context, settings.companies), division(fields, context, settings.divisions)

    def _batch(self, tenant: Tenant, context: Context, fields: Fields, usage: int | None) -> Batch:
        batch = tenant.batches.get((*self._where(fields, context), fields["KEY1"]))
        if batch is None:
            raise Nok("The record does not exist", "KEY1", MISSING)
        if batch.state in ("updating", "updated"):
            raise Nok(f"Batch {batch.name} is already updated", "KEY1")
        if usage is not None and self._simulator.settings.templates[batch.template] != usage:
            raise Nok(f"Interface {batch.template} is of another usage type", "KEY1")
        return batch

    def _add(self, tenant: Tenant, batch: Batch, number: str, line: Fields) -> None:
        if not (number.isascii() and number.isdigit()):
            raise Nok(f"LINE {number} is not valid", "LINE")
        if int(number) in batch.lines:
            raise Nok("The record already exists", "LINE", EXISTS)
        if "INRI" not in line:
            raise Nok("Record identity must be entered", "PARM")
        if self._simulator.settings.line_checks:
            self._rules(tenant, batch).read(line)
        batch.lines[int(number)] = line
        batch.state = "open"

    def _rules(self, tenant: Tenant, batch: Batch) -> LineRules:
        return LineRules(batch.divi, tenant.masters, tenant.periods, self._simulator.settings)

    def _lines(self, tenant: Tenant, batch: Batch) -> list[Line]:
        """All lines, each right and every voucher in balance. Raises: Nok."""
        rules = self._rules(tenant, batch)
        if not batch.lines:
            raise Nok(f"Batch {batch.name} has no lines", "KEY1")
        lines = [rules.read(line) for _, line in sorted(batch.lines.items())]
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for line in lines:
            sums[line.group, ""] += line.local
            sums[line.group, line.currency] += line.amount
        for (group, currency), left in sums.items():
            if left:
                raise Nok(f"Voucher {group} is out of balance by {abs(left)} {currency}".strip(), "ACAM")
        return lines


def _said(line: Line) -> tuple[Any, ...]:
    """What a line posts: where, when and how much."""
    dimensions = tuple(line.fields.get(f"AIT{number}", "") for number in range(1, 8))
    return (*dimensions, f"{line.day}", line.currency, f"{line.amount.normalize():f}", f"{line.local.normalize():f}")


_NAMES = {
    "add_head": "AddBatchHead",
    "add_fields": "AddBatchLineFld",
    "add_positions": "AddBatchLine",
    "check": "CtrlBatch",
    "update": "UpdBatch",
}


def _posted(batch: Batch, line: Line, journal: int, number: int, voucher: int) -> Fields:
    kept = {name: value for name, value in line.fields.items() if name not in ("INRI", "GRNR", "SHDT")}
    return {
        **kept,
        "CONO": batch.cono,
        "DIVI": batch.divi,
        "YEA4": str(line.day.year),
        "JRNO": str(journal),
        "JSNO": str(number),
        "VSER": "X10",
        "VONO": str(voucher),
        "ACYP": f"{line.day:%Y%m}",
        "ACDT": f"{line.day:%Y%m%d}",
        "CUCD": line.currency,
        "CUAM": str(line.amount),
        "ACAM": str(line.local),
        "DBCR": "C" if line.local < 0 else "D",
        "KSTR": f"{batch.cono}{batch.divi}{line.day.year}{journal:07d}{number:07d}",
    }
