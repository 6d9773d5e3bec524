"""The suite that every plugin inherits, for both ledgers of Infor, against the simulated tenant."""

from __future__ import annotations

from datetime import date

from ionapi_files import CLOUD, written

from crossdock import Secret
from crossdock.testing import conformance
from crossdock_erp_ledger import plugin
from crossdock_erp_ledger.infor.auth import ServiceAccount
from crossdock_erp_ledger.infor.fsm.connection import FsmConnection
from crossdock_erp_ledger.infor.fsm.entries import FsmEntrySink
from crossdock_erp_ledger.infor.m3.connection import M3Connection
from crossdock_erp_ledger.infor.m3.entries import M3EntrySink
from crossdock_erp_ledger.simulator import InforSimulator
from ledger_entries import line, sale
from ledger_samples import MAPPERS


def entry(amount: str = "70.97"):
    lines = (line("11500", amount), line("40100", f"-{amount}", order_line="1", event="sale"))
    return sale(date=date(2026, 11, 2), customer=None, lines=lines)


def auth():
    return ServiceAccount(ionapi=Secret.literal(written(CLOUD)))


def fsm(base_url):
    return FsmConnection(
        base_url=base_url, auth=auth(), enterprise_group="1", entity="10", timezone="UTC", poll_every="1s"
    )


def m3(base_url):
    given = {"base_url": base_url, "auth": auth(), "company": 100, "division": "AAA", "local_currency": "USD"}
    return M3Connection.model_validate({**given, "timezone": "UTC", "poll_every": "1s"})


class TestFsm(conformance.Suite):
    subject = conformance.Subject(
        plugin=plugin,
        name="erp_ledger",
        connect=fsm,
        simulator=InforSimulator,
        mappers=MAPPERS,
        sinks=[conformance.SinkSample(FsmEntrySink(), entry(), revised=[entry("1.00")])],
    )


class TestM3(conformance.Suite):
    subject = conformance.Subject(
        plugin=plugin,
        name="erp_ledger",
        connect=m3,
        simulator=InforSimulator,
        mappers=MAPPERS,
        sinks=[conformance.SinkSample(M3EntrySink(), entry(), revised=[entry("1.00")])],
    )
