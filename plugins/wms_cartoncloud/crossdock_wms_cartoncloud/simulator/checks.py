"""Checks of single values. `None` always means "no value": a field that is absent and one that is null are alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from crossdock_wms_cartoncloud.simulator.problems import Faults

_EMAIL = re.compile(r"[^\s@.][^\s@]*@[^\s@]+")
_CURRENCY = re.compile(r"[A-Z]{3}")


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def read_object(faults: Faults, holder: dict[str, Any], key: str, at: str, *, required: bool = False) -> dict[str, Any]:
    """The object under `key`; an empty one where it is absent or wrong. A required one must hold something."""
    value = holder.get(key)
    if value in (None, {}) and required:
        faults.add(f"{at}/{key}", "must not be null or empty")
    elif value is not None and not isinstance(value, dict):
        faults.add(f"{at}/{key}", "must be an object")
    return value if isinstance(value, dict) else {}


def check_texts(faults: Faults, holder: dict[str, Any], keys: Sequence[str], at: str, limit: int | None = None) -> None:
    """Each of `keys` is a text of at most `limit` characters."""
    for key in keys:
        value = holder.get(key)
        if value is not None and not isinstance(value, str):
            faults.add(f"{at}/{key}", "must be a text")
        elif value is not None and limit is not None and len(value) > limit:
            faults.add(f"{at}/{key}", f"size must be between 0 and {limit}")


def check_flags(faults: Faults, holder: dict[str, Any], keys: Sequence[str], at: str) -> None:
    """Each of `keys` is true or false."""
    for key in keys:
        if holder.get(key) is not None and not isinstance(holder[key], bool):
            faults.add(f"{at}/{key}", "must be true or false")


def check_day(faults: Faults, holder: dict[str, Any], key: str, at: str) -> None:
    """A plain date, YYYY-MM-DD: a time of day is refused."""
    value = holder.get(key)
    if value is not None and parse_day(value) is None:
        faults.add(f"{at}/{key}", "must be a date in the format yyyy-MM-dd")


def parse_day(value: Any) -> date | None:
    """The date, or None where it is not exactly YYYY-MM-DD."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def check_money(faults: Faults, holder: dict[str, Any], key: str, at: str, currency: str | None) -> None:
    """An amount of at least zero with its currency: the tenant's own where `currency` is given, else any."""
    value, at = holder.get(key), f"{at}/{key}"
    if value is None:
        return
    if not isinstance(value, dict):
        faults.add(at, "must be an object with amount and currency")
        return
    if not is_number(value.get("amount")):
        faults.add(f"{at}/amount", "must be a number")
    elif value["amount"] < 0:
        faults.add(f"{at}/amount", "must be greater than or equal to 0")
    _check_currency(faults, value.get("currency"), f"{at}/currency", currency)


def _check_currency(faults: Faults, given: Any, at: str, currency: str | None) -> None:
    if not isinstance(given, str) or not _CURRENCY.fullmatch(given):
        faults.add(at, "must be an ISO 4217 currency code")
    elif currency is not None and given != currency:
        faults.add(at, f"must be the default currency of the organisation, {currency}")


def check_email(faults: Faults, holder: dict[str, Any], key: str, at: str) -> None:
    """Text on both sides of one @, no space, no dot in front."""
    value = holder.get(key)
    if value not in (None, "") and (not isinstance(value, str) or not _EMAIL.fullmatch(value)):
        faults.add(f"{at}/{key}", "must be a valid email address")


def check_quantity(faults: Faults, value: Any, at: str) -> None:
    """A number above zero, with the service's own code for each way to miss that."""
    if value is None or not is_number(value):
        faults.add(at, "Quantity is not a number", 10451)
    elif value < 0:
        faults.add(at, "Quantity must not be negative", 10452)
    elif value == 0:
        faults.add(at, "Quantity must not be zero", 10453)
