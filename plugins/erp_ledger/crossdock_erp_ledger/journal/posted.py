"""What is posted already, as the links of a record say it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from crossdock import HoldError, Link
from crossdock_erp_ledger.journal.amounts import FACILITATOR_TAX, NOTHING, Part
from crossdock_erp_ledger.journal.keys import REFUND, SALE, SETTLEMENT, EntryKey
from crossdock_erp_ledger.journal.rules import Target

CLEARING = "clearing"
EXCESS = "excess"
WHOLE = "*"
ROUNDING = "rounding"
POST = "post"
SHIPPING = "shipping"


@dataclass(frozen=True)
class PostedRow:
    """One line of an entry. Units: major units, debits positive."""

    part: Part
    target: Target
    amount: Decimal
    quantity: Decimal = NOTHING
    sku: str | None = None
    basis: Mapping[str, str] = field(default_factory=dict)
    day: date | None = None


Standing = tuple[EntryKey, tuple[PostedRow, ...]]
"""An entry, and what it says of one line."""


@dataclass(frozen=True)
class PostedEntry:
    """One entry, by the lines of its order."""

    key: EntryKey
    rows: Mapping[str, tuple[PostedRow, ...]]


@dataclass(frozen=True)
class PostedLine:
    """What entries of some kind say of one line of one order."""

    number: str
    entries: tuple[Standing, ...]

    def __bool__(self) -> bool:
        return bool(self.entries)

    @property
    def version(self) -> int:
        """The newest version; 0 where nothing was posted."""
        return max((key.version for key, _ in self.entries), default=0)

    @property
    def current(self) -> tuple[Standing, ...]:
        """The entries of the newest version, and what undoes any of them."""
        return tuple((key, rows) for key, rows in self.entries if key.version == self.version)

    @property
    def units(self) -> Decimal:
        """How many units are posted, less those taken back."""
        return sum((row.quantity for _, row in self._rows()), NOTHING)

    @property
    def basis(self) -> Mapping[str, str]:
        """What the source said when it was posted last."""
        return next((row.basis for key, row in reversed([*self._rows()]) if row.basis and not key.reversal), {})

    @property
    def sku(self) -> str | None:
        """What the line is about."""
        return next((row.sku for _, row in self._rows() if row.sku), None)

    def counted(self, event: str) -> Decimal:
        """How many units the newest version's entries of that event have covered so far."""
        return sum(
            (
                abs(row.quantity)
                for key, rows in self.current
                for row in rows
                if key.event == event and not key.reversal
            ),
            NOTHING,
        )

    def amounts(self) -> dict[Part, Decimal]:
        """What is posted for each component, in the ledger's sign; the clearing account is none."""
        found: dict[Part, Decimal] = {}
        for _, row in self._rows():
            if row.part.event not in (CLEARING, FACILITATOR_TAX):
                found[row.part] = found.get(row.part, NOTHING) + row.amount
        return {part: amount for part, amount in found.items() if amount}

    def target(self, part: Part) -> Target | None:
        """Where a component was posted to last."""
        rows = [row for key, row in self._rows() if row.part == part and not key.reversal]
        return rows[-1].target if rows else None

    def standing(self) -> list[Standing]:
        """The entries that nothing has undone yet."""
        undone = {str(key) for key, _ in self.entries if key.reversal}
        return [
            (key, rows)
            for key, rows in self.entries
            if not key.reversal and str(undoing(key, self.number)) not in undone
        ]

    @property
    def is_torn(self) -> bool:
        """Whether some of the newest version is undone, and what was to follow did not get in."""
        return any(key.reversal for key, _ in self.current)

    def outlived(self) -> list[Standing]:
        """What stands of older versions: the ledger took the newer one, and refused what undoes these."""
        return [(key, rows) for key, rows in self.standing() if key.version < self.version]

    def without(self, entries: Collection[Standing]) -> PostedLine:
        """The same as if these had been undone."""
        gone = {str(key) for key, _ in entries}
        return PostedLine(self.number, tuple(one for one in self.entries if str(one[0]) not in gone))

    def until(self, day: date) -> PostedLine:
        """What was in the books when that day ended."""
        dated = ((key, tuple(row for row in rows if row.day is None or row.day <= day)) for key, rows in self.entries)
        return PostedLine(self.number, tuple((key, rows) for key, rows in dated if rows))

    def _rows(self) -> Iterator[tuple[EntryKey, PostedRow]]:
        for key, rows in self.entries:
            for row in rows:
                yield key, row


def undoing(key: EntryKey, line: str | None) -> EntryKey:
    """The key of the entry that undoes what an entry says of one line, or all of it."""
    return EntryKey(key.channel, key.market, key.order, key.event, line, key.id, key.version, reversal=True)


@dataclass(frozen=True)
class Posted:
    """All entries that are linked to a record."""

    entries: tuple[PostedEntry, ...]
    unclear: tuple[str, ...] = ()
    """What is linked and does not say what it posts: a person linked it."""

    @classmethod
    def read(cls, links: Iterable[Link]) -> Posted:
        """From links; whatever they hold, nothing is raised."""
        entries: dict[str, PostedEntry] = {}  # one entry may be linked to its return and to its order
        unclear = []
        for link in links:
            key = EntryKey.parse(link.far.id)
            rows = _read_lines(link.lines)
            if key is None or not rows:
                unclear.append(link.far.id)
            else:
                entries[link.far.id] = PostedEntry(key, rows)
        return cls(tuple(entries.values()), tuple(unclear))

    def line(self, order: str, line: str, events: Collection[str], id_: str | None = None) -> PostedLine:
        """What entries of these events say of one line; `id_` narrows it to one refund."""
        found = [
            (one.key, one.rows[line])
            for one in self.entries
            if one.key.order == order and one.key.event in events and line in one.rows and _is_about(one.key, id_)
        ]
        return PostedLine(line, tuple(found))

    def lines(self, order: str, events: Collection[str]) -> list[PostedLine]:
        """All lines of an order that entries of these events were made for."""
        found = [one for one in self.entries if one.key.order == order and one.key.event in events]
        numbers = dict.fromkeys(number for one in found for number in one.rows)
        return [self.line(order, number, events) for number in numbers]

    def has(self, order: str, event: str, line: str | None = None, id_: str | None = None) -> bool:
        """Whether an entry of that event was made for an order, or for one line or refund of it."""
        made = [one for one in self.entries if one.key.order == order and one.key.event == event]
        return any((line is None or line in one.rows) and _is_about(one.key, id_) for one in made)

    def was_settled_alone(self, order: str) -> bool:
        """Whether a sale was posted from a settlement while there was none from the order."""
        return not self.has(order, SALE) and any(row.part.event == SALE for row in self._settled())

    def was_trued_up(self, sku: str | None, *, by_more: bool = False) -> bool:
        """Whether something of a SKU was posted from a settlement, since that told of more than the order did.

        `by_more`: of more than a rounding difference.
        """
        events = (SALE, SHIPPING) if by_more else (SALE, SHIPPING, ROUNDING)
        wanted = (sku or "").casefold()
        alike = (row for row in self._settled() if (row.sku or "").casefold() in ("", wanted))
        return any(row.part.event in events for row in alike)

    def must_not_be_trued_up(self, sku: str | None, subject: str, choice: str | None, *, new: bool = False) -> None:
        """Raises: HoldError where what is to be posted may have been posted from a settlement, unless a person says.

        What is `new` altogether is in no rounding difference.
        """
        if choice != POST and self.was_trued_up(sku, by_more=new):
            raise HoldError(
                "trued_up",
                f"{subject} says something new of its amounts, and its settlement was trued up before",
                fix="compare what is posted with the settlement; if this is in the books by that, resolve it as "
                "`done`, else as `post`",
                sku=sku,
            )

    def _settled(self) -> Iterator[PostedRow]:
        return (row for one in self.entries if one.key.order == SETTLEMENT for row in one.rows.get(WHOLE, ()))

    def must_be_clear(self, order: str) -> None:
        """Raises: HoldError where something is linked that does not say what it posts."""
        if self.unclear:
            raise HoldError(
                "posting_unclear",
                f"order {order} is linked to {', '.join(self.unclear)}, which does not say what was posted",
                fix="book what changed by hand and resolve this as `done`; or `crossdock links remove` the link",
                order=order,
            )


def _is_about(key: EntryKey, id_: str | None) -> bool:
    """Whether an entry is about one refund (which its key tells with a slice of it), settled amount or period."""
    return id_ is None or key.id == id_ or (key.event == REFUND and (key.id or "").startswith(f"{id_}:"))


def _read_lines(lines: object) -> dict[str, tuple[PostedRow, ...]]:
    if not isinstance(lines, Mapping):
        return {}
    read = {str(number): _read_rows(rows) for number, rows in lines.items()}
    return {} if any(rows is None for rows in read.values()) else {n: rows for n, rows in read.items() if rows}


def _read_rows(rows: object) -> tuple[PostedRow, ...] | None:
    if not isinstance(rows, list | tuple):
        return None
    try:
        return tuple(_read_row(row) for row in rows)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
        return None


def _read_row(row: Mapping[str, object]) -> PostedRow:
    amount, quantity = Decimal(str(row["amount"])), Decimal(str(row.get("quantity") or 0))
    if not (amount.is_finite() and quantity.is_finite()):
        raise ValueError("not a number")
    unit, customer, sku, day = (_text(row.get(name)) for name in ("unit", "customer", "sku", "date"))
    return PostedRow(
        part=Part(str(row.get("event") or ""), str(row["currency"])),
        target=Target(str(row["account"]), unit, _texts(row.get("dimensions")), customer),
        amount=amount,
        quantity=quantity,
        sku=sku,
        basis=_texts(row.get("basis")),
        day=None if day is None else date.fromisoformat(day),
    )


def _text(value: object) -> str | None:
    return str(value) if value else None


def _texts(value: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, Mapping) else {}
