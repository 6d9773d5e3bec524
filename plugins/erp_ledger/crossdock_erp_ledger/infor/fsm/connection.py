"""One finance enterprise group of FSM, and how entries are written for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, StringConstraints

from crossdock import Duration, TestReport
from crossdock.http import Reader
from crossdock_erp_ledger.infor.connection import InforConnection
from crossdock_erp_ledger.infor.fsm.account import examine
from crossdock_erp_ledger.infor.fsm.api import FsmApi
from crossdock_erp_ledger.infor.fsm.reading import read_entries
from crossdock_erp_ledger.ledger import LedgerEntry

Word = Annotated[
    str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value), Field(min_length=1)
]
"""A code of FSM; YAML may read one of digits as a number."""
System = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2}$")]


class FsmConnection(InforConnection):
    """The ledger of one finance enterprise group in CloudSuite Financials."""

    name: ClassVar[str] = "infor_fsm"
    # Not every GET: those of `ldrest` are forms, which start the interface or delete what is staged.
    reads: ClassVar[tuple[str, ...]] = (
        "GET /*/FSM/fsm/soap/classes/*/lists/*",
        "GET /*/FSM/fsm/soap/classes/*/actions/Find",
    )

    timeout: Duration = timedelta(seconds=75)  # the gateway itself gives up after 60 s
    enterprise_group: Word
    """The finance enterprise group. Effects belong to it."""
    entity: Word
    """The accounting entity that everything is posted to."""
    system: System = "GL"
    """The two letters of the source system; it must exist in FSM."""
    event: Word = "JE"
    """The general ledger event."""
    journal_code: Word | None = None
    """Groups lines into journals, where the tenant asks for that."""
    ledger: Word | None = None
    """By default the primary ledger."""
    dimensions: Mapping[str, Annotated[int, Field(ge=1, le=10)]] = Field(default_factory=dict)
    """Which finance dimension the dimensions of an entry become: {channel: 1}; `customer` is its customer."""
    split_by_journal_code: bool = False
    """One journal for each journal code."""
    interface_within: Duration = timedelta(minutes=15)
    """How long an interface run may take at most, also after its answer was lost: nothing is sent again before."""
    poll_every: Duration = timedelta(seconds=5)
    """How often an interface run is asked for its result."""

    @property
    def identity(self) -> str:
        """Plugin, host, tenant and enterprise group; never of the keys."""
        return f"erp_ledger.infor_fsm:{self.host}:{self.tenant}:{self.enterprise_group}"

    async def read_entries(self, http: Reader, first: date, last: date) -> Sequence[LedgerEntry]:
        """What FSM holds of ours, by posting date; journals count from when they are interfaced.

        Raises: TransientError, CredentialsError, RejectedError.
        """
        return await read_entries(FsmApi(http, self.tenant), self.entity, self.dimensions, first, last)

    async def test(self, http: Reader, used: frozenset[str]) -> TestReport:
        """Ask for what posting reads, and list what rules may name. Raises: CredentialsError, TransientError."""
        return await examine(self, FsmApi(http, self.tenant))

    async def knock(self, http: Reader) -> None:
        """Read one accounting entity."""
        await FsmApi(http, self.tenant).some_of("AccountingEntity", 1)
