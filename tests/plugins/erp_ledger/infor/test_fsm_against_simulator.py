"""The sink against the simulated tenant, which shares no code with it: each entry is posted once, whatever is lost."""

from __future__ import annotations

from datetime import date

import pytest
from simulated import SimulatedFsm
from tiny_fsm import Carrier, connect

from crossdock import HoldError, Receipt
from crossdock.errors import AnswerLostError
from ledger_entries import line, sale

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


def entry(number=1, account="40100", day=None, **more):
    """A sale that the simulated chart takes."""
    day = day or date(2026, 11, 2)
    lines = (line("11500", "70.97"), line(account, "-70.97", order_line="1", event="sale", **more))
    return sale(f"10880000000{number:04}", date=day, lines=lines)


def once(*entries):
    return {one.key: 1 for one in entries}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"list_shape": "records"},
        {"spaced_error_key": True},
        {"unequal_empty": False},
        {"run_group_case": "upper"},
        {"auto_post": False},
        {"interface_s": 120},
    ],
)
async def test_entries_are_posted_once_whatever_the_tenant_is_like(settings):
    carrier = Carrier(SimulatedFsm(**settings))
    entries = [entry(1), entry(2)]

    settled = await carrier.carry(*entries)

    assert [type(one) for one in settled.values()] == [Receipt, Receipt]
    assert carrier.fsm.posted() == once(*entries)
    assert carrier.fsm.state("staged") == []


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("how", ["before", "after"])
async def test_answer_lost_anywhere_posts_everything_once(place, how):
    carrier = Carrier(SimulatedFsm(), lose={place: how})
    entries = [entry(1), entry(2)]

    settled = await carrier.carry(*entries)

    assert [type(one) for one in settled.values()] == [Receipt, Receipt]
    assert carrier.fsm.posted() == once(*entries)


async def test_run_that_outlives_the_gateway_is_waited_for_and_posts_once():
    carrier = Carrier(SimulatedFsm(start_s=61, interface_s=200))

    settled = await carrier.carry(entry())

    assert [type(one) for one in settled.values()] == [Receipt]
    assert carrier.fsm.posted() == once(entry())


MENDED = {
    "account_unknown": ({"account": "49999"}, "accounts", {"accounts": [{"account": "49999"}]}),
    "unit_unknown": ({"unit": "WMT-XX"}, "masters", {"class": "AccountingUnit", "records": [{"code": "WMT-XX"}]}),
    "dimension_unknown": (
        {"dimensions": {"channel": "AMAZON"}},
        "masters",
        {"class": "FinanceDimension1", "records": [{"code": "AMAZON"}]},
    ),
}


@pytest.mark.parametrize("code", MENDED)
async def test_guilty_entry_is_held_the_innocent_goes_on_and_once_mended_both_are_posted_once(code):
    changes, verb, body = MENDED[code]
    carrier = Carrier(SimulatedFsm(dimensions="listed"), connect(dimensions={"channel": 1, "customer": 5}))
    carrier.fsm.simulator.control("masters", {"class": "FinanceDimension5", "records": [{"code": "WALMART-US"}]})
    good, bad = entry(1), entry(2, **changes)

    first = await carrier.carry(good, bad)

    assert isinstance(first[bad.key], HoldError)
    assert first[bad.key].code == code
    assert (carrier.fsm.posted(), carrier.fsm.state("staged")) == ({}, [])
    carrier.fsm.simulator.control(verb, body)
    again = Carrier(carrier.fsm, carrier.ledger)
    settled = await again.carry(good, bad, number=2)
    assert [type(one) for one in settled.values()] == [Receipt, Receipt]
    assert carrier.fsm.posted() == once(good, bad)


async def test_closed_period_is_held_and_posted_once_it_is_open():
    fsm = SimulatedFsm()
    fsm.simulator.control("periods", {"period": "2026-11", "open": False})

    first = await Carrier(fsm).carry(entry())

    assert first[entry().key].code == "period_closed"
    fsm.simulator.control("periods", {"period": "2026-11", "open": True})
    await Carrier(fsm).carry(entry(), number=2)
    assert fsm.posted() == once(entry())


async def test_entry_that_a_silent_run_posted_is_found_in_the_ledger_and_not_posted_again():
    fsm = SimulatedFsm()
    fsm.simulator.control("interface", {"fail": "silent"})
    carrier = Carrier(fsm, connect(interface_within="10m"), lose={1: "after"})

    settled = await carrier.carry(entry())

    assert [type(one) for one in settled.values()] == [Receipt]
    assert fsm.posted() == once(entry())


async def test_entry_of_which_somebody_posted_a_part_needs_a_person_and_the_others_go_on():
    fsm = SimulatedFsm()
    fsm.simulator.control("interface", {"fail": "partial", "rows": [2]})
    half, whole = entry(1), entry(2)

    settled = await Carrier(fsm).carry(half, whole)

    assert settled[half.key].attention.code == "partly_posted"
    assert settled[whole.key].attention is None
    assert fsm.state("staged") == []


async def test_run_that_ended_without_a_trace_is_not_started_again():
    fsm = SimulatedFsm()
    fsm.simulator.control("interface", {"fail": "crash"})

    with pytest.raises(AnswerLostError, match="shows no result"):
        await Carrier(fsm, connect(interface_within="2m")).carry(entry())

    assert [fact.count for fact in fsm.simulator.journal.facts("interface_run")] == [1]
    assert fsm.posted() == {}
