"""The endpoints of settlement reports, with their quirks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from starlette.responses import Response

from crossdock.simulator import Call, Limit, Route, answer
from crossdock_walmart.simulator.errors import REPORTS, bad_parameter, nothing_found, refusal
from crossdock_walmart.simulator.gateway import present
from crossdock_walmart.simulator.settlement import Closed, SettlementBook, open_rows

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator

_TAGS = {"scope": "reports", "api": REPORTS}
_PATH = "/v3/report/reconreport"
_MOST = 1000
_BINARY = "application/octet-stream"


class ReportEndpoints:
    """Which reports there are, each as a file or as the beginning of its rows, and how the open cycle stands."""

    def __init__(self, simulator: WalmartSimulator) -> None:
        self._simulator = simulator

    def routes(self) -> list[Route]:
        """Four endpoints; two of them have a published limit."""
        binary = {**_TAGS, "accept": _BINARY}
        return [
            Route("GET", f"{_PATH}/availableReconFiles", self.dates, tags=_TAGS),
            Route("GET", f"{_PATH}/reconFile", self.file, limit=Limit(100), tags=binary),
            Route("GET", f"{_PATH}/reconFileJson", self.rows, tags=_TAGS),
            Route("GET", "/v3/report/payment/statement", self.statement, limit=Limit(15), tags=_TAGS),
        ]

    def dates(self, call: Call) -> Response:
        """The dates of all reports; of the old layout there are none."""
        closed = self._simulator.settlement.closed
        return present(call, "dates", {"availableApReportDates": list(closed) if _is_v1(call) else []})

    def file(self, call: Call) -> Response:
        """The zip, with its name beside it."""
        if not _is_v1(call):
            raise bad_parameter("reportVersion", "this simulator has no reports of the old layout", REPORTS)
        closed = self._closed(call)
        headers = {"Content-Disposition": f"attachment: filename={self._simulator.partner_id}_{closed.name}.zip"}
        return Response(closed.content, 200, headers, media_type=_BINARY)

    def rows(self, call: Call) -> Response:
        """The first thousand rows as JSON. Whoever asks for the next ones is refused, whatever the answer said."""
        closed, most = self._closed(call), call.query.get("noOfRecords", "")
        if not most.isdigit() or not 1 <= int(most) <= _MOST:
            raise bad_parameter("noOfRecords", f"noOfRecords must be a number from 1 to {_MOST}", REPORTS)
        if call.query.get("offset") != "0":
            raise bad_parameter("offset", "offset is not valid", REPORTS)
        shown = [{name: text for name, text in row.items() if text} for row in closed.rows[: int(most)]]
        return answer(
            {
                "reportData": shown,
                "nextOffset": -1 if len(shown) == len(closed.rows) else len(str(shown)),
                "totalRecords": len(shown),
                "description": f"Number of Lines in file {len(closed.rows)}             ",
            }
        )

    def statement(self, call: Call) -> Response:
        """How the open cycle stands."""
        book = self._simulator.settlement
        trial = SettlementBook(shipped=dict(book.shipped), refunds=book.refunds)
        activity = sum((Decimal(row["Amount"]) for row in open_rows(self._simulator, trial)), Decimal(0))
        summary = {
            "openingBalance": Decimal(0),
            "orderActivity": activity,
            "otherActivities": Decimal(0),
            "reserve": -book.reserve,
            "paidToYou": Decimal(0),
            "closingBalance": activity,
            "settleCycle": "Bi-weekly",
            "holdAmt": Decimal(0),
        }
        partner = {"statusCode": 200, "status": "OK", "error": "", "partnerId": self._simulator.partner_id}
        return answer({**partner, "payload": {"accountSummary": summary}})

    def _closed(self, call: Call) -> Closed:
        name = call.query.get("reportDate")
        if not name:
            raise refusal("MISSING_REQUEST_PARAM", REPORTS, field="reportDate", description="reportDate is missing")
        if (closed := self._simulator.settlement.closed.get(name)) is None:
            raise nothing_found(f"No report for {name}", REPORTS)
        return closed


def _is_v1(call: Call) -> bool:
    return call.query.get("reportVersion") == "v1"
