"""Whatever a channel says, and whatever links hold: entries that balance, or words of the error tree."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crossdock import Context, CrossdockError, Link, Links, Ref
from crossdock.canonical import (
    Address,
    Charge,
    Money,
    Order,
    OrderAsOf,
    OrderLine,
    OrderLineStatus,
    Refund,
    Return,
    ReturnLine,
    SettlementLine,
)
from crossdock_erp_ledger.journal.cutoff import CutoffMapper
from crossdock_erp_ledger.journal.mapper import JournalMapper
from crossdock_erp_ledger.posting import plan_entry, receipt_of
from tiny_ledger import PO, SETTINGS

words = st.sampled_from(["", "1", "2", PO, "sale", "TEE-1", "a:b", "%3A", "Sale", "Refund", "Product Price", "É"])
amounts = st.one_of(
    st.sampled_from([Decimal(0), Decimal("-0"), Decimal("0.005"), Decimal("1E+3"), Decimal("-1.239")]),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3),
)
quantities = st.sampled_from([Decimal(text) for text in ("-1", "0", "0.25", "1", "1.5", "2", "3", "500")])
monies = st.builds(Money, amount=amounts, currency=st.sampled_from(["USD", "CLP", "KWD", "XXX"]))
moments = st.integers(0, 4 * 10**9).map(lambda second: datetime.fromtimestamp(second, UTC))
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
charges = st.lists(
    st.builds(
        Charge,
        kind=st.sampled_from(["product", "shipping", "excess", "clearing", "tax", ""]),
        amount=monies,
        tax=st.none() | monies,
    ),
    max_size=3,
).map(tuple)
statuses = st.builds(
    OrderLineStatus,
    status=st.sampled_from(["created", "shipped", "cancelled", "refunded", "unknown"]),
    quantity=quantities,
    raw=words,
    at=st.none() | moments,
)
refunds = st.builds(Refund, id=words, charges=charges, at=st.none() | moments, return_number=st.none() | words)
order_lines = st.builds(
    OrderLine,
    number=words,
    sku=words,
    quantity=quantities,
    charges=charges,
    statuses=st.lists(statuses, max_size=3).map(tuple),
    refunds=st.lists(refunds, max_size=2).map(tuple),
)
shared: dict[str, Any] = {"channel": words, "market": st.none() | st.sampled_from(["us", "ca", "a:b"]), "number": words}
orders = st.builds(
    Order,
    **shared,
    ordered_at=moments,
    ship_to=st.just(Address(line1="1 Example Way", city="Sampleton", country="US")),
    lines=st.lists(order_lines, max_size=3).map(tuple),
)
left = st.lists(order_lines, max_size=2).map(tuple)
as_of = st.builds(OrderAsOf, **shared, ordered_at=moments, as_of=days, lines=left)
return_lines = st.builds(
    ReturnLine,
    number=words,
    order=words,
    order_line=words,
    sku=words,
    quantity=quantities,
    charges=charges,
    refunded_quantity=quantities,
    refunded_at=st.none() | moments,
    status=words,
)
returns = st.builds(Return, **shared, created_at=moments, lines=st.lists(return_lines, max_size=3).map(tuple))
settled = st.builds(
    SettlementLine,
    **shared,
    settlement=words,
    kind=words,
    part=st.none() | words | st.sampled_from(["Product tax", "Commission on Product", "Fee/Reimbursement"]),
    amount=monies,
    posted_on=st.none() | days,
    payable=st.none() | monies,
    total=st.none() | monies,
    remainder=st.none() | monies,
    order=st.none() | words,
    sku=st.none() | words,
    quantity=st.none() | quantities,
)
documents = st.one_of(orders, returns, settled)
choices = st.none() | st.sampled_from(["by_rules", "by_sign", "true_up", "as_paid", "order_date"])
settings = st.fixed_dictionaries(
    {
        "on": st.sampled_from(["order", "ship"]),
        "per": st.sampled_from(["order", "line", "day"]),
        "suspense": st.just("9999"),
        "clearing": st.just({"us": "1", "ca": "2", "a:b": "3", "": "4"}),
        "memo_tax": st.booleans(),
    }
)


def posted(mapper: Any, document: Any, context: Context) -> list[Link]:
    """The links of what a mapper makes of a document; all of it must be something that a ledger takes."""
    try:
        effects = [plan_entry(entry, None) for entry in mapper.map(document, context)]
    except CrossdockError:
        return []
    assert effects
    assert len({effect.key for effect in effects}) == len(effects)
    facts = [fact for effect in effects for fact in effect.facts]
    assert len({*facts}) == len(facts) > 0
    receipts = [receipt_of(effect, "XD1") for effect in effects]
    return [Link(Ref("w", "order", "1"), Ref("b", one.kind, one.id), dict(one.lines)) for one in receipts]


@given(first=documents, then=documents, settings=settings, choice=choices)
def test_any_documents_give_entries_that_a_ledger_takes_or_words(
    first: Any, then: Any, settings: dict[str, Any], choice: str | None
) -> None:
    mapper = JournalMapper.model_validate({**SETTINGS, **settings})

    links = posted(mapper, first, Context(key="1", pipeline="p", choice=choice))

    posted(mapper, then, Context(key="1", pipeline="p", links=Links(links), choice=choice))


@given(sold=orders, left=as_of)
def test_any_orders_give_a_cutoff_or_words(sold: Order, left: OrderAsOf) -> None:
    links = posted(JournalMapper.model_validate(SETTINGS), sold, Context(key="1", pipeline="p"))

    posted(CutoffMapper(deferred={"us": "1"}), left, Context(key="2", pipeline="p", links=Links(links)))
