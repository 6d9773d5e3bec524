"""Walmart's endpoints of returns and settlements, one method each. Nothing here knows of records or documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from crossdock import TransientError
from crossdock.http import Reader, Response
from crossdock.jsonio import Json
from crossdock_walmart.answers import Judge, as_count, as_cursor, as_list, as_object, json_object
from crossdock_walmart.api import PAGE_SIZE, date_of

_BEYOND = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReturnQuery:
    """Which returns to list: created, or modified, in a span; without an end, all since its start."""

    by: Literal["created", "modified"]
    start: datetime
    end: datetime | None
    now: datetime

    def params(self) -> dict[str, str]:
        """The query string. Dates come in pairs: the end of an open span lies ahead of Walmart's clock.

        `replacementInfo` alone makes Walmart tell a replacement from a refund.
        """
        name = "returnCreation" if self.by == "created" else "returnLastModified"
        return {
            f"{name}StartDate": date_of(self.start),
            f"{name}EndDate": date_of(self.now + _BEYOND if self.end is None else self.end),
            "replacementInfo": "true",
            "limit": str(PAGE_SIZE),
        }


@dataclass(frozen=True, slots=True)
class ReturnPage:
    """One page of a listing: raw returns, where to go on, and how many the whole query finds."""

    returns: tuple[Json, ...] = ()
    next_cursor: str | None = None
    total: int | None = None


class FinanceApi:
    """Returns and settlements: only what is read.

    Source: Walmart Marketplace, Returns API, Reports API (US); read 2026-11.
    """

    def __init__(self, http: Reader) -> None:
        self._http = http
        self._judge = Judge()

    async def returns(self, query: ReturnQuery) -> ReturnPage:
        """The first page of a listing. Raises: TransientError, CredentialsError, RejectedError."""
        page = self._page(await self._http.get("/v3/returns", params=query.params()))
        if page.total and not page.returns:
            raise TransientError(f"Walmart counts {page.total} returns and shows none; nothing was taken")
        return page

    async def more_returns(self, cursor: str) -> ReturnPage:
        """The page that `cursor` names. It is a query string, sent byte for byte: re-encoded, page one comes again."""
        return self._page(await self._http.get("/v3/returns" + ("" if cursor.startswith("?") else "?") + cursor))

    async def return_order(self, return_order_id: str) -> Json | None:
        """One return as it is now, or None where there is none."""
        params = {"returnOrderId": return_order_id, "replacementInfo": "true"}
        page = self._page(await self._http.get("/v3/returns", params=params))
        found = [one for one in page.returns if str(as_object(one).get("returnOrderId")) == return_order_id]
        return found[0] if found else None

    async def recon_dates(self) -> tuple[str, ...]:
        """The dates of the settlement reports that there are, as Walmart writes them; none before the first cycle."""
        params = {"reportVersion": "v1"}
        response = await self._http.get("/v3/report/reconreport/availableReconFiles", params=params)
        if not self._judge.is_found(response, "reports"):
            return ()
        body = json_object(response, "the dates of reports")
        if "availableApReportDates" not in body:
            raise TransientError("Walmart answered the dates of reports without them")
        return tuple(str(name).strip() for name in as_list(body["availableApReportDates"]) if str(name).strip())

    async def recon_file(self, report_date: str) -> bytes | None:
        """One settlement report, zipped; None where there is none (yet). Without a version, the old layout comes."""
        response = await self._http.get(
            "/v3/report/reconreport/reconFile",
            params={"reportDate": report_date, "reportVersion": "v1"},
            headers={"Accept": "application/octet-stream"},
        )
        return response.content if self._judge.is_found(response, "reports") else None

    def _page(self, response: Response) -> ReturnPage:
        if not self._judge.is_found(response, "returns"):
            return ReturnPage()  # Walmart says 404, severity INFO, for "no returns"
        body = json_object(response, "a page of returns")
        meta = as_object(body.get("meta"))
        total = as_count(meta.get("totalCount"))
        if "returnOrders" not in body and total != 0:
            raise TransientError("Walmart answered a page of returns without its `returnOrders`; nothing was taken")
        return ReturnPage(as_list(body.get("returnOrders")), as_cursor(meta.get("nextCursor")), total)
