"""What `connections test` and `doctor` say of an ERP: what may be read, and what rules name that is not there."""

from __future__ import annotations

import pytest
from ionapi_files import CLOUD, written
from simulated import SimulatedFsm
from tiny_fsm import NOW, Carrier, connect

from crossdock import Secret
from crossdock.clock import ManualClock
from crossdock.testing import FakeReader
from crossdock_erp_ledger.infor.auth import ServiceAccount
from crossdock_erp_ledger.infor.fsm.checks import FsmJournals, FsmMasters, FsmPeriods
from crossdock_erp_ledger.infor.m3.checks import M3Masters
from crossdock_erp_ledger.infor.m3.connection import M3Connection
from crossdock_erp_ledger.journal.cutoff import CutoffMapper
from crossdock_erp_ledger.journal.mapper import JournalMapper
from ledger_entries import line, sale

pytestmark = pytest.mark.anyio


def journal(**changed):
    given = {
        "timezone": "America/New_York",
        "clearing": {"us": {"account": "11500", "unit": "WMT-US"}},
        "rules": [
            {"match": {"event": "sale"}, "account": "40100", "unit": "WMT-US", "dimensions": {"channel": "WALMART"}}
        ],
    }
    return JournalMapper.model_validate({**given, **changed})


def rule(**changed):
    return {"rules": [{"account": "40100", **changed}]}


async def findings(check, ledger, fsm, *components, now=NOW):
    found = await check.run(ledger, FakeReader(ledger, fsm, clock=ManualClock(now)), components)
    return [(one.verdict, one.message) for one in found], [one.fix for one in found if one.verdict != "pass"]


async def test_everything_that_rules_name_is_looked_up():
    found, fixes = await findings(FsmMasters(), connect(), SimulatedFsm(), journal())

    assert found == [
        ("pass", "accounting entity 10 is there"),
        ("pass", "account 11500 is there"),
        ("pass", "account 40100 is there"),
        ("pass", "accounting unit WMT-US is there"),
        ("pass", "FinanceDimension1 WALMART is there"),
    ]
    assert fixes == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (rule(account="49999"), "account 49999 is not in FSM"),
        (rule(account="49999-01"), "account 49999 is not in FSM"),
        (rule(unit="WMT-CA"), "accounting unit WMT-CA is not in FSM"),
        (rule(dimensions={"channel": "AMAZON"}), "FinanceDimension1 AMAZON is not in FSM"),
        (rule(dimensions={"shop": "7"}), "rules name the dimension shop, and the connection does not say which it is"),
        (rule(customer="WALMART-US"), "house customer WALMART-US is not in FSM"),
        ({"customers": {"us": "WALMART-US"}}, "house customer WALMART-US is not in FSM"),
        ({"suspense": "99999"}, "account 99999 is not in FSM"),
        ({"timezone": "UTC"}, "the mapper's days are those of UTC, the books' those of America/New_York"),
    ],
)
async def test_what_is_not_there_is_named_with_the_way_out(changed, message):
    found, fixes = await findings(FsmMasters(), connect(), SimulatedFsm(), journal(**changed))

    assert [text for verdict, text in found if verdict == "fail"] == [message]
    assert all(fixes)


async def test_inactive_account_is_told_from_a_missing_one():
    fsm = SimulatedFsm()
    fsm.simulator.control("accounts", {"accounts": [{"account": "40100", "active": False}]})

    found, (fix,) = await findings(FsmMasters(), connect(), fsm, journal())

    assert ("fail", "account 40100 is not active in FSM") in found
    assert fix == "activate it, or name another in the mapper"


async def test_account_of_deferred_revenue_is_looked_up_too():
    found, _ = await findings(FsmMasters(), connect(), SimulatedFsm(), CutoffMapper(deferred={"us": "23999"}))

    assert ("fail", "account 23999 is not in FSM") in found


async def test_house_customer_is_found_where_it_is():
    fsm = SimulatedFsm()
    fsm.simulator.control("customers", {"system": "fsm", "customers": [{"code": "WALMART-US"}]})

    found, _ = await findings(FsmMasters(), connect(), fsm, journal(customers={"us": "WALMART-US"}))

    assert ("pass", "house customer WALMART-US is there") in found


async def test_value_that_a_line_decides_is_not_looked_up():
    found, _ = await findings(FsmMasters(), connect(), SimulatedFsm(), journal(**rule(dimensions={"node": "{node}"})))

    assert {verdict for verdict, _ in found} == {"pass"}


async def test_class_that_is_not_listed_is_unknown():
    fsm = SimulatedFsm()
    found, fixes = await findings(
        FsmMasters(),
        connect(dimensions={"channel": 1}),
        Without(fsm, "CompanyCustomer"),
        journal(customers={"us": "WALMART-US"}),
    )

    assert [verdict for verdict, _ in found][-1] == "unknown"
    assert "WALMART-US" in fixes[0]


class Without:
    """A tenant that lacks a class."""

    def __init__(self, fsm, lacking):
        self._fsm, self._lacking, self.now = fsm, lacking, fsm.now

    def __call__(self, request):
        answer = self._fsm(request)
        if self._lacking in request.url.path:
            answer.status_code = 404
        return answer


async def test_close_period_of_today_is_there():
    (finding,), fixes = await findings(FsmPeriods(), connect(), SimulatedFsm())

    assert finding == ("pass", "the period that began on 2026-11-01 takes what happens today")
    assert fixes == []


async def test_year_without_periods_is_told():
    then = NOW.replace(year=2031)

    ((verdict, message),), (fix,) = await findings(FsmPeriods(), connect(), SimulatedFsm(), now=then)

    assert verdict == "fail"
    assert message.startswith("there is no close period for 2031-11-20")
    assert "create the periods" in fix


@pytest.mark.parametrize("auto_post", [True, False])
async def test_journals_that_are_interfaced_and_not_posted_are_told(auto_post):
    fsm = SimulatedFsm(auto_post=auto_post)
    lines = (line("11500", "70.97"), line("40100", "-70.97"))
    await Carrier(fsm).carry(sale(date="2026-11-18", lines=lines))

    ((verdict, message),), _ = await findings(FsmJournals(), connect(), fsm)

    assert (verdict, "interfaced and not posted" in message) == (("pass", False) if auto_post else ("unknown", True))


# ------------------------------------------------------------------------------------------------ connections test


async def report(ledger, fsm):
    return await ledger.test(FakeReader(ledger, fsm), frozenset())


async def test_connection_test_lists_what_rules_may_name():
    told = await report(connect(), SimulatedFsm())

    assert told.ok
    assert told.account == "tenant ACME_TST, enterprise group 1, entity 10"
    assert "40100 Sales, apparel" in told.choices["accounts"]
    assert "WMT-US" in told.choices["units"]


async def test_connection_test_names_what_is_missing():
    told = await report(connect(entity="99"), SimulatedFsm(forbidden=["GeneralLedgerTransaction"]))

    assert not told.ok
    assert "accounting entity 99; FSM has: 10, 20, 30, 40" in told.missing
    assert any(one.startswith("read GeneralLedgerTransaction") for one in told.missing)


# ---------------------------------------------------------------------------------------------------------------- M3


def m3(**changed):
    auth = ServiceAccount(ionapi=Secret.literal(written(CLOUD)))
    given = {"auth": auth, "company": 100, "division": "AAA", "local_currency": "USD", "timezone": "America/New_York"}
    return M3Connection.model_validate({**given, "dimensions": {"channel": 2, "unit": 3}, **changed})


async def test_house_customer_of_m3_is_looked_up():
    company = SimulatedFsm()
    company.simulator.control(
        "customers", {"customers": [{"CUNO": "WMTUS", "CUNM": "Walmart US"}, {"CUNO": "WMTCA", "STAT": "90"}]}
    )

    found, fixes = await findings(
        M3Masters(), m3(), company, journal(customers={"us": "WMTUS", "ca": "WMTCA", "mx": "WMTMX"})
    )

    assert found == [
        ("fail", "house customer WMTCA has status 90"),
        ("fail", "house customer WMTMX is not in M3"),
        ("pass", "house customer WMTUS is there"),
    ]
    assert all(fixes)


async def test_dimension_without_a_place_in_m3_is_told():
    found, _ = await findings(M3Masters(), m3(dimensions={}), SimulatedFsm(), journal())

    assert [message.split(",")[0] for _, message in found] == [
        "rules name the dimension channel",
        "rules name the dimension unit",
    ]


async def test_connection_test_of_m3_names_the_company():
    told = await report(m3(), SimulatedFsm())

    assert told.ok
    assert told.account == "tenant ACME_TST, company 100, division AAA"
