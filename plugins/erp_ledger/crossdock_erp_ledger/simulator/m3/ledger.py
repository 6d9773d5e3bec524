"""GLS200MI: the general ledger read back, by date, by voucher, or by a search."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from crossdock_erp_ledger.simulator.fsm.values import to_date
from crossdock_erp_ledger.simulator.m3.context import Context, Fields, company
from crossdock_erp_ledger.simulator.m3.nok import Nok

if TYPE_CHECKING:
    from crossdock_erp_ledger.simulator.simulator import InforSimulator
    from crossdock_erp_ledger.simulator.tenant import Tenant

Act = Callable[["Tenant", Context, Fields], list[Fields]]
Test = Callable[[Fields], bool]

_SEARCHED = {"DIVI", "YEA4", "VONO", "VSER", "JRNO", "ACDT", "ACYP", "CUCD", "VTXT", *(f"AIT{n}" for n in range(1, 8))}
_TERM = re.compile(
    r'\s*(?P<field>[A-Z][A-Z0-9]{3}):(?:"(?P<text>[^"]*)"|\[(?P<low>\S+) TO (?P<high>\S+)\]|(?P<word>[^\s"\[\]]+))'
    r"(?:\s+AND\b|(?=\s|$))"
)


class GeneralLedger:
    """Sees the ledger through the read lag."""

    def __init__(self, simulator: InforSimulator) -> None:
        self._simulator = simulator

    def transactions(self) -> Iterator[tuple[tuple[str, str], Act]]:
        """What the program can do."""
        yield ("GLS200MI", "LstVouchersByDt"), self.by_date
        yield ("GLS200MI", "LstVoucherLines"), self.voucher
        yield ("GLS200MI", "SearchGenLedger"), self.search

    def by_date(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """The lines of all vouchers from one accounting date to another."""
        first, last = fields["FRDT"], fields["TODT"]
        for name in ("FRDT", "TODT"):
            if to_date(fields[name]) is None:
                raise Nok(f"Date {fields[name]} is not valid", name)
        divi = fields.get("DIVI") or context.divi
        return [
            line
            for line in self._lines(tenant, context, fields)
            if first <= line["ACDT"] <= last and divi in ("", line["DIVI"])
        ]

    def voucher(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """The lines of one voucher."""
        wanted = {name: value for name, value in fields.items() if name != "CONO"}
        lines = self._lines(tenant, context, fields)
        return [line for line in lines if all(line.get(name) == value for name, value in wanted.items())]

    def search(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        """The lines that agree with every term: `FIELD:word`, `FIELD:wor*`, `FIELD:"text"`, `FIELD:[low TO high]`."""
        tests = list(_tests(fields["SQRY"]))
        lines = self._lines(tenant, context, fields)
        found = [line for line in lines if all(test(line) for test in tests)]
        return [{**line, "OCDT": line["ACDT"], "PGNM": "GLS200", "FILE": "FGLEDG"} for line in found]

    def _lines(self, tenant: Tenant, context: Context, fields: Fields) -> list[Fields]:
        cono = company(fields, context, self._simulator.settings.companies)
        return [line for line in tenant.vouchers.seen() if line["CONO"] == cono]


def _tests(query: str) -> Iterator[Test]:
    at = 0
    while at < len(query.rstrip()):
        match = _TERM.match(query, at)
        if match is None or match["field"] not in _SEARCHED:
            raise Nok(f"Search query is not valid at {at + 1}", "SQRY")
        yield _test(match)
        at = match.end()


def _test(match: re.Match[str]) -> Test:
    name, low, high = match["field"], match["low"], match["high"]
    if low is not None:
        return lambda line: low <= line.get(name, "") <= high
    text = match["text"] if match["text"] is not None else match["word"]
    if match["word"] is not None and text.endswith("*"):
        return lambda line: line.get(name, "").startswith(text[:-1])
    return lambda line: line.get(name, "") == text
