"""The suite that every plugin inherits, for both ledgers of Infor, against the simulated tenant."""

from __future__ import annotations

from datetime import date

from ionapi_files import CLOUD, written

from crossdock import Known, Secret
from crossdock.testing import conformance
from crossdock_erp_ledger import plugin
from crossdock_erp_ledger.infor.auth import ServiceAccount
from crossdock_erp_ledger.infor.fsm.connection import FsmConnection
from crossdock_erp_ledger.infor.fsm.entries import FsmEntrySink
from crossdock_erp_ledger.infor.m3.connection import M3Connection
from crossdock_erp_ledger.infor.m3.customer_fields import to_customer
from crossdock_erp_ledger.infor.m3.customer_sink import M3CustomerSink, Seen
from crossdock_erp_ledger.infor.m3.customers import M3CustomerSource
from crossdock_erp_ledger.infor.m3.entries import M3EntrySink
from crossdock_erp_ledger.simulator import InforSimulator
from ledger_entries import line, sale
from ledger_samples import MAPPERS

HOUSE = {"CUNO": "WMTUS", "CUNM": "Walmart US", "CUA1": "1 Road"}


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
        sources=[
            conformance.SourceSample(
                M3CustomerSource(customers=("WMT*",)),
                raws=[{"CUNO": "WMTUS", "CUNM": "Walmart US", "CUA1": "1 Road", "CSCD": "US", "LMDT": "20261102"}],
                arrange=lambda simulator: simulator.control("customers", {"customers": [HOUSE]}),
            )
        ],
        sinks=[
            conformance.SinkSample(M3EntrySink(), entry(), revised=[entry("1.00")]),
            conformance.SinkSample(
                M3CustomerSink(template="HOUSE"),
                to_customer(HOUSE),
                revised=[to_customer({**HOUSE, "CUNM": "Walmart USA"})],
                known=Known(observed=Seen(None, "", "2026-11-02T00:00:00+00:00")),
            ),
        ],
    )
