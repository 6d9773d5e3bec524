"""House customers of two companies: made by a template, aligned field by field, and never sent back as an echo."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ionapi_files import CLOUD, written
from simulated import TENANT, SimulatedFsm

from crossdock import (
    Absent,
    Answers,
    Conflict,
    Cursor,
    Done,
    HoldError,
    Known,
    Link,
    Links,
    NothingToDo,
    NotYetError,
    Ref,
    Secret,
)
from crossdock.clock import ManualClock
from crossdock.errors import CrossdockError
from crossdock.store.linking import turn
from crossdock.testing import FakeReader
from crossdock_erp_ledger.infor.auth import ServiceAccount
from crossdock_erp_ledger.infor.m3.connection import M3Connection
from crossdock_erp_ledger.infor.m3.customer_sink import M3CustomerSink
from crossdock_erp_ledger.infor.m3.customers import M3CustomerSource

pytestmark = pytest.mark.anyio
US = "WMTUS"
NAMES = ("CUNM", "MAIL", "CUA1")


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Company:
    """One company of the simulated tenant, read and written as core does."""

    def __init__(self, m3, number, **sink):
        auth = ServiceAccount(ionapi=Secret.literal(written(CLOUD)))
        given = {"auth": auth, "company": number, "local_currency": "USD", "timezone": "UTC"}
        self.m3, self.number = m3, number
        self.connection = M3Connection.model_validate(given)
        self.source = M3CustomerSource(customers=("WMT*",))
        self.sink = M3CustomerSink.model_validate({"template": "HOUSE", **sink})
        for component in (self.source, self.sink):
            component.bind(self.connection, self.reader)
        self.seen = {}

    @property
    def reader(self):
        return FakeReader(self.connection, self.m3, clock=ManualClock(self.m3.now))

    def edit(self, **fields):
        """Staff edits a customer."""
        self.m3.simulator.control(
            "customers", {"tenant": TENANT, "cono": str(self.number), "customers": [{"CUNO": US, **fields}]}
        )

    def customer(self):
        at = TENANT, str(self.number)
        found = [one for one in self.m3.state("customers") if (one["tenant"], one["CONO"]) == at]
        return next((one for one in found if one["CUNO"] == US), None)

    async def changed(self):
        """The documents of records whose content changed since the last read."""
        batches = [batch async for batch in self.source.read(Cursor(None, self.m3.now))]
        records = [record for batch in batches for record in batch.records]
        fresh = [one for one in records if self.seen.get(one.key) != one.raw]
        self.seen.update({one.key: one.raw for one in fresh})
        return [self.source.to_document(one.raw) for one in fresh]


class Alignment:
    """Two companies, each way a pipeline; links are kept as core keeps them."""

    def __init__(self, one=None, other=None, **settings):
        self.m3 = SimulatedFsm(companies=["100", "200"], divisions=[], **settings)
        self.one = Company(self.m3, 100, **(one or {}))
        self.other = Company(self.m3, 200, **(other or {}))
        self.links = {}
        self.writes = 0

    async def settle(self, rounds=4):
        """Both pipelines, until nothing is written any more; what came of each document."""
        told = []
        for _ in range(rounds):
            for source, target in ((self.one, self.other), (self.other, self.one)):
                told += [await self.deliver(document, source, target) for document in await source.changed()]
            self.m3.pass_time(60)
        return told

    async def deliver(self, document, source, target, choice=None):
        sink = target.sink
        sink.bind(target.connection, target.reader)
        links = Links([self.seen_from(key, source) for key in sorted(self.links)])
        observed = await sink.observe(document, Known(links))
        try:
            effect = sink.plan(document, Known(links, None, observed, choice))
            (step,) = effect.steps
            self.writes += step.method == "POST"
            receipt = sink.receipt(effect, Answers([self.m3(step)]))
        except CrossdockError as error:
            return error
        near = Ref(source.connection.identity, "customer", document.key)
        far = Ref(target.connection.identity, receipt.kind, receipt.id)
        self.links[near.account] = Link(near, far, receipt.lines)
        return receipt

    def seen_from(self, key, source):
        link = self.links[key]
        return link if link.near.account == source.connection.identity else turn(link)


async def test_customer_is_made_from_the_template_and_nothing_comes_back():
    both = Alignment()
    both.one.edit(CUNM="Walmart US", CUA1="1 Road")

    await both.settle()

    assert both.other.customer()["CUNM"] == "Walmart US"
    assert both.writes == 1
    assert both.one.customer()["CHNO"] == "1"


async def test_change_goes_over_once_and_is_not_sent_back():
    both = Alignment()
    both.one.edit(CUNM="Walmart US", CUA1="1 Road")
    await both.settle()
    both.one.edit(CUNM="Walmart USA")

    await both.settle()

    assert both.other.customer()["CUNM"] == "Walmart USA"
    assert both.writes == 2


async def test_change_of_the_other_side_goes_back():
    both = Alignment()
    both.one.edit(CUNM="Walmart US", CUA1="1 Road")
    await both.settle()
    both.other.edit(CUNM="Walmart Stores")

    await both.settle()

    assert both.one.customer()["CUNM"] == "Walmart Stores"
    assert both.writes == 2


async def test_value_that_comes_back_to_what_it_was_goes_over_too():
    both = Alignment()
    both.one.edit(CUNM="Walmart US", CUA1="1 Road")
    await both.settle()
    both.other.edit(CUNM="Other")
    await both.settle()
    both.one.edit(CUNM="Walmart US")

    await both.settle()

    assert both.other.customer()["CUNM"] == "Walmart US"


@pytest.mark.parametrize(("rules", "winner"), [(("source", "target"), "A"), (("target", "source"), "B")])
async def test_rule_decides_where_both_sides_changed(rules, winner):
    both = Alignment(one={"fields": {"name": rules[1]}}, other={"fields": {"name": rules[0]}})
    both.one.edit(CUNM="Walmart US", CUA1="1 Road")
    await both.settle()
    both.one.edit(CUNM="A")
    both.other.edit(CUNM="B")

    await both.settle()

    assert (both.one.customer()["CUNM"], both.other.customer()["CUNM"]) == (winner, winner)


async def test_each_field_has_a_rule_of_its_own():
    fields = {"name": "source", "address": "target", "email": "source"}
    both = Alignment(
        one={"fields": {"name": "target", "address": "source", "email": "target"}}, other={"fields": fields}
    )
    both.one.edit(CUNM="Walmart US", CUA1="1 Road", MAIL="a@example.test")
    await both.settle()
    both.one.edit(CUNM="A", CUA1="A Road")
    both.other.edit(CUNM="B", CUA1="B Road")

    await both.settle()

    for side in (both.one, both.other):
        assert (side.customer()["CUNM"], side.customer()["CUA1"]) == ("A", "B Road")


async def test_newest_wins_by_the_day():
    both = Alignment(one={"fields": {"name": "newest"}}, other={"fields": {"name": "newest"}})
    both.one.edit(CUNM="Walmart US", CUA1="1 Road")
    await both.settle()
    both.one.edit(CUNM="A")
    both.m3.now += timedelta(hours=20)
    both.other.edit(CUNM="B")

    await both.settle()

    assert (both.one.customer()["CUNM"], both.other.customer()["CUNM"]) == ("B", "B")


async def test_two_changes_of_one_day_are_a_persons_to_decide():
    both = Alignment(one={"fields": {"name": "newest"}}, other={"fields": {"name": "newest"}})
    both.one.edit(CUNM="Walmart US", CUA1="1 Road")
    await both.settle()
    both.one.edit(CUNM="A")
    both.other.edit(CUNM="B")

    held = [one for one in await both.settle() if isinstance(one, HoldError)]
    (document,) = [both.one.source.to_document(both.one.seen[US])]
    await both.deliver(document, both.one, both.other, choice="source")

    assert {one.code for one in held} == {"customer_conflict"}
    assert both.other.customer()["CUNM"] == "A"


async def test_customer_that_is_not_there_is_held_without_a_template():
    both = Alignment(other={"template": None})
    both.one.edit(CUNM="Walmart US", CUA1="1 Road")

    (held, *_) = await both.settle()

    assert (held.code, both.other.customer()) == ("customer_missing", None)


async def test_other_customers_are_not_read():
    both = Alignment()
    both.m3.simulator.control(
        "customers", {"tenant": TENANT, "cono": "100", "customers": [{"CUNO": "P1", "CUNM": "A Person"}]}
    )

    assert await both.one.changed() == []
    assert await both.one.source.fetch("P1") is None


async def test_what_is_kept_bears_no_name():
    both = Alignment(other={"fields": {"name": "source", "address": "source", "email": "source"}})
    both.one.edit(CUNM="Walmart US", CUA1="1 Road", MAIL="a@example.test")
    (document,) = await both.one.changed()
    sink = both.other.sink

    effect = sink.plan(document, Known(observed=await sink.observe(document, Known())))

    kept = f"{effect.content} {effect.memo} {effect.key} {effect.steps[0].url}"
    assert [word for word in ("Walmart US", "1 Road", "a@example") if word in kept] == []


async def test_customer_that_changed_between_look_and_write_is_looked_at_again():
    both = Alignment()
    both.one.edit(CUNM="Walmart US", CUA1="1 Road")
    await both.settle()
    both.one.edit(CUNM="A")
    (document,) = await both.one.changed()
    sink, links = both.other.sink, Links(list(both.links.values()))
    effect = sink.plan(document, Known(links, None, await sink.observe(document, Known())))
    both.other.edit(MAIL="b@example.test")

    with pytest.raises(NotYetError, match="meanwhile"):
        sink.receipt(effect, Answers([both.m3(effect.steps[0])]))


async def test_lost_answer_is_looked_for():
    both = Alignment()
    both.one.edit(CUNM="Walmart US", CUA1="1 Road")
    (document,) = await both.one.changed()
    sink = both.other.sink
    effect = sink.plan(document, Known(observed=await sink.observe(document, Known())))

    before = await sink.probe(effect)
    both.m3(effect.steps[0])
    after = await sink.probe(effect)
    both.other.edit(CUNM="B")

    assert before == Absent()
    assert isinstance(after, Done)
    assert isinstance(await sink.probe(effect), Conflict)


async def test_refusal_of_m3_is_held():
    both = Alignment(customer_templates=["OTHER"])
    both.one.edit(CUNM="Walmart US", CUA1="1 Road")

    (held, *_) = await both.settle()

    assert held.code == "customer_refused"
    assert "template" in str(held).lower()


edits = st.lists(
    st.tuples(
        st.sampled_from(["one", "other"]),
        st.sampled_from(NAMES),
        st.sampled_from("XYZ"),
        st.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(edits)
async def test_both_sides_come_to_agree_and_rest_whatever_staff_does(edits):
    mine = {"name": "source", "email": "target", "address": "source"}
    yours = {"name": "target", "email": "source", "address": "target"}
    both = Alignment(one={"fields": yours}, other={"fields": mine})
    both.one.edit(CUNM="Walmart US", CUA1="1 Road", MAIL="m")
    await both.settle()

    for side, field, value, rest in edits:
        getattr(both, side).edit(**{field: value})
        if rest:
            await both.settle()
    await both.settle()
    before = both.writes
    await both.settle()

    ours, theirs = both.one.customer(), both.other.customer()
    assert [ours[name] for name in NAMES] == [theirs[name] for name in NAMES]
    assert both.writes == before


async def test_same_on_both_sides_is_kept_as_agreed_by_a_look_alone():
    both = Alignment()
    for side in (both.one, both.other):
        side.edit(CUNM="Walmart US", CUA1="1 Road")

    told = await both.settle()

    assert both.writes == 0
    assert len(both.links) == 1
    assert isinstance(told[-1], NothingToDo)
