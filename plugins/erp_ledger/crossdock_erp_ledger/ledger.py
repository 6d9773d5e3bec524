"""What all ledgers have in common, whoever keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from crossdock import Connection, PluginError, TimeZone
from crossdock.canonical import Money
from crossdock.http import Reader


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line as a ledger holds it: debits positive, in major units."""

    account: str
    amount: Money
    unit: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry as a ledger holds it. `key` is what we called it when it was posted (a total's name, of a total)."""

    key: str
    date: date
    lines: Sequence[LedgerLine]
    reference: str | None = None


class LedgerConnection(Connection):
    """A ledger: the zone in which its days begin, and how far its books are closed."""

    timezone: TimeZone
    """The books' own: an instant belongs to the day that it is there."""
    closed_through: date | None = None
    """The last day of the last closed period; nothing is posted on or before it."""

    async def read_entries(self, http: Reader, first: date, last: date) -> Sequence[LedgerEntry]:
        """What the ledger holds of ours from `first` to `last`, by the days it is posted on: for the close report.

        It reads only, and what it does not understand it does not leave out: it raises.
        Raises: PluginError where this ledger cannot be read back; TransientError, CredentialsError, RejectedError.
        """
        raise PluginError(f"a ledger of {self.name} cannot be read back", code="no_read_back")

    @classmethod
    def can_read_entries(cls) -> bool:
        """Whether the ledger can be read back."""
        return cls.read_entries is not LedgerConnection.read_entries
