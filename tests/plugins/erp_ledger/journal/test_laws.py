"""Whatever happens to an order, in whatever sequence it is looked at: the books say what a simple model says."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import hypothesis
from hypothesis import given
from hypothesis import strategies as st

from crossdock import HoldError, NotYetError
from crossdock.canonical import Money, Order, Refund, Return, ReturnLine, SettlementLine
from crossdock_erp_ledger.journal.mapper import JournalMapper
from tiny_ledger import PO, RULES, SETTINGS, TinyLedger, charge, money, order, order_line, status

ELSEWHERE = [
    {"match": {"event": "excess"}, "account": "Expenses:Allowances", "unit": "7"},
    {"account": "Income:Moved", "dimensions": {"node": "{node}"}},
]
START = datetime(2026, 10, 1, tzinfo=UTC)


@dataclass
class Line:
    """What is true of one line. Units: minor ones."""

    quantity: int
    price: int
    shipping: int = 0
    shipped: int = 0
    cancelled: int = 0
    refunds: dict[str, int] = field(default_factory=dict)


@dataclass
class Back:
    """A return of one line."""

    line: int
    quantity: int
    price: int
    refunded: int = 0


@dataclass
class World:
    """An order as the channel has it, told as documents."""

    lines: list[Line]
    returns: list[Back] = field(default_factory=list)
    days: int = 0

    def happen(self, what: str, which: int, amount: int) -> None:
        """Something happens to one line, or to one return."""
        self.days += which % 3
        line = self.lines[which % len(self.lines)]
        left = line.quantity - line.shipped - line.cancelled
        if what == "ship":
            line.shipped += min(left, amount % 3)
        elif what == "cancel":
            line.cancelled += min(left, amount % 3)
        elif what == "restore":
            line.cancelled -= min(line.cancelled, amount % 3)
        elif what == "reprice":
            line.price, line.shipping = 100 + amount, amount % 700
        elif what == "refund":
            line.refunds[f"R{len(line.refunds)}"] = amount % 2000
        elif what == "return":
            self.returns.append(Back(which % len(self.lines), line.quantity, amount))
        elif self.returns:
            back = self.returns[which % len(self.returns)]
            if what == "pay back":
                sent = self.lines[back.line].shipped  # what was never sent is never paid back
                back.refunded = max(back.refunded, min(sent, back.refunded + amount % 3))
            else:
                back.price = amount

    def order(self) -> Order:
        lines = []
        for number, line in enumerate(self.lines, start=1):
            at = (START + timedelta(days=self.days)).replace(tzinfo=None).isoformat()
            open_ = line.quantity - line.shipped - line.cancelled
            statuses = [
                status("acknowledged", str(open_)),
                status("shipped", str(line.shipped), at),
                status("cancelled", str(line.cancelled), at),
            ]
            lines.append(
                order_line(
                    str(number),
                    str(line.quantity),
                    charges=(charge(cents(line.price)), charge(cents(line.shipping), "shipping")),
                    statuses=statuses,
                    refunds=[Refund(id=id_, charges=(charge(cents(sum_)),)) for id_, sum_ in line.refunds.items()],
                )
            )
        return order(*lines, ordered_at=START)

    def back(self, number: int) -> Return:
        back = self.returns[number]
        line = ReturnLine(
            number="1",
            order=PO,
            order_line=str(back.line + 1),
            sku="TEE-BLK-M",
            quantity=Decimal(back.quantity),
            charges=(charge(cents(back.price)),),
            refunded_quantity=Decimal(back.refunded),
            refunded_at=START + timedelta(days=self.days),
            status="completed",
        )
        return Return(channel="walmart", market="us", number=f"RMA{number}", created_at=START, lines=(line,))

    def owed(self, on: str) -> Decimal:
        """What the channel owes: what was sold, less what was paid back."""
        owed = Decimal(0)
        for line in self.lines:
            units = line.shipped if on == "ship" else line.quantity - line.cancelled
            owed += part(line.price, units, line.quantity) + part(line.shipping, units, line.quantity)
            owed -= Decimal(cents(sum(line.refunds.values())))
        return owed - sum(part(one.price, one.refunded, one.quantity) for one in self.returns)


def cents(amount: int) -> str:
    return str(Decimal(amount).scaleb(-2))


def part(price: int, units: int, whole: int) -> Decimal:
    money = Money(amount=Decimal(cents(price)), currency="USD")
    return money.split([Decimal(units), Decimal(whole - units)])[0].amount


def look(ledger: TinyLedger, world: World, which: int, settings: dict[str, Any], refused: int = 0) -> list[Any]:
    """Deliver the order, or one of its returns, as it is now."""
    mapper = JournalMapper.model_validate({**SETTINGS, **settings})
    number = which % (len(world.returns) + 1) - 1
    if number < 0:
        return asked(ledger, mapper, world.order(), PO, refused)
    return asked(ledger, mapper, world.back(number), f"RMA{number}", refused)


def asked(ledger: TinyLedger, mapper: JournalMapper, document: Any, key: str, refused: int) -> list[Any]:
    """Deliver one; a person who is asked knows that refunds of orders are no returns here, even of equal amounts."""
    try:
        return ledger.post(mapper, document, key, PO, refused=refused)
    except NotYetError:
        return []  # the sale is not in the books yet
    except HoldError as error:
        if error.code not in ("refund_of_return", "refund_posted_by_order"):
            raise
        return ledger.post(mapper, document, key, PO, choice="other_money", refused=refused)


def look_at_all(ledger: TinyLedger, world: World, settings: dict[str, Any], refused: int = 0) -> Iterator[Any]:
    for which in range(len(world.returns) + 1):
        yield from look(ledger, world, which, settings, refused)


line = st.builds(Line, quantity=st.integers(1, 4), price=st.integers(100, 9999), shipping=st.sampled_from([0, 0, 599]))
lines = st.lists(line, min_size=1, max_size=2)
bases = st.sampled_from(["order", "ship"])
events = st.sampled_from(
    ["ship", "cancel", "restore", "reprice", "refund", "return", "pay back", "pay back", "reprice back"]
)
steps = st.lists(
    st.tuples(events | st.just("look"), st.integers(0, 5), st.integers(1, 9999)) | st.just(("look", 0, 1)), max_size=14
)
habits = st.fixed_dictionaries(
    {"per": st.sampled_from(["order", "line", "day"]), "rules": st.sampled_from([RULES, ELSEWHERE])}
)


@given(begun=lines, steps=steps, settings=st.lists(habits, min_size=1), on=bases)
def test_books_owe_what_the_model_says_whatever_happens(
    begun: list[Line], steps: list[Any], settings: list[Any], on: str
) -> None:
    world, ledger = World(begun), TinyLedger()
    for turn, (what, which, amount) in enumerate(steps):
        if what == "look":
            look(ledger, world, which, {**settings[turn % len(settings)], "on": on})
        else:
            world.happen(what, which, amount)

    [*look_at_all(ledger, world, {"on": on})]

    balances = ledger.balances()
    assert balances.get("Assets:Clearing:US", Decimal(0)) == world.owed(on)
    assert sum(balances.values()) == 0


@given(begun=lines, steps=steps, settings=habits, on=bases)
def test_looking_again_changes_nothing(begun: list[Line], steps: list[Any], settings: Any, on: str) -> None:
    world, ledger = World(begun), TinyLedger()
    for what, which, amount in steps:
        world.happen(what, which, amount) if what != "look" else look(ledger, world, which, {"on": on})
    [*look_at_all(ledger, world, {"on": on})]

    again = [*look_at_all(ledger, world, {**settings, "on": on})]

    assert [entry.key for entry in again] == []


@given(begun=lines, steps=steps)
def test_balances_do_not_depend_on_how_entries_are_put_together(begun: list[Line], steps: list[Any]) -> None:
    found = []
    for per in ("order", "line", "day"):
        world, ledger = World(deepcopy(begun)), TinyLedger()
        for what, which, amount in steps:
            world.happen(what, which, amount) if what != "look" else look(ledger, world, which, {"per": per})
        [*look_at_all(ledger, world, {"per": per})]
        found.append(ledger.balances())

    assert found[0] == found[1] == found[2]


@given(begun=lines, steps=steps, changes=st.lists(bases))
def test_switching_between_order_and_shipment_loses_and_doubles_nothing(
    begun: list[Line], steps: list[Any], changes: list[str]
) -> None:
    world, ledger = World(begun), TinyLedger()
    for turn, (what, which, amount) in enumerate(steps):
        on = changes[turn % len(changes)] if changes else "ship"
        world.happen(what, which, amount) if what != "look" else look(ledger, world, which, {"on": on})

    [*look_at_all(ledger, world, {"on": "order"})]

    assert ledger.balances().get("Assets:Clearing:US", Decimal(0)) == world.owed("order")


@hypothesis.settings(deadline=None)
@given(
    begun=lines,
    steps=st.lists(
        st.tuples(events, st.integers(0, 5), st.integers(1, 9999), st.sampled_from([0, 0, 1, 2])), min_size=2
    ),
    settings=habits,
)
def test_whatever_the_ledger_refuses_of_a_plan_is_made_up_for_later(
    begun: list[Line], steps: list[Any], settings: Any
) -> None:
    world, ledger = World(begun), TinyLedger()
    for what, which, amount, refused in steps:
        world.happen(what, which, amount)
        [*look_at_all(ledger, world, settings, refused)]

    [*look_at_all(ledger, world, settings)]

    assert ledger.balances().get("Assets:Clearing:US", Decimal(0)) == world.owed("order")
    assert [*look_at_all(ledger, world, settings)] == []


FEES = [
    {"match": {"event": "commission"}, "account": "Expenses:Commission"},
    {"match": {"event": "payout"}, "account": "Assets:Bank"},
]


def settled(world: World) -> Iterator[SettlementLine]:
    """What the channel settles once all has left: sales, refunds, commissions, and the payout."""
    rows: list[tuple[str, str, Decimal]] = []
    for line in world.lines:
        units = line.quantity - line.cancelled
        rows.append(("Sale", "Product Price", part(line.price, units, line.quantity)))
        rows.append(("Sale", "Shipping", part(line.shipping, units, line.quantity)))
        rows.append(("Sale", "Commission on Product", -part(line.price // 7, units, line.quantity)))
        rows += [("Refund", "Product Price", -Decimal(cents(amount))) for amount in line.refunds.values()]
    rows += [("Refund", "Product Price", -part(one.price, one.refunded, one.quantity)) for one in world.returns]
    total = sum((amount for _, _, amount in rows), Decimal(0))
    about = {"channel": "walmart", "market": "us", "settlement": "11172026", "posted_on": START.date()}
    for number, (kind, name, amount) in enumerate(rows):
        of = {"number": str(number), "kind": kind, "part": name, "amount": money(amount), "order": PO}
        yield SettlementLine.model_validate({**about, **of, "sku": "TEE-BLK-M"})
    paid = {"number": "sum", "kind": "PaymentSummary", "amount": money(total), "payable": money(total)}
    yield SettlementLine.model_validate({**about, **paid, "total": money(total)})


@given(begun=lines, steps=steps, again=st.booleans())
def test_settlement_empties_the_clearing_account_to_the_cent(begun: list[Line], steps: list[Any], again: bool) -> None:
    world, ledger = World(begun), TinyLedger()
    for what, which, amount in steps:
        world.happen(what, which, amount) if what != "look" else look(ledger, world, which, {})
    for line in world.lines:
        line.shipped = line.quantity - line.cancelled
    mapper = JournalMapper.model_validate({**SETTINGS, "rules": [*RULES, *FEES]})
    [*look_at_all(ledger, world, {})]

    for row in [*settled(world)] * (2 if again else 1):
        ledger.post(mapper, row, f"11172026/{row.number}", *([PO] if row.order else []))

    balances = ledger.balances()
    assert balances.get("Assets:Clearing:US", Decimal(0)) == min(Decimal(0), row.amount.amount)
    assert sum(balances.values()) == 0
