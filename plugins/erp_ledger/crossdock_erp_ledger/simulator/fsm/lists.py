"""`lists/_generic` and `actions/Find`, which every business class has."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from crossdock.simulator import Call, Refusal, Route, answer
from crossdock_erp_ledger.simulator.fsm.fields import (
    GROUP,
    LEDGER,
    MASTERS,
    PERIOD,
    RESULT,
    STAGED,
    STAGING_KEY,
)  # fmt: skip
from crossdock_erp_ledger.simulator.fsm.filters import FilterError, Test, known, lpl, pairs
from crossdock_erp_ledger.simulator.fsm.values import in_words

if TYPE_CHECKING:
    from crossdock_erp_ledger.simulator.simulator import InforSimulator
    from crossdock_erp_ledger.simulator.tenant import Tenant

Wire = dict[str, str]

_UNDERSTOOD = {"_fields", "_limit", "_offset", "_lplFilter", "_filter", "_recordCountOnly", "_out"}
_WITHOUT_EFFECT = {"_links", "_pageNav", "_rrs", "_nonHistReplOptimization", "_syncWait"}
_DEFAULT_LIMIT = 5


@dataclass(frozen=True)
class BusinessClass:
    """What can be listed of a class, and by what one record is found."""

    key: tuple[str, ...]
    fields: Collection[str]
    records: Iterable[Wire]


class Lists:
    """The reading endpoints of Financials."""

    def __init__(self, simulator: InforSimulator) -> None:
        self._simulator = simulator

    def routes(self, base: str) -> list[Route]:
        """Both name their class in the path."""
        return [
            Route("GET", f"{base}/classes/{{class}}/lists/_generic", self.show),
            Route("GET", f"{base}/classes/{{class}}/actions/Find", self.find),
        ]

    def show(self, call: Call) -> Response:
        """The records that the filters let pass, five unless told otherwise."""
        wanted = self._class(call)
        if strange := sorted(call.query.keys() - _UNDERSTOOD - _WITHOUT_EFFECT):
            raise refuse(f"Parameter {strange[0]} is not valid here")
        if call.query.get("_out", "JSON") != "JSON":
            raise refuse("this simulator answers _out=JSON only")
        try:
            found = self._found(call, wanted)
            fields = _fields(",".join(call.query.getlist("_fields") or wanted.key), wanted)
        except FilterError as error:
            raise refuse(str(error)) from None
        if _flag(call, "_recordCountOnly"):
            return answer([{"_count": len(found)}])
        offset = _number(call, "_offset", 0, least=0)
        page = found[offset : offset + _number(call, "_limit", _DEFAULT_LIMIT, least=1)]
        settings = self._simulator.settings
        if settings.list_rows is not None and len(page) > settings.list_rows:
            raise self._simulator.gateway.refuse(504)
        shown = [{"_fields": {name: one.get(field, "") for name, field in fields.items()}} for one in page]
        if settings.list_shape == "records":
            return answer({"_count": len(shown), "_records": shown})
        return answer([{"_count": len(shown), "_links": []}, *shown])

    def find(self, call: Call) -> Response:
        """The record with this key."""
        wanted = self._class(call)
        if strange := sorted(call.query.keys() - set(wanted.key) - {"_fields", "_out"}):
            raise refuse(f"Parameter {strange[0]} is not valid here")
        if missing := [field for field in wanted.key if not call.query.get(field)]:
            raise refuse(f"{missing[0]} is required")
        for record in wanted.records:
            if all(record.get(field) == call.query[field] for field in wanted.key):
                return answer({"_fields": record, "_links": []})
        raise refuse("Record does not exist")

    # ------------------------------------------------------------ steps

    def _found(self, call: Call, wanted: BusinessClass) -> list[Wire]:
        tests: list[Test] = []
        if text := call.query.get("_lplFilter"):
            tests.append(lpl(text, wanted.fields, unequal_empty=self._simulator.settings.unequal_empty))
        if text := call.query.get("_filter"):
            tests.append(pairs(text, wanted.fields))
        return [record for record in wanted.records if all(test(record) for test in tests)]

    def _class(self, call: Call) -> BusinessClass:
        tenant, name = self._simulator.tenant(call.params["tenant"]), call.params["class"]
        made = _transactions(tenant, name, spaced=self._simulator.settings.spaced_error_key)
        if made is None and name in MASTERS:
            keys, others = MASTERS[name]
            made = BusinessClass(keys, {*keys, *others}, tenant.masters.records(name))
        if made is None:
            raise refuse(f"Business class {name} does not exist", 404)
        return made


def refuse(message: str, status: int = 400) -> Refusal:
    """An error of Financials itself."""
    return Refusal(answer({"code": str(status), "message": message}, status))


def _transactions(tenant: Tenant, name: str, *, spaced: bool) -> BusinessClass | None:
    if name == "GLTransactionInterface":
        rows = list(tenant.staged.seen())
        if spaced:
            return BusinessClass(STAGING_KEY, STAGED | {" ErrorMessage"}, [_spaced(row) for row in rows])
        return BusinessClass(STAGING_KEY, STAGED, rows)
    if name == "GLTransactionInterfaceResult":
        return BusinessClass((name,), RESULT, tenant.results.seen())
    if name == "GeneralLedgerTransaction":
        return BusinessClass((name,), LEDGER, tenant.ledger.seen())
    if name == "GeneralLedgerClosePeriod":
        return BusinessClass((GROUP, "GeneralLedgerCloseYear", "PeriodNumber"), PERIOD, _periods(tenant))
    return None


def _periods(tenant: Tenant) -> list[Wire]:
    return [
        {
            GROUP: "1",
            "GeneralLedgerCloseYear": str(month.year),
            "PeriodNumber": str(month.month),
            "PeriodName": in_words(month).replace(" 1,", ""),
            "BeginDate": f"{month:%Y%m%d}",
        }
        for month in tenant.periods.months()
    ]


def _spaced(row: Wire) -> Wire:
    return {**{field: value for field, value in row.items() if field != "ErrorMessage"},
            " ErrorMessage": row.get("ErrorMessage", "")}  # fmt: skip


def _fields(text: str, wanted: BusinessClass) -> dict[str, str]:
    """The asked fields, each with the one that it means."""
    if text == "_all":
        return {field: field for field in sorted(wanted.fields)}
    asked = [name.strip() for name in text.split(",")]
    if " ErrorMessage" in wanted.fields:
        asked = [" ErrorMessage" if name == "ErrorMessage" else name for name in asked]
    return {name: known(name, wanted.fields) for name in asked}


def _number(call: Call, name: str, default: int, *, least: int) -> int:
    text = call.query.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise refuse(f"{name} is a number, {least} or more")
    return int(text)


def _flag(call: Call, name: str) -> bool:
    text = call.query.get(name, "false")
    if text not in ("true", "false"):
        raise refuse(f"{name} is true or false")
    return text == "true"
