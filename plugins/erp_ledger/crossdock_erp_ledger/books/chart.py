"""The chart of accounts as an integrator declares it, and what may be posted where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from crossdock.canonical.journal import JournalEntry, JournalLine
from crossdock.canonical.money import Currency

OPENED = date(2000, 1, 1)
"""Since when an account takes entries of which nothing else is said."""

_ROOTS = ("Assets", "Liabilities", "Equity", "Income", "Expenses")
_NAME = re.compile(rf"({'|'.join(_ROOTS)})(:[A-Z0-9][A-Za-z0-9-]*)+")


class Account(BaseModel):
    """What one account takes: these currencies (any, where none is named), within these days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currencies: tuple[Currency, ...] = ()
    opened: date = OPENED
    closed: date | None = None
    """The last day on which it takes entries."""


def _short(value: Any) -> Any:
    """`USD` and `[USD, CAD]` stand for accounts that take these."""
    if isinstance(value, str):
        return {"currencies": [value]}
    return {"currencies": value} if isinstance(value, list | tuple) else value


def _named(chart: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in chart:
        if _NAME.fullmatch(name) is None:
            raise ValueError(
                f"{name!r} is no account: it begins with {', '.join(_ROOTS[:-1])} or {_ROOTS[-1]}, and its further "
                "parts with a capital letter or a digit, as in Income:Sales:Apparel"
            )
        parent = next((one for one in chart if name.startswith(f"{one}:")), None)
        if parent is not None:
            raise ValueError(f"{parent} has the sub-account {name}, so nothing can be posted to it: leave it out")
    if not chart:
        raise ValueError("declare the accounts that are posted to, as in `Income:Sales:Apparel: USD`")
    return chart


_CURRENCY = {"type": "string", "pattern": "^[A-Z]{3}$"}
_ACCOUNT = {
    "anyOf": [
        _CURRENCY,
        {"type": "array", "items": _CURRENCY},
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "currencies": {"type": "array", "items": _CURRENCY},
                "opened": {"type": "string", "format": "date"},
                "closed": {"type": "string", "format": "date"},
            },
        },
    ]
}
Declared = Annotated[Account, BeforeValidator(_short), WithJsonSchema(_ACCOUNT)]
Chart = Annotated[
    Mapping[str, Declared],
    AfterValidator(_named),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": _ACCOUNT,
            "examples": [{"Assets:Marketplace:Clearing": "USD", "Income:Sales": "USD"}],
        }
    ),
]
"""Accounts by name: `Income:Sales:Apparel: USD`, `[USD, CAD]`, or `{currencies: …, opened: …, closed: …}`."""


def objections(entry: JournalEntry, chart: Mapping[str, Account]) -> Iterator[str]:
    """What is wrong with the accounts of an entry, line by line."""
    for number, line in enumerate(entry.lines, start=1):
        account = chart.get(line.account)
        why = "it is not declared" if account is None else _objection(line, account, entry.date)
        if why:
            yield f"line {number} ({line.amount} to {line.account}): {why}"


def _objection(line: JournalLine, account: Account, day: date) -> str | None:
    if account.currencies and line.amount.currency not in account.currencies:
        return f"it takes {', '.join(account.currencies)} only"
    if day < account.opened:
        return f"it is opened on {account.opened}, and this is of {day}"
    if account.closed is not None and day > account.closed:
        return f"it was closed on {account.closed}, and this is of {day}"
    return None
