"""Batches of M3 against the simulated company: failures inside answers of 200, lost answers, each entry once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from ionapi_files import CLOUD, written
from simulated import SimulatedFsm
from tiny_fsm import Carrier

from crossdock import Absent, CannotTell, Conflict, CredentialsError, Done, HoldError, Receipt, Secret
from crossdock.errors import AnswerLostError
from crossdock.http import Response
from crossdock_erp_ledger.infor.auth import ServiceAccount
from crossdock_erp_ledger.infor.m3.connection import M3Connection
from crossdock_erp_ledger.infor.m3.entries import M3EntrySink
from ledger_entries import line, many_entries, sale

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


def connect(**changed):
    auth = ServiceAccount(ionapi=Secret.literal(written(CLOUD)))
    given = {"auth": auth, "company": 100, "division": "AAA", "local_currency": "USD", "timezone": "America/New_York"}
    return M3Connection.model_validate({**given, "dimensions": {"channel": 2, "unit": 3, "customer": 7}, **changed})


def company(**changed):
    return SimulatedFsm(**{"dimensions": "any", **changed})


def carry(m3, **options):
    ledger = options.pop("ledger", None) or connect()
    return Carrier(m3, ledger, sink=M3EntrySink(), **options)


def entry(number=1, account="40100", day=date(2026, 11, 2), **more):
    """A sale that the simulated chart takes."""
    lines = (line("11500", "70.97"), line(account, "-70.97", order_line="1", event="sale", **more))
    return sale(f"10880000000{number:04}", date=day, lines=lines)


def vouchers(m3):
    """The lines in M3's ledger."""
    return m3.state("vouchers")


def kinds(settled):
    return [type(one) for one in settled.values()]


# --------------------------------------------------------------------------------------------------- the usual course


@pytest.mark.parametrize(
    "settings", [{}, {"m3_booleans": "text"}, {"line_checks": False}, {"keep_batches": False}, {"interface_s": 300}]
)
async def test_entries_are_posted_once_whatever_the_company_is_like(settings):
    carrier = carry(company(**settings))

    settled = await carrier.carry(entry(1), entry(2), entry(3, day=date(2026, 11, 3)))

    assert kinds(settled) == [Receipt] * 3
    assert len(vouchers(carrier.fsm)) == 6


async def test_requests_are_few():
    carrier = carry(company(interface_s=0))

    await carrier.carry(*[entry(number) for number in range(100)])

    assert carrier.fsm.asked == ["execute", "execute", "execute", "execute", "LstVouchersByDt"]


async def test_line_bears_account_dimensions_amount_and_text():
    carrier = carry(company())
    await carrier.carry(entry(dimensions={"channel": "walmart"}, unit="100"))

    debit, credit = sorted(vouchers(carrier.fsm), key=lambda one: one["JSNO"])
    assert {name: debit[name] for name in ("AIT1", "CUCD", "CUAM", "ACAM", "DBCR", "ACDT")} == {
        "AIT1": "11500", "CUCD": "USD", "CUAM": "70.97", "ACAM": "70.97", "DBCR": "D", "ACDT": "20261102",
    }  # fmt: skip
    assert {name: credit[name] for name in ("AIT1", "AIT2", "AIT3", "AIT7", "CUAM", "DBCR")} == {
        "AIT1": "40100", "AIT2": "walmart", "AIT3": "100", "AIT7": "WALMART-US", "CUAM": "-70.97", "DBCR": "C",
    }  # fmt: skip
    assert credit["VTXT"][15:] == " 108800000000001 SALE"


async def test_each_entry_is_a_batch_of_its_own_and_known_by_it():
    carrier = carry(company())

    settled = await carrier.carry(entry(1), entry(2))

    keys = {one.identifiers["batch_key"] for one in settled.values()}
    assert len(keys) == 2
    assert {one["VTXT"][:15] for one in vouchers(carrier.fsm)} == keys
    assert all(len(key) == 15 for key in keys)


@pytest.mark.parametrize("changed", [{"signed_amounts": False}, {"decimal_comma": True}])
async def test_amounts_are_written_as_the_template_wants_them(changed):
    carrier = carry(company(**changed), ledger=connect(**changed))

    settled = await carrier.carry(entry())

    assert kinds(settled) == [Receipt]


async def test_other_currency_bears_a_rate_where_one_is_set():
    lines = (line("11500", "10.00", "CAD"), line("40100", "-10.00", "CAD"))
    foreign = sale(date="2026-11-02", lines=lines)

    without = await carry(company()).carry(foreign)
    settled = await carry(company(), ledger=connect(exchange_rates={"CAD": "0.75"}, dimensions={"customer": 7})).carry(
        foreign
    )

    assert [one.code for one in without.values()] == ["currency_unknown"]
    assert kinds(settled) == [Receipt]


async def test_totals_are_one_batch_and_settle_each_member():
    carrier = carry(company())
    entries = [entry(number).model_copy(update={"total": "wmt:us:2026-11-02:USD"}) for number in range(3)]

    settled = await carrier.carry(*entries)

    assert kinds(settled) == [Receipt] * 3
    assert sorted(one["CUAM"] for one in vouchers(carrier.fsm)) == ["-212.91", "212.91"]
    assert len({one.identifiers["total"] for one in settled.values()}) == 1


@settings(max_examples=20, deadline=None)
@given(entries=many_entries(4))
async def test_key_is_the_same_for_the_same_entry_and_another_for_any_other(entries):
    ledger = connect(dimensions={"channel": 2, "node": 3, "unit": 4, "customer": 7})
    first, again = (carry(company(), ledger=ledger) for _ in range(2))

    keys = [[*first.bundle(first.plan(one)).memo["lines"]] for one in entries]
    others = [[*again.bundle(again.plan(one), number=7).memo["lines"]] for one in entries]

    assert keys == others
    assert len({key for (key,) in keys}) == len(entries)


# ------------------------------------------------------------------------------------------------------- refused


CHANGES = {
    "account_unknown": {"account": "49999"},
    "dimension_unknown": {"dimensions": {"channel": "AMAZON"}},
}


@pytest.mark.parametrize("line_checks", [True, False])
@pytest.mark.parametrize("code", CHANGES)
async def test_refused_entry_is_held_alone_and_the_others_are_posted(code, line_checks):
    carrier = carry(company(dimensions="listed", line_checks=line_checks), ledger=connect(dimensions={"channel": 2}))
    good, bad, other = entry(1), entry(2, **CHANGES[code]), entry(3)

    settled = await carrier.carry(good, bad, other)

    assert kinds(settled) == [Receipt, HoldError, Receipt]
    assert settled[bad.key].code == code
    assert "GLS840" in settled[bad.key].fix
    assert len(vouchers(carrier.fsm)) == 4


async def test_refused_batch_is_taken_up_again_once_the_account_is_there():
    m3 = company()
    bad = entry(2, account="49999")
    first = await carry(m3).carry(bad)
    m3.simulator.control("accounts", {"accounts": [{"account": "49999"}]})

    settled = await carry(m3).carry(bad, number=2)

    assert isinstance(first[bad.key], HoldError)
    assert kinds(settled) == [Receipt]
    assert len(m3.state("batches")) == 1
    assert len(vouchers(m3)) == 2


async def test_closed_period_is_held_and_posted_once_it_is_open():
    m3 = company()
    m3.simulator.control("periods", {"period": "2026-11", "open": False})
    first = await carry(m3).carry(entry())
    m3.simulator.control("periods", {"period": "2026-11", "open": True})

    settled = await carry(m3).carry(entry(), number=2)

    assert first[entry().key].code == "period_closed"
    assert kinds(settled) == [Receipt]
    assert len(vouchers(m3)) == 2


async def test_field_that_is_too_long_is_named():
    settled = await carry(company()).carry(entry(account="A" * 11))

    (held,) = settled.values()
    assert held.code == "entry_refused"
    assert held.fix.startswith("AIT1 is too long")


async def test_missing_right_pauses_the_connection():
    with pytest.raises(CredentialsError, match="GLS840MI"):
        await carry(company(forbidden=["GLS840MI"])).carry(entry())


async def test_bulk_that_stops_at_its_first_failure_goes_on_with_the_rest():
    carrier = carry(company(bulk_stops=True))

    settled = await carrier.carry(entry(1), entry(2, account="49999"), entry(3))

    assert kinds(settled) == [Receipt, HoldError, Receipt]


def test_dimension_that_the_connection_does_not_name_is_held():
    with pytest.raises(HoldError, match="dimension channel"):
        carry(company(), ledger=connect(dimensions={"customer": 7})).plan(entry(dimensions={"channel": "x"}))


# ---------------------------------------------------------------------------------------------------------- lost


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("place", range(5))
async def test_answer_lost_anywhere_posts_everything_once(place, how):
    carrier = carry(company(), lose={place: how})

    settled = await carrier.carry(entry(1), entry(2))

    assert kinds(settled) == [Receipt] * 2
    assert len(vouchers(carrier.fsm)) == 4


async def test_job_that_outlives_the_gateway_is_waited_for_and_posts_once():
    carrier = carry(company(start_s=61, interface_s=200))

    settled = await carrier.carry(entry())

    assert kinds(settled) == [Receipt]
    assert len(vouchers(carrier.fsm)) == 2


async def test_update_whose_answer_cannot_be_read_is_looked_for_and_not_repeated():
    class Garbled(SimulatedFsm):
        def __call__(self, request):
            answer = super().__call__(request)
            if b"UpdBatch" in request.content:
                return Response(200, content=b"<html>", headers=answer.headers, request=request)
            return answer

    m3 = Garbled(dimensions="any")

    settled = await carry(m3).carry(entry())

    assert kinds(settled) == [Receipt]
    assert [fact.count for fact in m3.simulator.journal.facts("batch_update")] == [1]


async def test_job_that_fails_is_told_and_not_started_again():
    m3 = company()
    m3.simulator.control("interface", {"fail": "crash"})
    carrier = carry(m3, ledger=connect(update_within="2m"))

    with pytest.raises(AnswerLostError, match="does not show batch XD"):
        await carrier.carry(entry())

    assert [fact.count for fact in m3.simulator.journal.facts("batch_update")] == [1]
    (effect,) = [carrier.bundle(carrier.plan(entry()))]
    look = await carrier.sink.probe(replace(effect, lost=carrier.sent[-1]))
    assert isinstance(look, CannotTell)
    assert carrier.sink.settles_after == timedelta(minutes=3, seconds=20)


# --------------------------------------------------------------------------------------------------- looking first


async def test_entry_in_the_ledger_is_found_and_another_is_absent():
    carrier = carry(company())
    await carrier.carry(entry(1))
    carrier.fsm.pass_time(60)
    there, missing = carrier.plan(entry(1), entry(2))

    found = await carrier.sink.probe(there)

    assert isinstance(found, Done)
    assert found.receipt.id == entry(1).key
    assert await carrier.sink.probe(missing) == Absent()


async def test_entries_of_one_day_are_looked_for_in_one_list():
    carrier = carry(company())
    effects = carrier.plan(*[entry(number) for number in range(50)])
    carrier.fsm.asked.clear()

    assert [await carrier.sink.probe(effect) for effect in effects] == [Absent()] * 50
    assert carrier.fsm.asked == ["LstVouchersByDt"]


async def test_batch_of_other_amounts_is_a_conflict():
    carrier = carry(company())
    await carrier.carry(entry(1))
    (tenant,) = carrier.fsm.simulator.tenants("ACME_TST")
    next(iter(tenant.vouchers.seen()))["CUAM"] = "1.00"
    (effect,) = carrier.plan(entry(1))

    assert isinstance(await carrier.sink.probe(effect), Conflict)


async def test_entry_that_was_posted_to_other_accounts_is_a_conflict_and_not_absent():
    carrier = carry(company())
    await carrier.carry(entry(1))
    carrier.fsm.pass_time(60)
    (effect,) = carrier.plan(entry(1, account="40200"))

    assert isinstance(await carrier.sink.probe(effect), Conflict)


@pytest.mark.parametrize("before", [None, "2026-11-30"])
async def test_entry_that_was_posted_on_an_earlier_day_is_found(before):
    carrier = carry(company(), ledger=connect(closed_through=before))
    settled = await carrier.carry(entry(1))
    carrier.fsm.pass_time(60)
    later = carry(carrier.fsm, ledger=connect(closed_through="2027-01-31"))
    (effect,) = later.plan(entry(1))

    found = await later.sink.probe(effect)

    assert isinstance(found, Done)
    assert found.receipt.identifiers["batch_key"] == settled[entry(1).key].identifiers["batch_key"]


async def test_entry_of_a_total_cannot_be_looked_for():
    carrier = carry(company())
    (effect,) = carrier.plan(entry().model_copy(update={"total": "wmt:us:2026-11-02:USD"}))

    assert (await carrier.sink.probe(effect)).ever is True


def test_company_is_the_account_and_the_tenant_is_shared():
    one, other = connect(), connect(company=200)

    assert one.identity == "erp_ledger.infor_m3:mingle-ionapi.example.test:ACME_TST:100"
    assert one.identity != other.identity
    assert one.meter == other.meter
