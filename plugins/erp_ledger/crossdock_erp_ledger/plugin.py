"""What the ledger plugin offers to crossdock."""

from __future__ import annotations

from typing import Any

import click

from crossdock import AuthProvider, Check, Connection, Mapper, Sink, Source, hookimpl
from crossdock_erp_ledger.books.checks import BooksAccounts, BooksWhole, BooksWritable
from crossdock_erp_ledger.books.connection import BooksConnection
from crossdock_erp_ledger.books.entries import BooksEntrySink
from crossdock_erp_ledger.infor.auth import ClientCredentials, ServiceAccount
from crossdock_erp_ledger.infor.fsm.checks import FsmJournals, FsmMasters, FsmPeriods
from crossdock_erp_ledger.infor.fsm.connection import FsmConnection
from crossdock_erp_ledger.infor.fsm.entries import FsmEntrySink
from crossdock_erp_ledger.infor.m3.checks import M3Masters
from crossdock_erp_ledger.infor.m3.connection import M3Connection
from crossdock_erp_ledger.infor.m3.customer_sink import M3CustomerSink
from crossdock_erp_ledger.infor.m3.customers import M3CustomerSource
from crossdock_erp_ledger.infor.m3.entries import M3EntrySink
from crossdock_erp_ledger.journal.cutoff import CutoffMapper
from crossdock_erp_ledger.journal.mapper import JournalMapper


@hookimpl
def register_connections() -> list[type[Connection]]:
    """Plain-text books, an enterprise group of Infor FSM, a company of Infor M3."""
    return [BooksConnection, FsmConnection, M3Connection]


@hookimpl
def register_auth_providers() -> list[type[AuthProvider]]:
    """Apps of an Infor tenant, by their `.ionapi` file."""
    return [ServiceAccount, ClientCredentials]


@hookimpl
def register_sources() -> list[type[Source[Any, Any]]]:
    """House customers of M3."""
    return [M3CustomerSource]


@hookimpl
def register_mappers() -> list[type[Mapper[Any, Any]]]:
    """What channels say, as journal entries."""
    return [JournalMapper, CutoffMapper]


@hookimpl
def register_sinks() -> list[type[Sink[Any, Any]]]:
    """Journal entries in plain-text books, in FSM and in M3; house customers in M3."""
    return [BooksEntrySink, FsmEntrySink, M3EntrySink, M3CustomerSink]


@hookimpl
def register_checks() -> list[type[Check]]:
    """Whether books are whole, can be written, and whether ledgers know what rules name."""
    return [BooksWhole, BooksWritable, BooksAccounts, FsmMasters, FsmPeriods, FsmJournals, M3Masters]


@hookimpl
def register_simulators() -> list[Any]:
    """Infor on loopback; needs the extra `simulator`."""
    from crossdock_erp_ledger.simulator import InforSimulator

    return [InforSimulator]


@hookimpl
def register_commands() -> list[click.Command]:
    """`crossdock ledger`."""
    from crossdock_erp_ledger.report.command import ledger

    return [ledger]
