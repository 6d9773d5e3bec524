"""What stands beside the fields of a call: company, division, and how records are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossdock_erp_ledger.simulator.m3.nok import Nok

Fields = dict[str, str]

_DEFAULT_RECORDS = 100

QUERY = {
    "cono", "divi", "lanc", "locale", "timeZone", "maxrecs", "dateformat", "excludeempty", "righttrim", "returncols",
    "format", "extendedresult",
}  # fmt: skip
"""Context of a GET request; fields are in upper case."""
BULK = {
    "program", "transactions", "cono", "divi", "excludeEmptyValues", "rightTrim", "maxReturnedRecords", "language",
    "dateFormat", "timeZone",
}  # fmt: skip
"""Members of a bulk request."""


@dataclass(frozen=True)
class Context:
    """One request's context."""

    cono: str
    divi: str
    max_records: int = _DEFAULT_RECORDS
    exclude_empty: bool = False
    right_trim: bool = True
    columns: tuple[str, ...] = ()

    def show(self, record: Fields, lengths: Mapping[str, int]) -> Fields:
        """A record as the caller wants it, with the outputs of its transaction and no others."""
        names = [name for name in lengths if not self.columns or name in self.columns]
        shown = {name: record.get(name, "") for name in names}
        if not self.right_trim:
            shown = {name: value.ljust(lengths[name]) for name, value in shown.items()}
        return {name: value for name, value in shown.items() if value.strip() or not self.exclude_empty}


def of_query(query: Mapping[str, str], company: str) -> Context:
    """The context of a GET request. Raises: ValueError."""
    _check_format(query.get("dateformat"))
    return Context(
        cono=query.get("cono") or company,
        divi=query.get("divi", ""),
        max_records=_number(query.get("maxrecs", str(_DEFAULT_RECORDS)), "maxrecs"),
        exclude_empty=_flag(query.get("excludeempty", "false"), "excludeempty"),
        right_trim=_flag(query.get("righttrim", "true"), "righttrim"),
        columns=tuple(name for name in query.get("returncols", "").split(",") if name),
    )


def of_bulk(body: Mapping[str, Any], company: str) -> Context:
    """The context of a bulk request. Raises: ValueError."""
    _check_format(body.get("dateFormat"))
    return Context(
        cono=str(body.get("cono") or company),
        divi=str(body.get("divi") or ""),
        max_records=_number(str(body.get("maxReturnedRecords", _DEFAULT_RECORDS)), "maxReturnedRecords"),
        exclude_empty=_flag(str(body.get("excludeEmptyValues", False)).lower(), "excludeEmptyValues"),
        right_trim=_flag(str(body.get("rightTrim", True)).lower(), "rightTrim"),
    )


def division(fields: Mapping[str, str], context: Context, known: tuple[str, ...]) -> str:
    """The division that a transaction is about, where divisions are used. Raises: Nok."""
    divi = fields.get("DIVI") or context.divi
    if not known:
        return ""
    if not divi:
        raise Nok("Division must be entered", "DIVI", kind="MandatoryInputFieldNotFound")
    if divi not in known:
        raise Nok(f"Division {divi} does not exist", "DIVI", "XRE0103")
    return divi


def company(fields: Mapping[str, str], context: Context, known: tuple[str, ...]) -> str:
    """The company that a transaction is about. Raises: Nok."""
    cono = fields.get("CONO") or context.cono
    if cono not in known:
        raise Nok(f"Company {cono} does not exist", "CONO", "XRE0103")
    return cono


def _check_format(name: Any) -> None:
    if name not in (None, "", "YMD8"):
        raise ValueError("this simulator knows the date format YMD8 only")


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{name} is a number")
    return int(text)


def _flag(text: str, name: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{name} is true or false")
    return text == "true"
