"""One company of M3, and how entries are written for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from crossdock import Duration, TestReport
from crossdock.http import Reader
from crossdock_erp_ledger.infor.connection import InforConnection
from crossdock_erp_ledger.infor.m3.api import M3Api
from crossdock_erp_ledger.infor.m3.reading import read_entries
from crossdock_erp_ledger.ledger import LedgerEntry

_LONG_AGO = date(1999, 12, 31)
_NOTE = (
    "the right to GLS840MI, and whether template and accounts are there, shows with the first batch: M3 has no call "
    "that only asks"
)
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class M3Connection(InforConnection):
    """The ledger of one company in M3, written through journal batches (GLS840)."""

    name: ClassVar[str] = "infor_m3"
    reads: ClassVar[tuple[str, ...]] = tuple(
        f"GET /*/M3/m3api-rest/v2/execute/*/{reading}*" for reading in ("Lst", "Get", "Search")
    )

    timeout: Duration = timedelta(seconds=75)  # the gateway itself gives up after 60 s
    company: Annotated[int, Field(ge=1, le=999)]
    """CONO. Effects belong to it."""
    division: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{0,3}$")] = ""
    """DIVI, where divisions are used."""
    local_currency: Currency
    """The division's own. Entries in it say their local amount; others leave it to M3's rates."""
    exchange_rates: Mapping[Currency, Annotated[Decimal, Field(gt=0)]] = Field(default_factory=dict)
    """ARAT of lines in these currencies, where M3 is not to take its own rate."""
    template: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,15}$")] = "XDWMT"
    """INTN: the template in GLS850, of usage type 2 (fields)."""
    record_identity: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,2}$")] = "I1"
    """INRI: the template's record id."""
    dimensions: Mapping[str, Annotated[int, Field(ge=2, le=7)]] = Field(default_factory=dict)
    """Which AIT the dimensions of an entry become: {channel: 2}; `unit` is its unit, `customer` its customer."""
    signed_amounts: bool = True
    """Credits are negative, beside the code C; else amounts have no sign, as the template may want it."""
    decimal_comma: bool = False
    """Whether the settings of the service account's user want a comma."""
    update_within: Duration = timedelta(minutes=15)
    """How long the job may take that takes batches into the ledger: nothing is sent again before."""
    poll_every: Duration = timedelta(seconds=5)
    """How often the ledger is asked for what a job takes into it."""

    @property
    def identity(self) -> str:
        """Plugin, host, tenant and company; never of the keys."""
        return f"erp_ledger.infor_m3:{self.host}:{self.tenant}:{self.company}"

    def api(self, http: Reader) -> M3Api:
        """Its MI programs."""
        return M3Api(http, self.tenant, self.company, self.division)

    async def read_entries(self, http: Reader, first: date, last: date) -> Sequence[LedgerEntry]:
        """What M3 holds of ours, by accounting date; a day is one list.

        Raises: TransientError, CredentialsError, RejectedError.
        """
        return await read_entries(self.api(http), self.dimensions, first, last)

    async def test(self, http: Reader, used: frozenset[str]) -> TestReport:
        """Ask for what posting reads. Raises: CredentialsError, RejectedError, TransientError."""
        await self.knock(http)
        account = f"tenant {self.tenant}, company {self.company}, division {self.division or 'none'}"
        return TestReport(account, granted=("GLS200MI LstVouchersByDt",), notes=(_NOTE,))

    async def knock(self, http: Reader) -> None:
        """Read the voucher lines of a day that has none."""
        await self.api(http).lines_on(_LONG_AGO)
