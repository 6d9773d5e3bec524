"""The report for a terminal: the verdict and its reasons first, then the figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from crossdock_erp_ledger.report.clearing import AGES, RollForward
from crossdock_erp_ledger.report.findings import KINDS, Finding
from crossdock_erp_ledger.report.money import shown, told
from crossdock_erp_ledger.report.report import CloseReport, Row

_SHOWN = 20
_COLUMNS = (
    ("said", "orders_said"), ("refunds", "refunds_said"), ("posted", "posted"), ("ledger", "ledger"), ("late", "late"),
    ("held", "held"), ("failed", "failed"), ("in flight", "in_flight"), ("diff posted", "diff_posted"),
    ("diff ledger", "diff_ledger"),
)  # fmt: skip


def lines(report: CloseReport, *, days: bool = False) -> Iterator[str]:
    """Line by line. `days` shows each day, not only the sums."""
    yield f"{report.verdict}  {report.ledger} {report.period.name} ({report.period.zone})"
    yield from _findings(report)
    yield ""
    yield from _figures(report, days=days)
    yield from _clearing(report)
    yield from _settlements(report)
    yield from _accounts(report)
    yield from _more(report)


def _findings(report: CloseReport) -> Iterator[str]:
    for number, one in enumerate(report.findings):
        if number == _SHOWN:
            yield f"  … and {len(report.findings) - _SHOWN} more: --json, --csv and --html have all of them"
            return
        yield from _finding(one, report)


def _finding(one: Finding, report: CloseReport) -> Iterator[str]:
    mark = "note" if not one.blocks else "accepted" if one.kind in report.accepted else "blocks"
    day = f"  {one.day}" if one.day else ""
    yield f"  {mark}  {one.kind}  {one.about}{day}: {one.message}"
    yield f"          fix: {one.fix}"


def _figures(report: CloseReport, *, days: bool) -> Iterator[str]:
    rows = [*(report.rows if days else ()), *report.totals.values()]
    if not rows:
        yield "nothing was sold and nothing was paid back"
        return
    labels = [str(row.day) for row in report.rows] if days else []
    labels += ["all"] * len(report.totals)
    head = ["day", "market", "", *(title for title, _ in _COLUMNS)]
    cells = [
        [label, row.market, row.currency, *(_figure(row, name) for _, name in _COLUMNS)]
        for label, row in zip(labels, rows, strict=True)
    ]
    yield from _table(head, cells)


def _figure(row: Row, name: str) -> str:
    if name == "ledger":
        both = (row.orders_ledger, row.refunds_ledger)
        return "-" if both[0] is None or both[1] is None else shown(both[0] - both[1], row.currency)
    value = getattr(row, name)
    return "-" if value is None else shown(value, row.currency)


def _clearing(report: CloseReport) -> Iterator[str]:
    for one in report.clearing:
        yield ""
        yield f"{one.account} (what the channel owes, {one.market or 'no market'}, {one.currency})"
        yield from _table(None, [[f"  {name}", amount] for name, amount in _roll(one)])
    brackets: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    counts: defaultdict[str, int] = defaultdict(int)
    for item in report.open_items:
        brackets[item.bracket][item.currency] += item.amount
        counts[item.bracket] += 1
    rows = [[f"  {name}", str(counts[name]), told(brackets[name])] for _, name in AGES if counts[name]]
    if report.beside_orders:
        rows.append(["  settled and not paid yet, or of no order", "", told(report.beside_orders)])
    if rows:
        yield ""
        yield f"what that is made of on {report.period.last}: not settled yet, by age"
        yield from _table(None, rows)


def _roll(one: RollForward) -> Iterator[tuple[str, str]]:
    yield "opening", shown(one.opening, one.currency)
    for role, amount in one.moved.items():
        yield role, shown(amount, one.currency)
    yield "closing", shown(one.closing, one.currency)
    if one.ledger is not None and one.ledger != one.movement:
        yield "moved in the ledger", shown(one.ledger, one.currency)


def _settlements(report: CloseReport) -> Iterator[str]:
    found = report.settling
    if found.reports or found.pending:
        yield ""
        pending = f"; {found.pending} sales pending ({told(found.pending_amounts)})" if found.pending else ""
        yield f"settlements: {len(found.reports)}, {found.matched} orders and SKUs matched{pending}"
    rows = [
        [
            f"  {one.name}",
            f"{one.first or '?'} to {one.last or '?'}",
            str(one.lines),
            shown(one.total, one.currency),
            "not read" if one.payable is None else f"{shown(one.payable, one.currency)} {one.currency}",
            "adds up" if one.agrees else "DIFFERS",
        ]
        for one in found.reports
    ]
    if rows:
        yield from _table(["  settlement", "period", "lines", "sum", "pays", ""], rows)


def _accounts(report: CloseReport) -> Iterator[str]:
    rows = [
        [
            f"  {one.account}",
            str(one.lines),
            shown(one.posted, one.currency),
            "-" if one.ledger is None else shown(one.ledger, one.currency),
            one.currency,
        ]
        for one in report.accounts
    ]
    if rows:
        yield ""
        yield from _table(["  account", "lines", "posted", "ledger", ""], rows)


def _more(report: CloseReport) -> Iterator[str]:
    counts = [
        (len(report.late), "posted late"),
        (len(report.reversals), "reversals"),
        (sum(1 for one in report.deferred if one.deferred), "orders deferred"),
    ]
    yield ""
    ledger = "" if report.ledger_entries is None else f", {report.ledger_entries} in the ledger"
    yield f"{report.entries} entries posted{ledger}; {', '.join(f'{count} {what}' for count, what in counts)}"
    kinds = sorted({one.kind for one in report.blocking}, key=list(KINDS).index)
    if kinds:
        yield f"blocked by: {'; '.join(KINDS[kind] for kind in kinds)}"


def _table(head: Sequence[str] | None, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Aligned columns, all but the first to the right where they bear figures."""
    every = [*([head] if head else []), *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(every[0]))]
    right = [all(_is_figure(row[column]) for row in rows) for column in range(len(every[0]))]
    for row in every:
        cells = zip(row, widths, right, strict=True)
        yield "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width) for cell, width, to_right in cells
        ).rstrip()


def _is_figure(text: str) -> bool:
    return text == "-" or text.lstrip("-").replace(",", "").replace(".", "", 1).isdigit()
