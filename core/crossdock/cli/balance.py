"""How `reconcile` tells what it found: for people, as JSON, as a table for spreadsheets."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from crossdock.canonical import Measure
from crossdock.cli.render import counted, moment, table
from crossdock.cli.shapes import Shape, iso
from crossdock.engine import Amount, Balance, Difference, RouteBalance
from crossdock.errors import ConfigError
from crossdock.observe.printable import printable
from crossdock.observe.redact import redact_text

_SHOWN = 20
_COLUMNS = (
    "pipeline", "customer", "route", "what", "key", "state", "code", "explained", "reason", "records", "units",
    "currency", "money",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


# ---------------------------------------------------------------- JSON


def shape(balance: Balance) -> Shape:
    """All of it."""
    return {
        "ok": balance.ok,
        "from": iso(balance.start),
        "to": iso(balance.end),
        "routes": [_of_route(route) for route in balance.routes],
        "skipped": [{"pipeline": name, "reason": redact_text(why)} for name, why in balance.skipped],
    }


def _of_route(route: RouteBalance) -> Shape:
    return {
        "pipeline": route.pipeline,
        "customer": route.customer,
        "route": route.route,
        "source": _of_amount(route.source),
        "target": _of_amount(route.target),
        "there": None if route.there is None else _of_amount(route.there),
        "unexplained": len(route.unexplained),
        "differences": [_of_difference(one) for one in route.differences],
    }


def _of_amount(amount: Amount) -> Shape:
    return {"records": amount.records, **_of_measure(amount.of)}


def _of_measure(of: Measure) -> Shape:
    money = None if of.money is None else {currency: f"{of.money[currency]:f}" for currency in sorted(of.money)}
    return {"units": None if of.units is None else f"{of.units:f}", "money": money}


def _of_difference(one: Difference) -> Shape:
    return {
        "key": one.key or None,
        "delivery": one.delivery,
        "state": str(one.state),
        "code": one.code,
        "explained": one.explained,
        "reason": None if one.reason is None else redact_text(one.reason),
        "fix": None if one.fix is None else redact_text(one.fix),
        **_of_measure(one.of),
    }


# ---------------------------------------------------------------- for people


def print_balance(balance: Balance) -> None:
    """A table for each route, then what differs; what nothing explains comes first."""
    click.echo(f"from {moment(balance.start)} to {moment(balance.end)}")
    for route in balance.routes:
        _print_route(route)
    for name, why in balance.skipped:
        click.echo(printable(f"\n{name}: left out: {redact_text(why)}"))
    unexplained = sum(len(route.unexplained) for route in balance.routes)
    explained = sum(len(route.differences) for route in balance.routes) - unexplained
    told = counted(unexplained, "unexplained difference")
    click.echo(f"\n{told}, {explained} explained by where they stand; nothing was changed")


def _print_route(route: RouteBalance) -> None:
    sums = {"read": route.source, "sent": route.target} | ({} if route.there is None else {"there": route.there})
    currencies = sorted({currency for amount in sums.values() for currency in amount.of.money or {}})
    with_units = any(amount.of.units is not None for amount in sums.values())
    headers = ["", "records", *(["units"] if with_units else []), *currencies]
    rows = [[name, *_cells(amount, with_units, currencies)] for name, amount in sums.items()]
    customer = f"  ({route.customer})" if route.customer else ""
    click.echo(printable(f"\n{route.pipeline} → {route.route}{customer}"))
    click.echo("\n".join(f"  {line}" for line in table(headers, rows).splitlines()))
    for state, count in Counter(
        f"{one.state} ({one.code})" if one.code else str(one.state) for one in route.differences
    ).items():
        click.echo(printable(f"  {count} {state}"))
    ordered = sorted(route.differences, key=lambda one: one.explained)
    for one in ordered[:_SHOWN]:
        _print_difference(one)
    if len(ordered) > _SHOWN:
        click.echo(f"  … and {len(ordered) - _SHOWN} more: --json and --csv have all of them")


def _cells(amount: Amount, with_units: bool, currencies: Sequence[str]) -> list[object]:
    units = [] if not with_units else ["-" if amount.of.units is None else _plain(amount.of.units)]
    money = ["-" if amount.of.money is None else _plain(amount.of.money.get(one, Decimal(0))) for one in currencies]
    return [amount.records, *units, *money]


def _print_difference(one: Difference) -> None:
    mark = "" if one.explained else "UNEXPLAINED "
    what = ", ".join(_told(one.of))
    why = f": {redact_text(one.reason)}" if one.reason else ""
    named = f"{one.key} " if one.key else ""
    click.echo(printable(f"  {mark}{named}{one.state}{f' ({what})' if what else ''}{why}"))
    if one.fix:
        click.echo(printable(f"    fix: {redact_text(one.fix)}"))


def _told(of: Measure) -> Iterator[str]:
    if of.units:
        yield f"{_plain(of.units)} units"
    for currency, amount in sorted((of.money or {}).items()):
        if amount:
            yield f"{_plain(amount)} {currency}"


def _plain(amount: Decimal) -> str:
    return f"{amount:f}"


# ---------------------------------------------------------------- CSV


def write_csv(balance: Balance, file: Path) -> None:
    """A row for each sum and each difference, and one for each currency of it. Raises: ConfigError."""
    try:
        with file.open("w", newline="", encoding="utf-8") as lines:
            writer = csv.writer(lines)
            writer.writerow(_COLUMNS)
            for route in balance.routes:
                writer.writerows([_safe(cell) for cell in row] for row in _rows(route))
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written: {error.strerror}", fix="name a file in a folder of yours"
        ) from None


def _rows(route: RouteBalance) -> Iterator[list[Any]]:
    place = [route.pipeline, route.customer, route.route]
    sums = {"read": route.source, "sent": route.target, "there": route.there}
    for name, amount in sums.items():
        if amount is not None:
            yield from _each_currency([*place, name, None, None, None, None, None, amount.records], amount.of)
    for one in route.differences:
        reason = None if one.reason is None else redact_text(one.reason)
        explained = "yes" if one.explained else "no"
        head = [*place, "difference", one.key, one.state, one.code, explained, reason, 1 if one.key else None]
        yield from _each_currency(head, one.of)


def _each_currency(head: list[Any], of: Measure) -> Iterable[list[Any]]:
    units = None if of.units is None else _plain(of.units)
    money = sorted((of.money or {}).items())
    if not money:
        return [[*head, units, None, None]]
    # Counts and units stand once, so that a column can be summed up.
    first, *more = [[*head, units, currency, _plain(amount)] for currency, amount in money]
    return [first, *([*row[:-4], None, None, *row[-2:]] for row in more)]


def _safe(cell: Any) -> Any:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) and not _is_number(cell) else cell


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()
