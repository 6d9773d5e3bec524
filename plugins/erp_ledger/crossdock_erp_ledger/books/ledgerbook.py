"""One company's books: what is in them, and what is added."""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from crossdock_erp_ledger.books.booked import Booked
from crossdock_erp_ledger.books.chart import Account
from crossdock_erp_ledger.books.folder import BooksFolder
from crossdock_erp_ledger.books.format import OWN, Balances, Contents, Format
from crossdock_erp_ledger.books.shelf import Shelf, sequence

_ACCOUNT = re.compile(r"[A-Z][A-Za-z0-9-]*(?::[A-Z0-9][A-Za-z0-9-]*)+")


class Changed(Exception):  # noqa: N818  (it says what happened)
    """Somebody else changed, cut or removed what crossdock wrote, or put something of that name there."""

    def __init__(self, files: Sequence[str]) -> None:
        super().__init__(", ".join(files))
        self.files = tuple(files)


class LedgerBook:
    """The books in a folder, in one format or several that say the same."""

    def __init__(
        self,
        folder: BooksFolder,
        book: str,
        forms: Sequence[Format],
        chart: Mapping[str, Account],
        closed_through: date | None,
    ) -> None:
        self._folder = folder
        self._book = book
        self._chart = chart
        self._closed_through = closed_through
        self.shelves = tuple(Shelf(folder, form) for form in forms)

    @property
    def fullest(self) -> Shelf:
        """The format that is read: the first, unless it was added to the settings since the last entry."""
        return max(self.shelves, key=lambda shelf: len(shelf.places))

    def refresh(self) -> None:
        """Look at what changed since, by other processes too. Raises: Unreadable, OtherBooks."""
        stamps = self._folder.stamps()
        for shelf in self.shelves:
            shelf.refresh(stamps)

    # ------------------------------------------------------------------------------------------------ as we left it

    def changed(self, *, thoroughly: bool = False) -> list[str]:
        """Files that are not as we left them, and strange ones that bear names of ours."""
        stamps = {name: stamp for name, stamp in self._folder.stamps().items() if not self._is_generated(name)}
        touched = [
            name for name, one in stamps.items() if not self._folder.is_as_left(name, one, thoroughly=thoroughly)
        ]
        known = self._folder.stamps()
        strange = [name for name in self._folder.names() if self._is_ours(name) and name not in known]
        return sorted({*touched, *strange})

    def check_unchanged(self) -> None:
        """Go on only with books that nobody else wrote in. Raises: Changed, Unreadable."""
        files = self.changed()
        if files and self._folder.is_accepted:
            names = [name for name in self._folder.names() if self._is_ours(name)]
            for shelf in self.shelves:
                for _ in shelf.entries(name for name in names if shelf.is_part(name)):
                    pass  # each must be readable
            self._folder.accept(names)
            files = []
        if files:
            raise Changed(files)

    def _is_ours(self, name: str) -> bool:
        closing = name.startswith("closed-") and name.endswith(tuple(shelf.form.suffix for shelf in self.shelves))
        return closing or self._is_generated(name) or any(shelf.is_part(name) for shelf in self.shelves)

    def _is_generated(self, name: str) -> bool:
        return any(name in (f"main{one.form.suffix}", f"accounts{one.form.suffix}") for one in self.shelves)

    # ------------------------------------------------------------------------------------------------ what is there

    def find(self, key: str) -> Booked | None:
        """The entry of that name, or the total that it was posted in."""
        return self.fullest.find(key)

    # ------------------------------------------------------------------------------------------------ what is added

    def add(self, entries: Sequence[Booked]) -> None:
        """Add entries, all or none, to every format; and bring what follows from the settings up to date.

        Raises: OSError; nothing was done then, unless what counts was replaced already.
        """
        changed: dict[str, bytearray] = {}
        for shelf in self.shelves:
            for period, some in _by_period([*self._lacking(shelf), *entries]).items():
                shelf.add(period, some, changed)
        gone: set[str] = set()
        for shelf in self.shelves:
            gone |= self._follow(shelf, changed)
        if changed or gone:
            self._folder.commit(changed, frozenset(gone))

    def _lacking(self, shelf: Shelf) -> list[Booked]:
        """What another format has and this one has not: it was added to the settings, or was away for a while."""
        fullest = self.fullest
        if shelf is fullest or len(shelf.places) == len(fullest.places):
            return []
        return [one for one in fullest.entries(fullest.parts()) if one.posting.key not in shelf.places]

    def _follow(self, shelf: Shelf, changed: dict[str, bytearray]) -> set[str]:
        """The files that follow from settings and entries; those that are to go."""
        suffix = shelf.form.suffix
        parts = sorted({*shelf.parts(), *(name for name in changed if shelf.is_part(name))}, key=sequence)
        own = self._folder.read(f"{OWN}{suffix}")
        closings, gone = self._closings(shelf, own.decode(errors="replace"))
        contents = Contents(self._book, parts, sorted(closings), bool(own))
        wanted = {
            **closings,
            f"accounts{suffix}": shelf.form.accounts(self._chart),
            f"main{suffix}": shelf.form.main(contents, self._chart),
        }
        for name, text in wanted.items():
            if self._folder.read(name) != text.encode():
                changed[name] = bytearray(text.encode())
        return gone

    def _closings(self, shelf: Shelf, own: str) -> tuple[dict[str, str], set[str]]:
        """What the accounts come to at the end of each closed period; and files of periods that are open again."""
        unsure = frozenset(_ACCOUNT.findall(own))
        wanted: dict[str, str] = {}
        balances: Balances = {}
        for period in sorted({name[:7] for name in shelf.parts()}):
            last_day = _last_day(period)
            if self._closed_through is None or last_day > self._closed_through:
                break
            name = f"closed-{period}{shelf.form.suffix}"
            written = self._folder.read(name).decode()
            balances = shelf.form.balances(written) if written else _added(balances, shelf, period)
            wanted[name] = shelf.form.closing(last_day, balances, unsure)
        known = [one for one in self._folder.stamps() if one.startswith("closed-") and one.endswith(shelf.form.suffix)]
        return wanted, set(known) - set(wanted)


def _added(balances: Balances, shelf: Shelf, period: str) -> Balances:
    total: dict[tuple[str, str], Decimal] = defaultdict(Decimal, balances)
    for booked in shelf.entries(shelf.parts_of(period)):
        for line in booked.posting.entry.lines:
            total[line.account, line.amount.currency] += line.amount.amount
    return dict(total)


def _by_period(entries: Iterable[Booked]) -> dict[str, list[Booked]]:
    found: dict[str, list[Booked]] = {}
    for booked in entries:
        found.setdefault(booked.period, []).append(booked)
    return found


def _last_day(period: str) -> date:
    year, month = int(period[:4]), int(period[5:])
    return date(year, month, calendar.monthrange(year, month)[1])
