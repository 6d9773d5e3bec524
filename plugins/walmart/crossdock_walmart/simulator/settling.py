"""The control verb that closes a settlement cycle."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from crossdock.simulator import Call, Route, answer
from crossdock_walmart.simulator.finance import amount_from
from crossdock_walmart.simulator.recon_file import render
from crossdock_walmart.simulator.settlement import Closed, open_rows

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator

Rows = list[dict[str, str]]


class SettlementVerb:
    """`POST /_sim/settlements`."""

    def __init__(self, simulator: WalmartSimulator) -> None:
        self._simulator = simulator
        self._random = simulator.stream("settlements")

    def routes(self) -> list[Route]:
        """One verb."""
        return [Route("POST", "/_sim/settlements", self.close)]

    def close(self, call: Call) -> Response:
        """Settle what left and what was paid back since the last cycle, and pay it out.

        `fees`: `{description, amount, type, amount_type, purchase_order_id}` each, in major units and signed. `reserve`
        holds back so much, `release` gives back what was held. `unknown`: `{type, amount}`, a kind that nobody knows.
        `tamper`: `{row, amount}` changes an amount after the payable was computed; `repeat` gives a row, by number,
        twice; `damage` writes so many purchase orders as a spreadsheet does. `shuffle_columns`, `extra_columns`,
        `omit_columns`, `bom`, `quote_all`, `count_off` and `cut` make the file untidy, or broken.
        """
        asked = call.options(
            report_date=None, fees=[], reserve=0, release=False, unknown=None, tamper=None, repeat=0, damage=0,
            shuffle_columns=False, extra_columns=[], omit_columns=[], bom=False, quote_all=False, count_off=0,
            cut=False,
        )  # fmt: skip
        simulator, now = self._simulator, self._simulator.clock.now()
        name = str(asked["report_date"] or f"{now:%m%d%Y}")
        if name in simulator.settlement.closed:
            raise ValueError(f"the cycle of {name} is closed already")
        rows = self._rows(asked)
        payable = sum((Decimal(row["Amount"]) for row in rows), Decimal(0))
        _spoil(rows, asked)
        rows.insert(0, self._summary(payable))
        content = render(rows, {**asked, "name": f"{simulator.partner_id}_{name}"}, self._random)
        simulator.settlement.closed[name] = Closed(name, payable, rows, content)
        simulator.settlement.last = now
        for place in range(1, len(rows)):
            simulator.journal.record("settlement_row", f"{name}/{place}")
        simulator.journal.record("settlement_closed", name, str(payable))
        return answer({"report_date": name, "ids": [name], "payable": payable, "rows": rows})

    def _rows(self, asked: Mapping[str, Any]) -> Rows:
        book = self._simulator.settlement
        rows = list(open_rows(self._simulator, book))
        rows += [self._other(fee, "Service Fee", "Fee/Reimbursement") for fee in asked["fees"]]
        if asked["unknown"]:
            rows.append(self._other(asked["unknown"], "Mystery", "Mystery amount"))
        if asked["release"] and book.reserve:
            given = {"amount": book.reserve, "description": "Reserve credited back"}
            rows.append(self._other(given, "Release Reserve", "Reserve"))
            book.reserve = Decimal(0)
        if reserve := amount_from(asked["reserve"]):
            given = {"amount": -reserve, "description": "Funds withheld to cover future refunds"}
            rows.append(self._other(given, "Reserve", "Reserve"))
            book.reserve += reserve
        if asked["repeat"]:
            rows.append(dict(_row(rows, int(asked["repeat"]))))
        return rows

    def _other(self, given: Mapping[str, Any], kind: str, part: str) -> dict[str, str]:
        """A row that belongs to no sale."""
        now = self._simulator.clock.now()
        return {
            "Transaction Key": self._simulator.settlement.key(now),
            "Transaction Posted Timestamp": f"{now:%m/%d/%Y}",
            "Transaction Type": str(given.get("type", kind)),
            "Transaction Description": str(given.get("description", "")),
            "Purchase Order #": str(given.get("purchase_order_id", "")),
            "Amount": str(amount_from(given["amount"])),
            "Amount Type": str(given.get("amount_type", part)),
        }

    def _summary(self, payable: Decimal) -> dict[str, str]:
        now = self._simulator.clock.now()
        start, end = self._simulator.settlement.period(now)
        return {
            "Period Start Date": f"{start:%m/%d/%Y}",
            "Period End Date": f"{end:%m/%d/%Y}",
            "Total Payable": str(payable),
            "Currency": "USD",
            "Transaction Type": "PaymentSummary",
            "Transaction Description": "Deposited in Sample account",
            "Transaction Posted Timestamp": f"{now:%m/%d/%Y}",
        }


def _spoil(rows: Rows, asked: Mapping[str, Any]) -> None:
    """What is done to the rows after the payable was computed."""
    if tamper := asked["tamper"]:
        _row(rows, int(tamper["row"]))["Amount"] = str(amount_from(tamper["amount"]))
    for row in [row for row in rows if row.get("Purchase Order #")][: int(asked["damage"])]:
        row["Purchase Order #"] = f"{Decimal(row['Purchase Order #']):.5E}"


def _row(rows: Rows, number: int) -> dict[str, str]:
    if not 1 <= number <= len(rows):
        raise ValueError(f"there is no row {number}: the report has {len(rows)}")
    return rows[number - 1]
