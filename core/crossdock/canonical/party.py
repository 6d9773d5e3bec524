"""People and places. Everything here is personal data: it goes to the systems it is meant for, and nowhere else."""

from __future__ import annotations

from datetime import date

from crossdock.canonical.base import Document


class Address(Document):
    """A postal address. `country` is ISO 3166-1 alpha-2; `region` the state or province as the country writes it."""

    name: str | None = None
    company: str | None = None
    line1: str
    line2: str | None = None
    city: str
    region: str | None = None
    postcode: str | None = None
    country: str
    phone: str | None = None
    email: str | None = None


class Customer(Document):
    """A customer as master data keeps it."""

    key: str
    name: str
    email: str | None = None
    address: Address | None = None
    changed_on: date | None = None  # when it was changed last, where it was read
