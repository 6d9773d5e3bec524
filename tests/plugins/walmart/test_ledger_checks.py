"""What doctor says where a ledger lives on this account."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from crossdock_walmart.ledger_checks import LedgerSettings, SettlementReports
from crossdock_walmart.orders import OrderSource
from crossdock_walmart.settlements import SettlementSource
from crossdock_walmart.unshipped import UnshippedSource

pytestmark = pytest.mark.anyio
SINCE = datetime(2026, 10, 1, tzinfo=UTC)
SETTLEMENTS = SettlementSource(since="2026-10-01")


@pytest.fixture
def found(kit):
    async def run(check, components, *dates):
        reader = kit.reader(lambda request: kit.answer({"availableApReportDates": list(dates)}))
        findings = await check.run(kit.connection(), reader, components)
        return [(finding.verdict, finding.message) for finding in findings], reader

    return run


def unshipped(zone="America/New_York", amounts="line"):
    return UnshippedSource(timezone=zone, since=SINCE, charge_amounts=amounts)


async def test_newest_report_is_named(found):
    (finding,), _ = await found(SettlementReports(), [SETTLEMENTS], "09152026", "10272026", "Q3")

    assert finding == ("pass", "the newest settlement report is of 2026-10-27; there are 2")


async def test_reports_that_stopped_coming_are_a_fault(found):
    (finding,), _ = await found(SettlementReports(), [SETTLEMENTS], "09152026")

    assert finding[0] == "fail"
    assert "of 2026-09-15" in finding[1]


async def test_no_report_yet_is_no_fault(found):
    (finding,), _ = await found(SettlementReports(), [SETTLEMENTS])

    assert finding[0] == "unknown"


async def test_reports_that_nobody_reads_are_not_asked_for(found):
    findings, reader = await found(SettlementReports(), [OrderSource(since=SINCE)], "09152026")

    assert (findings, reader.requests) == ([], [])


async def test_settings_that_agree_pass(found):
    mapper = SimpleNamespace(timezone="America/New_York")
    findings, _ = await found(LedgerSettings(), [OrderSource(since=SINCE), unshipped(), mapper, object()])

    assert findings == [("pass", "months end in America/New_York, and charges are per line")]


async def test_amounts_of_two_kinds_and_months_of_two_zones_are_faults(found):
    mapper = SimpleNamespace(timezone="UTC")
    findings, _ = await found(LedgerSettings(), [OrderSource(since=SINCE), unshipped(amounts="unit"), mapper])

    assert [verdict for verdict, _ in findings] == ["fail", "fail"]
    assert "America/New_York, UTC" in findings[1][1]


async def test_without_months_there_is_nothing_to_compare(found):
    assert (await found(LedgerSettings(), [OrderSource(since=SINCE)]))[0] == []
