from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crossdock.canonical import Address, Charge, Money, Order, OrderLine
from crossdock.contract.values import Context

BUYER = "Quentin Zzyzx"


def make_order(**values):
    usd = Money(amount=Decimal("10.10"), currency="USD")
    lines = (
        OrderLine(number="1", sku="mug-01", quantity=Decimal("2.50"), charges=(Charge(kind="product", amount=usd),)),
        OrderLine(
            number="4", sku="cup-02", quantity=Decimal(1), charges=(Charge(kind="product", amount=usd, tax=usd),)
        ),
    )
    return Order(
        **{
            "channel": "walmart",
            "market": "us",
            "number": "1796",
            "ordered_at": datetime(2026, 11, 1, 8, tzinfo=UTC),
            "ship_to": Address(name=BUYER, line1="1 Zzyzx Road", city="Baker", region="CA", country="US"),
            "lines": lines,
            **values,
        }
    )


@pytest.fixture
def order():
    return make_order()


@pytest.fixture
def orders():
    return make_order


@pytest.fixture
def buyer():
    return BUYER


@pytest.fixture
def context():
    return Context(key="1796", pipeline="orders", customer="acme")
