"""What `doctor` looks for in FSM: whether what the rules name is there, and can be posted to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from crossdock import Check, Connection, Finding, RejectedError
from crossdock.http import Reader
from crossdock_erp_ledger.infor.fsm.answers import Fields
from crossdock_erp_ledger.infor.fsm.api import FsmApi
from crossdock_erp_ledger.infor.fsm.connection import FsmConnection
from crossdock_erp_ledger.infor.fsm.rows import CLASS_NAME
from crossdock_erp_ledger.infor.named import Named, zone_findings

_LOOKED_BACK = 7
_LONGEST_PERIOD = timedelta(days=36)
"""A close period has no end of its own: the next one begins, at the latest five weeks later."""


class FsmMasters(Check):
    """Whether entity, accounts, units, dimensions and house customers that settings name are there and active."""

    name: ClassVar[str] = "fsm_masters"
    connection: ClassVar[type[Connection]] = FsmConnection

    async def run(self, connection: Any, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Read the master data that the settings name something of."""
        api, named = FsmApi(http, connection.tenant), Named.by(components)
        codes = {account.partition("-")[0] for account in named.accounts}  # what follows is a sub-account
        found = await self._judge(api, "AccountingEntity", {connection.entity}, {})
        found += await self._judge(api, "GeneralLedgerChartAccount", codes, {})
        found += await self._judge(api, "AccountingUnit", named.units, {"AccountingEntity": connection.entity})
        for dimension, values in sorted(named.dimensions.items()):
            number = connection.dimensions.get(dimension)
            if number is None:
                found.append(_unmapped(dimension))
            else:
                found += await self._judge(api, f"FinanceDimension{number}", values, {})
        found += await self._judge(api, "CompanyCustomer", named.customers, {}, key="Customer")
        return found + zone_findings(named, connection.timezone)

    async def _judge(
        self, api: FsmApi, business_class: str, codes: Collection[str], of: Mapping[str, str], *, key: str | None = None
    ) -> list[Finding]:
        if not codes:
            return []
        try:
            rows = await api.all_of(business_class)
        except RejectedError as error:
            return [Finding("unknown", error.message, f"look in FSM whether {', '.join(sorted(codes))} can be used")]
        rows = [row for row in rows if all(row.get(name, value) == value for name, value in of.items())]
        return [_judged(business_class, code, rows, key or business_class) for code in sorted(codes)]


class FsmPeriods(Check):
    """Whether there is a close period for today."""

    name: ClassVar[str] = "fsm_periods"
    connection: ClassVar[type[Connection]] = FsmConnection

    async def run(self, connection: Any, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Read the close periods: they have a first day, and no word of whether they are open."""
        rows = await FsmApi(http, connection.tenant).all_of("GeneralLedgerClosePeriod")
        today = (await http.vendor_now()).astimezone(ZoneInfo(connection.timezone)).date()
        begun = [day for day in map(_first_day, rows) if day is not None and day <= today]
        if begun and today - max(begun) <= _LONGEST_PERIOD:
            return [Finding("pass", f"the period that began on {max(begun)} takes what happens today")]
        last = f"the last one began on {max(begun)}" if begun else "none has begun"
        fix = "create the periods of this year in FSM; FSM does not say by its API which of them are closed"
        return [Finding("fail", f"there is no close period for {today}: {last}", fix)]


class FsmJournals(Check):
    """Which journals of ours are interfaced and not posted yet, by the postings of the last days."""

    name: ClassVar[str] = "fsm_journals"
    connection: ClassVar[type[Connection]] = FsmConnection

    async def run(self, connection: Any, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Read the lines of these days."""
        api = FsmApi(http, connection.tenant)
        today = (await http.vendor_now()).astimezone(ZoneInfo(connection.timezone)).date()
        waiting: dict[str, str] = {}
        for ago in range(_LOOKED_BACK):
            for row in await api.posted_on(today - timedelta(days=ago)):
                if row.get("OriginatingTransaction.BusinessClassName") == CLASS_NAME and not _is_posted(row):
                    waiting[row.get("Journal", "?")] = row.get("JournalStatus", "")
        if not waiting:
            return [Finding("pass", f"no journal of the last {_LOOKED_BACK} days waits to be posted")]
        named = ", ".join(f"{number} ({status})" for number, status in sorted(waiting.items())[:5])
        fix = "release and post them in FSM (journal control), or wait for the tenant's own schedule"
        return [Finding("unknown", f"{len(waiting)} journals are interfaced and not posted: {named}", fix)]


def _is_posted(row: Fields) -> bool:
    return row.get("JournalStatus", "").lower() in ("", "posted")


def _judged(business_class: str, code: str, rows: Sequence[Fields], key: str) -> Finding:
    found = [row for row in rows if row.get(key) == code]
    what = f"{_WORDS.get(business_class, business_class)} {code}"
    if not found:
        return Finding("fail", f"{what} is not in FSM", f"create it in FSM, or name another{_where(business_class)}")
    if all(row.get("Active", "true").lower() in ("false", "0") for row in found):
        return Finding("fail", f"{what} is not active in FSM", f"activate it, or name another{_where(business_class)}")
    return Finding("pass", f"{what} is there")


_WORDS = {
    "AccountingEntity": "accounting entity",
    "GeneralLedgerChartAccount": "account",
    "AccountingUnit": "accounting unit",
    "CompanyCustomer": "house customer",
}


def _where(business_class: str) -> str:
    return " in `entity` of the connection" if business_class == "AccountingEntity" else " in the mapper"


def _unmapped(dimension: str) -> Finding:
    fix = f"write `dimensions: {{{dimension}: 1}}` in the connection, with the number of the finance dimension"
    return Finding("fail", f"rules name the dimension {dimension}, and the connection does not say which it is", fix)


def _first_day(row: Fields) -> date | None:
    try:
        return datetime.strptime(row.get("BeginDate", ""), "%Y%m%d").date()  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        return None
