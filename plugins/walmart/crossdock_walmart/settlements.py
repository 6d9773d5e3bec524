"""What Walmart settles with one seller, amount by amount."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, PrivateAttr, WithJsonSchema

from crossdock import Batch, Cursor, Duration, Hold, Record, RejectedError, Source
from crossdock.canonical import SettlementLine
from crossdock.http import Reader
from crossdock.jsonio import Json
from crossdock_walmart.answers import as_object
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.finance_api import FinanceApi
from crossdock_walmart.recon import BrokenReportError, Report, Row
from crossdock_walmart.settlement_mapping import order_number, to_settlement_line

_AT_ONCE = 500


def _day(value: object) -> object:
    if isinstance(value, datetime) or not isinstance(value, str | date):
        raise ValueError("since is a date, as in 2026-11-01")
    return value


Since = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-01"]})
]


class SettlementSource(Source[WalmartConnection, SettlementLine]):
    """The rows of the reconciliation reports of one seller, one record each; every revision counts.

    Source: Walmart Marketplace, Reports API, "Recon report"; read 2026-11.
    """

    name: ClassVar[str] = "settlements"
    entity: ClassVar[str] = "settlement_line"
    holds: ClassVar[Sequence[Hold]] = (Hold("damaged_order_id"),)
    every: ClassVar[bool] = True

    since: Since
    """Reports of earlier dates are not read."""
    look_again: Duration = timedelta(days=35)
    """Reports that were read already, and are no older, are read again by the daily sweep: Walmart makes them anew."""

    _api: FinanceApi | None = PrivateAttr(default=None)

    @property
    def calls(self) -> Mapping[str, float]:
        """The list of reports."""
        return {"GET /v3/report/reconreport/availableReconFiles": 1}

    def bind(self, connection: WalmartConnection, http: Reader) -> None:
        """Attach the account and the client that reads from it."""
        super().bind(connection, http)
        self._api = FinanceApi(http)

    @property
    def api(self) -> FinanceApi:
        """Walmart's endpoints."""
        if self._api is None:
            raise RuntimeError("SettlementSource is not bound to a connection")
        return self._api

    async def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        """Read each report that was not read yet, the oldest first; one that is broken does not stop the others."""
        done, first = _done(cursor.value), cursor.value is None
        listed = [name for name in await self.api.recon_dates() if self._is_wanted(name)]
        again = {name for name in listed if cursor.sweep and name in done and self._is_recent(name, cursor.now)}
        broken: BrokenReportError | None = None
        for name in sorted((one for one in listed if one not in done or one in again), key=date_of):
            try:
                report = await self._report(name)
            except BrokenReportError as error:
                broken = broken or error
                continue
            if report is None:
                continue  # listed, and not there yet: the next read asks again
            records = _records(name, report)
            while some := list(islice(records, _AT_ONCE)):
                yield Batch(some, backfill=first)
            done = dict.fromkeys([*done, name])
            yield Batch(cursor={"read": list(done)}, backfill=first)
        if broken is not None:
            raise broken
        yield Batch(cursor={"read": list(done)})

    def to_document(self, raw: Json) -> SettlementLine:
        """Turn one row into a settlement line. Raises: RejectedError, HoldError."""
        return to_settlement_line(raw)

    async def fetch(self, key: str) -> Record | None:
        """Read one row by report and number: "11212026/2026_11_20_7:product-price"."""
        name, _, number = key.partition("/")
        report = await self._report(name) if number and name.isalnum() else None
        records = _records(name, report) if report is not None else iter(())
        return next((record for record in records if record.key == key), None)

    async def _report(self, name: str) -> Report | None:
        try:
            content = await self.api.recon_file(name)
            return None if content is None else Report.check(content)
        except (BrokenReportError, RejectedError) as error:  # refused, or larger than an answer may be: this one alone
            raise BrokenReportError(
                f"settlement report {name}: {error.message}; nothing of it was taken",
                fix="it is asked for again by itself; if it stays so, compare it with Seller Center > Payments",
                report=name,
            ) from None

    def _is_wanted(self, name: str) -> bool:
        return date_of(name) >= self.since

    def _is_recent(self, name: str, now: datetime) -> bool:
        return date_of(name) >= (now - self.look_again).astimezone(UTC).date()


def _records(name: str, report: Report) -> Iterator[Record]:
    """A record of each row, with what only the payment summary says of all. The summary also bears their sum."""
    summary = report.summary
    shared = {
        "report": name,
        "currency": summary.get("currency"),
        "period": [summary.get("period start date"), summary.get("period end date")],
    }
    left = dict(report.taxes)
    for row in report:
        remainder = {} if row.taxed is None else {"remainder": str(left.pop(row.taxed, 0))}
        total = {"total": None if report.total is None else str(report.total)} if row.is_summary else {}
        fault = {"fault": row.fault} if row.fault else {}
        raw = {**shared, "number": row.number, "row": dict(row.cells), **total, **remainder, **fault}
        yield Record(
            key=f"{name}/{row.number}",
            raw=raw,
            ordering_key=order_number(row.cells.get("purchase order #")),
            identifiers=_identifiers(row),
        )


def _identifiers(row: Row) -> dict[str, str]:
    columns = {"purchase_order": "purchase order #", "customer_order": "customer order #"}
    return {name: text for name, column in columns.items() if (text := order_number(row.cells.get(column)))}


def _done(value: Json) -> dict[str, None]:
    read = as_object(value).get("read")
    return dict.fromkeys(str(name) for name in read) if isinstance(read, list) else {}


def date_of(name: str) -> date:
    """The date in a report's name: MMDDYYYY, at places YYYYMMDD. Another name is taken for new: it is read."""
    for form in ("%m%d%Y", "%Y%m%d", "%Y-%m-%d", "%m/%d/%Y"):
        try:
            found = datetime.strptime(name, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        if 2000 <= found.year < 2100:
            return found
    return date.max
