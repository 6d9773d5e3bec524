"""Journal entries for tests: one sale, and any that hypothesis can think of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from crossdock.canonical import JournalEntry, JournalLine, Money

# As many as tell something; how fast a busy machine makes them tells nothing.
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

CLEARING, APPAREL, HOME, SHIPPING = (
    "Assets:Walmart:US:Clearing",
    "Income:Sales:Apparel",
    "Income:Sales:Home",
    "Income:Shipping",
)
ACCOUNTS = (CLEARING, APPAREL, HOME, SHIPPING)
DIGITS = {"USD": 2, "CLP": 0, "KWD": 3}


def line(account: str, amount: str, currency: str = "USD", **more: Any) -> JournalLine:
    return JournalLine(account=account, amount=Money(amount=Decimal(amount), currency=currency), **more)


def sale(po: str = "108800000000001", **changed: Any) -> JournalEntry:
    """Two shirts and a mug, with shipping."""
    entry = {
        "key": f"wmt:us:{po}:sale:v1",
        "date": date(2026, 10, 5),
        "description": f"Sale PO {po} lines 1-2",
        "event": "sale",
        "channel": "walmart",
        "market": "us",
        "customer": "WALMART-US",
        "reference": po,
        "document": "200000000000001",
        "facts": (f"wmt:us:{po}:1:sale:v1", f"wmt:us:{po}:2:sale:v1"),
        "links": (f"wmt-po-{po}",),
        "lines": (
            line(CLEARING, "70.97"),
            line(APPAREL, "-49.98", order_line="1", sku="TEE-BLK-M", quantity=Decimal(2), event="sale", unit="100"),
            line(HOME, "-15.00", order_line="2", sku="MUG-01", quantity=Decimal(1), event="sale", unit="100"),
            line(SHIPPING, "-5.99", order_line="1", event="shipping", dimensions={"channel": "walmart"}),
        ),
    }
    return JournalEntry.model_validate(entry | changed)


@st.composite
def lines(draw: st.DrawFn, accounts: tuple[str, ...] = ACCOUNTS) -> tuple[JournalLine, ...]:
    """Lines that balance, in one or several currencies."""
    found: list[JournalLine] = []
    for currency in draw(st.lists(st.sampled_from(sorted(DIGITS)), min_size=1, max_size=2, unique=True)):
        cents = draw(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=4))
        for amount in (*cents, -sum(cents)):
            found.append(
                JournalLine(
                    account=draw(st.sampled_from(accounts)),
                    amount=Money(amount=Decimal(amount).scaleb(-DIGITS[currency]), currency=currency),
                    unit=draw(st.sampled_from([None, "100", "200"])),
                    dimensions=draw(st.sampled_from([{}, {"channel": "walmart"}, {"channel": "walmart", "node": "7"}])),
                    order_line=draw(st.sampled_from([None, "1", "2"])),
                    event=draw(st.sampled_from([None, "sale", "shipping"])),
                )
            )
    return tuple(found)


DAYS = st.dates(date(2026, 9, 1), date(2026, 12, 31))


@st.composite
def entries(draw: st.DrawFn, number: int = 0) -> JournalEntry:
    """Any entry that balances."""
    return JournalEntry(
        key=f"wmt:us:{number}:sale:v1",
        date=draw(DAYS),
        description=draw(st.text(max_size=30)),
        lines=draw(lines()),
        reference=draw(st.sampled_from([None, "108800000000001"])),
        facts=(f"wmt:us:{number}:1:sale:v1",),
        links=(f"wmt-po-{number}",),
    )


def many_entries(most: int = 8) -> st.SearchStrategy[list[JournalEntry]]:
    """Several entries with keys of their own."""
    return st.integers(1, most).flatmap(lambda n: st.tuples(*[entries(i) for i in range(n)])).map(list)
