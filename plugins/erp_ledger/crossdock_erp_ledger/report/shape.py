"""The report as JSON; scripts rely on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from crossdock_erp_ledger.report.entries import Entry
from crossdock_erp_ledger.report.findings import Finding
from crossdock_erp_ledger.report.money import exact
from crossdock_erp_ledger.report.report import CloseReport, Row
from crossdock_erp_ledger.report.settling import Settling

Shape = dict[str, Any]


def shape(report: CloseReport) -> Shape:
    """All of it. Amounts are texts with the currency's digits; days are ISO dates."""
    return {
        "verdict": "READY" if report.ready else "BLOCKED",
        "ready": report.ready,
        "reasons": [_of_finding(one, report) for one in report.blocking],
        "ledger": report.ledger,
        "period": report.period.name,
        "timezone": str(report.period.zone),
        "made_at": report.made_at.isoformat(),
        "findings": [_of_finding(one, report) for one in report.findings],
        "accepted": sorted(report.accepted),
        "days": [of_row(one) for one in report.rows],
        "totals": [{**of_row(one), "day": None} for one in report.totals.values()],
        "accounts": [
            {"account": one.account, "lines": one.lines, **_amounts(one, one.currency, ("posted", "ledger"))}
            for one in report.accounts
        ],
        "clearing": [
            {
                "account": one.account,
                "market": one.market,
                **_amounts(one, one.currency, ("opening", "movement", "closing", "ledger")),
                "moved": {role: exact(amount, one.currency) for role, amount in one.moved.items()},
            }
            for one in report.clearing
        ],
        "open_items": [
            {
                "order": one.order,
                "market": one.market,
                "since": one.since.isoformat(),
                "age_days": one.age_days,
                **_amounts(one, one.currency, ("amount",)),
            }
            for one in report.open_items
        ],
        "beside_orders": {name: exact(amount, name) for name, amount in report.beside_orders.items()},
        "settlements": _of_settling(report.settling),
        "deferred": [
            {"order": one.order, "market": one.market, **_amounts(one, one.currency, ("unshipped", "deferred"))}
            for one in report.deferred
        ],
        "late": [_of_entry(one) for one in report.late],
        "reversals": [_of_entry(one) for one in report.reversals],
        "entries": report.entries,
        "ledger_entries": report.ledger_entries,
    }


def of_row(row: Row) -> Shape:
    """One day of one market and currency."""
    told: Shape = {"day": row.day.isoformat(), "market": row.market, "currency": row.currency}
    names = [one.name for one in fields(Row) if one.name not in told] + ["diff_posted", "diff_ledger"]
    for name in names:
        value = getattr(row, name)
        told[name] = _plain(value, row.currency)
    return told


def _of_finding(one: Finding, report: CloseReport) -> Shape:
    return {
        "kind": one.kind,
        "about": one.about,
        "day": None if one.day is None else one.day.isoformat(),
        "market": one.market,
        "amounts": {currency: exact(amount, currency) for currency, amount in sorted(one.amounts.items())},
        "message": one.message,
        "fix": one.fix,
        "delivery": one.delivery,
        "blocks": one.blocks and one.kind not in report.accepted,
    }


def _of_settling(settling: Settling) -> Shape:
    return {
        "reports": [
            {
                "settlement": one.name,
                "market": one.market,
                "from": _day(one.first),
                "to": _day(one.last),
                "lines": one.lines,
                "agrees": one.agrees,
                **_amounts(one, one.currency, ("total", "payable")),
            }
            for one in settling.reports
        ],
        "matched": settling.matched,
        "pending": settling.pending,
        "pending_amounts": {name: exact(amount, name) for name, amount in settling.pending_amounts.items()},
    }


def _of_entry(one: Entry) -> Shape:
    return {
        "key": one.name,
        "order": one.reference,
        "day": one.day.isoformat(),
        "posted": one.posted.isoformat(),
        "reverses": one.reverses,
    }


def _amounts(value: object, currency: str, names: tuple[str, ...]) -> Mapping[str, Any]:
    return {"currency": currency, **{name: _plain(getattr(value, name), currency) for name in names}}


def _plain(value: Any, currency: str) -> Any:
    return exact(value, currency) if isinstance(value, Decimal) else value


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
