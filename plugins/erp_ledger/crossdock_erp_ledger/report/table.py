"""The report as one table for spreadsheets: a row for each day, market and currency, and one for each finding."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import IO, Any

from crossdock_erp_ledger.report.findings import Finding
from crossdock_erp_ledger.report.money import exact
from crossdock_erp_ledger.report.report import CloseReport, Row

_FIGURES = [one.name for one in fields(Row) if one.name not in ("day", "market", "currency")]
COLUMNS = (
    "what",
    "day",
    "market",
    "currency",
    *_FIGURES,
    "diff_posted",
    "diff_ledger",
    "about",
    "amount",
    "message",
    "fix",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(report: CloseReport, file: IO[str]) -> None:
    """Write it. Days come first, then findings; the column `what` tells them apart."""
    writer = csv.DictWriter(file, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(_of_row(row) for row in report.rows)
    writer.writerows(row for one in report.findings for row in _of_finding(one))


def _of_row(row: Row) -> dict[str, Any]:
    figures = {name: getattr(row, name) for name in (*_FIGURES, "diff_posted", "diff_ledger")}
    plain = {name: exact(one, row.currency) if isinstance(one, Decimal) else one for name, one in figures.items()}
    return {"what": "day", "day": row.day, "market": row.market, "currency": row.currency, **plain}


def _of_finding(one: Finding) -> Iterator[dict[str, Any]]:
    told = {"about": _safe(one.about), "message": _safe(one.message), "fix": _safe(one.fix)}
    head = {"what": one.kind, "day": one.day, "market": one.market, **told}
    if not one.amounts:
        yield head
    for currency, amount in sorted(one.amounts.items()):
        yield {**head, "currency": currency, "amount": exact(amount, currency)}


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
