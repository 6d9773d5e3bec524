"""The fields of a customer that two systems may agree on, and M3's own names of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from crossdock.canonical import Address, Customer
from crossdock_erp_ledger.infor.m3.api import Record

FieldName = Literal["name", "email", "address"]
_M3: Mapping[FieldName, tuple[str, ...]] = {
    "name": ("CUNM",),
    "email": ("MAIL",),
    "address": ("CUA1", "CUA2", "TOWN", "ECAR", "PONO", "CSCD", "PHNO"),
}
KEPT = ("CUNO", "STAT", "LMDT", *(name for names in _M3.values() for name in names))
"""What a record bears of a customer."""


def to_customer(record: Record) -> Customer:
    """Turn the basic data of a customer into a document."""
    address = Address(
        line1=record.get("CUA1", ""),
        line2=record.get("CUA2") or None,
        city=record.get("TOWN", ""),
        region=record.get("ECAR") or None,
        postcode=record.get("PONO") or None,
        country=record.get("CSCD", ""),
        phone=record.get("PHNO") or None,
    )
    return Customer(
        key=record["CUNO"],
        name=record.get("CUNM", ""),
        email=record.get("MAIL") or None,
        address=address,
        changed_on=day_of(record.get("LMDT", "")),
    )


def values_of(customer: Customer) -> dict[FieldName, dict[str, str]]:
    """A customer's values by field, under M3's names; what is empty there is empty here."""
    place = customer.address
    written = {
        "CUNM": customer.name,
        "MAIL": customer.email,
        "CUA1": place and place.line1,
        "CUA2": place and place.line2,
        "TOWN": place and place.city,
        "ECAR": place and place.region,
        "PONO": place and place.postcode,
        "CSCD": place and place.country,
        "PHNO": place and place.phone,
    }
    return {field: {name: written[name] or "" for name in names} for field, names in _M3.items()}


def digest(value: Mapping[str, str]) -> str:
    """What tells a value from others without showing it: names and addresses are kept nowhere else."""
    return hashlib.sha256(
        "\x1f".join(f"{name}={text.strip()}" for name, text in sorted(value.items())).encode()
    ).hexdigest()[:20]


def day_of(text: str) -> date | None:
    """A day as M3 writes it; None where it is none."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        return None
