"""Whatever happens at the marketplace, what the sources say of its money agrees, to the cent."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.canonical import SettlementLine
from crossdock.jsonio import dumps, loads
from crossdock_walmart.orders import OrderSource
from crossdock_walmart.recon import Report
from crossdock_walmart.returns import ReturnSource
from crossdock_walmart.settlements import SettlementSource, _records

WalmartSimulator = pytest.importorskip("crossdock_walmart.simulator").WalmartSimulator
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
ORDERS, RETURNS, SETTLEMENTS = OrderSource(since=SINCE), ReturnSource(since=SINCE), SettlementSource(since="2026-01-01")
PO = "108900000000001"
LINES = [
    {"sku": "MUG-01", "quantity": 5, "line_number": 3, "price": "3.33"},
    {"sku": "LAMP-7", "quantity": 1, "line_number": 8, "price": "79.99"},
]
UNITS = st.integers(1, 3)
LINE = st.sampled_from(["3", "8"])
SHIPPED = st.builds(lambda line, n: ("ship", {"purchase_order_id": PO, "lines": {line: n}}), LINE, UNITS)
RETURNED = st.builds(
    lambda line, n, excess, refund, kind: (
        "returns",
        {
            "purchase_order_id": PO,
            "lines": [{"line": line, "quantity": n}],
            "excess": excess,
            "refund": refund,
            "type": kind,
        },
    ),
    LINE,
    UNITS,
    st.sampled_from(["0", "1.01"]),
    st.sampled_from(["none", "none", "initiated", "issued"]),
    st.sampled_from(["REFUND", "REFUND", "REPLACEMENT"]),
)
PAID_BACK = st.builds(lambda n: ("newest return", {"lines": {"1": n}}), UNITS)
REDUCED = st.builds(
    lambda line, cents: (
        "refunds",
        {"purchase_order_id": PO, "lines": [{"line": line, "amount": str(Decimal(cents) / 100)}]},
    ),
    LINE,
    st.integers(1, 400),
)
SETTLED = st.just(("settlements", {"shuffle_columns": True}))
EVENTS = st.one_of(SHIPPED, RETURNED, RETURNED, PAID_BACK, PAID_BACK, REDUCED, SETTLED)


def happen(events: Iterable[tuple[str, dict[str, Any]]]) -> Any:
    """A marketplace in which this happened; what it refuses did not."""
    simulator = WalmartSimulator(seed=1)
    simulator.control("orders", {"purchase_order_id": PO, "lines": LINES})
    simulator.control("ship", {"purchase_order_id": PO, "lines": {"3": 4, "8": 1}})
    for number, (verb, body) in enumerate([*events, ("settlements", {})]):
        asked = dict(body)
        if verb == "newest return":
            verb, asked["return_order_id"] = "refunds", next(iter([*_ids(simulator)][::-1]), "none")
        if verb == "settlements":
            asked["report_date"] = f"{number % 12 + 1:02}{number // 12 + 1:02}2026"
        with suppress(ValueError):
            simulator.control(verb, asked)
    return simulator


def _ids(simulator: Any) -> list[str]:
    return [one["returnOrderId"] for one in simulator.control("state")["returns"]]


def settled(simulator: Any) -> list[SettlementLine]:
    """Every row of every report, as the source reads its file."""
    closed = simulator.settlement.closed
    records = [record for name, one in closed.items() for record in _records(name, Report.check(one.content))]
    return [SETTLEMENTS.to_document(loads(dumps(record.raw))) for record in records]


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, min_size=5, max_size=14))
def test_orders_returns_and_settlements_tell_the_same_money(events):
    simulator = happen(events)
    state = simulator.control("state")
    order = ORDERS.to_document(state["orders"][0])
    rows = settled(simulator)

    charged, shipped = Decimal(0), {line.number: line.quantity_in("shipped") for line in order.lines}
    for line in order.lines:
        for charge in line.charges:
            part = charge.amount.split([shipped[line.number], line.quantity - shipped[line.number]])[0]
            charged += part.amount
    back = sum(
        (charge.amount.amount for line in order.lines for one in line.refunds for charge in one.charges), Decimal(0)
    )
    prices = [row.amount.amount for row in rows if row.part in ("Product Price", "Shipping")]
    taxes = [row.amount.amount for row in rows if "tax" in (row.part or "")]
    payouts = [row for row in rows if row.payable]

    assert abs(sum(prices, Decimal(0)) - (charged - back)) <= Decimal("0.01") * len(order.lines)  # of a part of a line
    assert sum(taxes, Decimal(0)) == 0
    assert all(row.payable == row.total for row in payouts)
    assert sum((row.amount.amount for row in rows if not row.payable), Decimal(0)) == sum(
        (row.payable.amount for row in payouts if row.payable), Decimal(0)
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, min_size=5, max_size=14))
def test_returns_say_as_many_units_paid_back_as_the_marketplace_paid(events):
    simulator = happen(events)
    facts = {fact["key"]: fact["revision"] for fact in _newest(simulator.control("facts"), "return_refunded")}

    for raw in simulator.control("state")["returns"]:
        for line in RETURNS.to_document(loads(dumps(raw))).lines:
            assert line.refunded_quantity == facts.get(f"{raw['returnOrderId']}-{line.number}", 0)
            assert bool(line.refunded_at) == bool(line.refunded_quantity)


def _newest(facts: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return sorted((fact for fact in facts if fact["kind"] == kind), key=lambda fact: fact["revision"])
