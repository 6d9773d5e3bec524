"""The report as one page to read, to keep and to print: no script, no outside asset."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from html import escape
from importlib.resources import files

from crossdock_erp_ledger.report import plots
from crossdock_erp_ledger.report.entries import Entry
from crossdock_erp_ledger.report.findings import KINDS
from crossdock_erp_ledger.report.money import by_currency, exact, shown, told
from crossdock_erp_ledger.report.report import CloseReport, Row

Cell = str | tuple[str, str]
"""A text, or a text with the class of its cell."""

_DAY = (
    (
        "sales",
        (("said", "orders_said"), ("lines", "lines_said"), ("posted", "orders_posted"), ("ledger", "orders_ledger")),
    ),
    ("refunds", (("said", "refunds_said"), ("posted", "refunds_posted"), ("ledger", "refunds_ledger"))),
    (
        "not in this month's books",
        (("late", "late"), ("held", "held"), ("failed", "failed"), ("in flight", "in_flight")),
    ),
    ("cut-off", (("deferred", "deferred"),)),
    ("difference", (("posted", "diff_posted"), ("ledger", "diff_ledger"))),
)
_ASKED = ("sales", "refunds", "difference")
_ALWAYS = frozenset(name for title, columns in _DAY if title in _ASKED for _, name in columns)
_CODE = re.compile(r"`([^`]+)`")
_OLDEST = 50
_META = """<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>"""
_PAGE = """<!doctype html>
<html lang="en">
<head>{meta}
<style>
{style}</style></head>
<body>
{body}
</body>
</html>
"""


def page(report: CloseReport) -> str:
    """The whole page."""
    title = f"Close report {report.period.name}, {report.ledger}"
    parts = [
        *_head(report, title),
        *_findings(report),
        *_plots(report),
        *_days(report),
        *_clearing(report),
        *_open_items(report),
        *_settlements(report),
        *_accounts(report),
        *_entries(report),
        *_foot(report),
    ]
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    body = "\n".join(parts)
    meta = _META.format(title=escape(title))
    return _PAGE.format(meta=meta, style=style, body=body)


def _head(report: CloseReport, title: str) -> Iterator[str]:
    kind, word = ("ready", "READY") if report.ready else ("blocked", "BLOCKED")
    zone = f"days in {report.period.zone}"
    yield f"<header><h1>{escape(title)}</h1>"
    period = f"{report.period.first} to {report.period.last}, {zone}"
    yield f'<p class="about">{escape(period)}; made {report.made_at:%Y-%m-%d %H:%M} UTC</p>'
    yield f'<p class="verdict {kind}">{word}</p>'
    counts: defaultdict[str, int] = defaultdict(int)
    for one in report.blocking:
        counts[one.kind] += 1
    for name, count in counts.items():
        yield f"<p><strong>{count}</strong> {escape(name)}: {escape(KINDS[name])}</p>"
    if report.accepted:
        yield f'<p class="note">accepted by whoever made this report: {escape(", ".join(sorted(report.accepted)))}</p>'
    yield "</header><main>"


def _findings(report: CloseReport) -> Iterator[str]:
    yield "<h2>Differences</h2>"
    if not report.findings:
        yield "<p>None: every sale and refund of the month is posted once, and the ledger holds what was posted.</p>"
        return
    rows: list[list[Cell]] = []
    for one in report.findings:
        how = "note" if not one.blocks else "accepted" if one.kind in report.accepted else "blocks"
        amounts = told(one.amounts) if any(one.amounts.values()) else ""
        rows.append([how, one.kind, (str(one.day or ""), "d"), one.about, (amounts, "n"), one.message, one.fix])
    head: list[Cell] = ["", "kind", "day", "order", ("missing in the books", "n"), "what", "way out"]
    yield from _table("Each difference once, with what is missing in the books; too much is negative.", head, rows)


def _plots(report: CloseReport) -> Iterator[str]:
    groups: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in report.rows:
        groups[row.market, row.currency].append(row)
    if groups or report.clearing:
        yield "<h2>The month</h2>"
    for number, rows in enumerate(groups.values()):
        yield plots.revenue(rows, report.period, number)
    for number, one in enumerate(report.clearing):
        yield plots.waterfall(one, number)


def _days(report: CloseReport) -> Iterator[str]:
    if not report.rows:
        return
    yield "<h2>By day</h2>"
    # What is nothing on every day is left out, but for what is always asked.
    groups = [
        (
            title,
            [
                (told, name)
                for told, name in columns
                if name in _ALWAYS or any(getattr(row, name) for row in report.rows)
            ],
        )
        for title, columns in _DAY
    ]
    groups = [(title, columns) for title, columns in groups if columns]
    names = [name for _, columns in groups for _, name in columns]
    head: list[Cell] = ["day", "market", *((told, "n") for _, columns in groups for told, _ in columns)]
    rows = [_day(str(row.day), row, names) for row in report.rows]
    sums = [_day("all", row, names) for row in report.totals.values()]
    said = (
        "Sales and refunds under the day on which the channel says them. What it says less what is posted, late, held, "
        "failed and in flight is the difference."
    )
    yield from _table(said, head, rows, sums, [("", 2), *((title, len(columns)) for title, columns in groups)])


def _day(label: str, row: Row, names: Sequence[str]) -> list[Cell]:
    cells: list[Cell] = [(label, "d"), f"{row.market.upper()} {row.currency}"]
    for name in names:
        value = getattr(row, name)
        kind = "n" if value else "n zero"
        text = "–" if value is None else shown(value, row.currency) if isinstance(value, Decimal) else str(value)
        cells.append((text, "n off" if name.startswith("diff") and value else kind))
    return cells


def _clearing(report: CloseReport) -> Iterator[str]:
    for one in report.clearing:
        yield f"<h2>What the channel owes: {escape(one.account)}, {escape(one.market.upper())} {one.currency}</h2>"
        steps = [("opening balance", one.opening), *one.moved.items()]
        rows: list[list[Cell]] = [[name, (shown(amount, one.currency), "n")] for name, amount in steps]
        sums: list[list[Cell]] = [["closing balance", (shown(one.closing, one.currency), "n")]]
        if one.ledger is not None:
            off = " off" if one.ledger != one.movement else ""
            sums.append(["moved in the ledger", (shown(one.ledger, one.currency), f"n{off}")])
            sums.append(["moved as posted", (shown(one.movement, one.currency), "n")])
        yield from _table("By the days on which entries were posted.", ["", (one.currency, "n")], rows, sums)


def _open_items(report: CloseReport) -> Iterator[str]:
    if not report.open_items and not report.beside_orders:
        return
    yield f"<h2>What it is made of on {report.period.last}</h2>"
    brackets: dict[str, tuple[int, defaultdict[str, Decimal]]] = {}
    for item in sorted(report.open_items, key=lambda one: one.age_days):
        count, amounts = brackets.get(item.bracket, (0, defaultdict(Decimal)))
        amounts[item.currency] += item.amount
        brackets[item.bracket] = count + 1, amounts
    rows: list[list[Cell]] = [
        [f"not settled, {name}", (str(count), "n"), (told(some), "n")] for name, (count, some) in brackets.items()
    ]
    if report.beside_orders:
        rows.append(["settled and not paid yet, or of no order", "", (told(report.beside_orders), "n")])
    closing = by_currency((one.currency, one.closing) for one in report.clearing)
    sums: list[list[Cell]] = [["closing balance", "", (told(closing), "n")]]
    caption = "By age: what is posted of an order, less what settlements said of it."
    yield from _table(caption, ["age", ("orders", "n"), ("open", "n")], rows, sums)
    if not report.open_items:
        return
    oldest: list[list[Cell]] = [
        [
            one.order,
            one.market,
            str(one.since),
            (str(one.age_days), "n"),
            (f"{shown(one.amount, one.currency)} {one.currency}", "n"),
        ]
        for one in report.open_items[:_OLDEST]
    ]
    more = len(report.open_items) - len(oldest)
    said = f"The oldest {len(oldest)}; {more} more are in --json." if more else "Every one of them, the oldest first."
    yield from _table(said, ["order", "market", "since", ("days", "n"), ("open", "n")], oldest)


def _settlements(report: CloseReport) -> Iterator[str]:
    found = report.settling
    if not found.reports and not found.pending:
        return
    yield "<h2>Settlements</h2>"
    pending = (
        f"; {found.pending} sales are in none yet ({told(found.pending_amounts)}), which is usual"
        if found.pending
        else ""
    )
    yield f"<p>{found.matched} orders and SKUs are settled with what is posted{escape(pending)}.</p>"
    rows: list[list[Cell]] = [
        [
            one.name,
            one.market,
            f"{one.first or '?'} to {one.last or '?'}",
            (str(one.lines), "n"),
            (shown(one.total, one.currency), "n"),
            ("not read" if one.payable is None else shown(one.payable, one.currency), "n"),
            ("adds up", "") if one.agrees else ("differs", "off"),
        ]
        for one in found.reports
    ]
    if rows:
        head: list[Cell] = ["settlement", "market", "period", ("lines", "n"), ("sum", "n"), ("pays", "n"), ""]
        yield from _table("Each report: what its amounts add up to, and what it pays.", head, rows)


def _accounts(report: CloseReport) -> Iterator[str]:
    if not report.accounts:
        return
    yield "<h2>Accounts</h2>"
    rows: list[list[Cell]] = []
    for one in report.accounts:
        off = " off" if one.ledger is not None and one.ledger != one.posted else ""
        there = "–" if one.ledger is None else shown(one.ledger, one.currency)
        rows.append(
            [
                one.account,
                one.currency,
                (str(one.lines), "n"),
                (shown(one.posted, one.currency), "n"),
                (there, f"n{off}"),
            ]
        )
    head: list[Cell] = ["account", "currency", ("lines", "n"), ("posted", "n"), ("ledger", "n")]
    yield from _table("By the days on which entries were posted; debits are positive.", head, rows)


def _entries(report: CloseReport) -> Iterator[str]:
    for title, some in (("Posted late", report.late), ("Reversals", report.reversals)):
        if some:
            yield f"<h2>{title}</h2>"
            yield from _table("", ["entry", "order", "belongs to", "posted"], [_entry(one) for one in some])
    if report.deferred:
        yield "<h2>Not shipped when the month ended</h2>"
        rows: list[list[Cell]] = [
            [
                one.order,
                one.market,
                one.currency,
                (exact(one.unshipped, one.currency), "n"),
                (exact(one.deferred, one.currency), "n"),
            ]
            for one in report.deferred
        ]
        yield from _table("", ["order", "market", "currency", ("unshipped", "n"), ("deferred", "n")], rows)


def _entry(one: Entry) -> list[Cell]:
    return [one.name, one.reference or "", (str(one.day), "d"), (str(one.posted), "d")]


def _foot(report: CloseReport) -> Iterator[str]:
    there = "" if report.ledger_entries is None else f", and {report.ledger_entries} are in the ledger"
    yield "</main><footer>"
    yield f"<p>{report.entries} entries were posted in the month{there}."
    yield "<code>crossdock trace ORDER</code> tells the whole story behind any figure.</p>"
    yield "</footer>"


def _table(
    caption: str,
    head: Sequence[Cell],
    rows: Iterable[Sequence[Cell]],
    sums: Iterable[Sequence[Cell]] = (),
    groups: Sequence[tuple[str, int]] = (),
) -> Iterator[str]:
    yield '<div class="wide" tabindex="0"><table>'
    if caption:
        yield f"<caption>{escape(caption)}</caption>"
    yield "<thead>"
    if groups:
        over = (f'<th scope="colgroup" colspan="{width}">{escape(title)}</th>' for title, width in groups)
        yield f"<tr>{''.join(over)}</tr>"
    yield f"<tr>{''.join(_cell('th', one, 'col') for one in head)}</tr></thead><tbody>"
    yield from (_row(row) for row in rows)
    yield "</tbody>"
    feet = [_row(one) for one in sums]
    if feet:
        yield f"<tfoot>{''.join(feet)}</tfoot>"
    yield "</table></div>"


def _row(cells: Sequence[Cell]) -> str:
    """A row; what it is about stands first."""
    first, *rest = cells
    return f"<tr>{_cell('th', first, 'row')}{''.join(_cell('td', one) for one in rest)}</tr>"


def _cell(tag: str, cell: Cell, scope: str = "") -> str:
    text, kind = cell if isinstance(cell, tuple) else (cell, "")
    named = f' class="{kind}"' if kind else ""
    scoped = f' scope="{scope}"' if scope else ""
    told = _CODE.sub(r"<code>\1</code>", escape(text))
    return f"<{tag}{scoped}{named}>{told}</{tag}>"
