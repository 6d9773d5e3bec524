"""What a difference between source and target is explained by, and what nothing explains."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from crossdock.canonical import Measure, SettlementLine, StockLevel
from crossdock.contract.values import Receipt
from crossdock.contract.workspace import Standing, StoredEffect, StoredRecord
from crossdock.engine.reconciling import Reconciler
from crossdock.errors import RejectedError

pytestmark = pytest.mark.anyio

START = datetime(2026, 10, 1, tzinfo=UTC)
END = START + timedelta(days=31)
AT = START + timedelta(days=4)


def amount(number: int) -> SettlementLine:
    return SettlementLine.model_validate(
        {
            "channel": "c", "settlement": "s", "number": str(number), "kind": "Sale", "posted_on": AT.date(),
            "amount": {"amount": "10", "currency": "USD"},
        }
    )  # fmt: skip


def standing(state: str, code: str | None = None, **more: Any) -> Standing:
    usual = {"delivery": 1, "route": "there", "revision": 1, "reason": None, "fix": None, "deadline": None}
    return Standing(**{**usual, "state": state, "code": code, "since": AT, **more})


def stored(key: str, *standing: Standing, **more: Any) -> StoredRecord:
    usual = {"document": amount(1), "fault": None, "erased": False, "read_at": AT, "revision": 1, "identifiers": {}}
    return StoredRecord(pipeline="p", key=key, standing=standing, **{**usual, **more})


def effect(record: str, key: str = "", version: int = 1, **more: Any) -> StoredEffect:
    usual = {"state": "done", "delivery": 1, "content": None, "memo": "10", "facts": (), "settled_at": AT}
    receipt = Receipt("entry", key or record)
    return StoredEffect(
        sink="ledger.entries", key=key or record, version=version, pipeline="p", route="there", record=record,
        **{**usual, "planned_at": AT, "receipt": receipt, **more},
    )  # fmt: skip


@dataclass
class Ledger:
    """A sink, and what is there of each key; None: gone."""

    there: dict[str, str | None] = field(default_factory=dict)

    def brought(self, effects: Any) -> Measure:
        return Measure(None, {"USD": sum(Decimal(one.memo) for one in effects)})

    def can_read_back(self) -> bool:
        return True

    async def read_back(self, records: Any) -> list[Measure | None]:
        found = [[self.there.get(one.key, one.memo) for one in effects] for effects in records]
        return [None if None in ones else Measure(None, {"USD": sum(map(Decimal, ones))}) for ones in found]


async def balance(records: list[StoredRecord], made: list[StoredEffect] = [], ledger: Ledger | None = None) -> Any:  # noqa: B006
    async def each(found: list[Any]) -> AsyncIterator[Any]:
        for one in found:
            yield one

    async def read_through(name: str) -> datetime:
        return END

    workspace = SimpleNamespace(
        records=lambda name, read_since: each(records),
        effects=lambda name, planned_since: each(made),
        read_through=read_through,
        now=END,
    )
    route: Any = SimpleNamespace(
        pipeline="p", customer=None, name="there", sink=ledger or Ledger(), account="a", sink_connection_name="books"
    )
    found = await Reconciler(workspace, START, END, look=True).reconcile(SimpleNamespace(name="p"), [route])  # type: ignore[arg-type]
    return found if isinstance(found, str) else found[0]


def said(found: Any) -> list[tuple[str, str | None, bool]]:
    return [(one.state, one.code, one.explained) for one in found.differences]


@pytest.mark.parametrize(
    ("record", "difference"),
    [
        (stored("A", standing("held", "unmapped")), ("held", "unmapped", True)),
        (stored("A", standing("held", "outcome_unknown")), ("held", "outcome_unknown", True)),
        (stored("A", standing("attempted")), ("attempted", None, True)),
        (stored("A", standing("waiting", "not_yet")), ("waiting", "not_yet", True)),
        (stored("A", standing("dead", "rejected")), ("dead", "rejected", True)),
        (stored("A", standing("skipped", "filtered")), ("skipped", "filtered", True)),
        (stored("A", standing("delivered")), ("no effect", "no_effect", False)),
        (stored("A", document=None, erased=True), ("unmeasured", "payload_erased", True)),
        (stored("A", document=None, fault=RejectedError("no SKU")), ("unmeasured", "rejected", True)),
        (stored("A", read_at=AT - timedelta(hours=1)), ("no delivery", "before_route", True)),
        (stored("A", read_at=AT + timedelta(hours=1)), ("no delivery", "no_delivery", False)),
    ],
)
async def test_difference_is_explained_by_where_the_record_stands_or_not_at_all(record, difference):
    found = await balance([record, stored("Z", standing("skipped", "done_by_hand"))])

    assert said(found) == [difference]
    assert found.target.records == 1
    assert bool(found.unexplained) is not difference[2]


async def test_newest_version_of_each_effect_counts_once():
    found = await balance(
        [stored("A", standing("delivered"))],
        [effect("A", "sale", memo="99"), effect("A", "sale", 2, memo="12"), effect("A", "fee", memo="-2")],
    )

    assert (found.target.of.money, said(found)) == ({"USD": Decimal(10)}, [])


async def test_what_was_sent_otherwise_than_it_was_read_differs_unless_it_is_right_there_by_now():
    records = [stored(key, standing("delivered")) for key in ("A", "B")]
    made = [effect("A", memo="9"), effect("B", memo="9")]

    found = await balance(records, made, Ledger({"A": "10"}))

    assert [(one.key, one.state, one.of.money) for one in found.differences] == [
        ("B", "differs", {"USD": Decimal(1)}),
    ]
    assert found.there.of.money == {"USD": Decimal(19)}


async def test_what_is_gone_or_changed_there_is_not_explained():
    records = [stored(key, standing("delivered")) for key in ("A", "B", "C")]

    found = await balance(records, [effect(key) for key in "ABC"], Ledger({"A": None, "B": "8"}))

    assert said(found) == [("not there", "not_there", False), ("differs there", "differs_there", False)]
    assert (found.source.records, found.target.records, found.there.records) == (3, 3, 2)


async def test_states_have_no_sum_over_a_period():
    level = StockLevel(sku="M", warehouse="W", status="OK", quantity=Decimal(1), at=AT)

    assert await balance([stored("A", document=level)]) == "StockLevel is a state, of which a period has no sum"
