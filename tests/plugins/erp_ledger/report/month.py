"""A month in a few lines: what the channel says goes through the mapper and the posting, without any network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from crossdock import CrossdockError, NothingToDo, Standing, StoredEffect, StoredRecord
from crossdock.canonical import JournalEntry, Money, Order, OrderAsOf, Return, ReturnLine, SettlementLine
from crossdock_erp_ledger.journal.cutoff import CutoffMapper
from crossdock_erp_ledger.journal.mapper import JournalMapper
from crossdock_erp_ledger.ledger import LedgerEntry, LedgerLine
from crossdock_erp_ledger.posting import plan_entry, receipt_of
from crossdock_erp_ledger.report import report
from crossdock_erp_ledger.report.entries import entries_of
from crossdock_erp_ledger.report.period import Period
from crossdock_erp_ledger.report.seen import Seen
from tiny_ledger import RULES, SETTINGS, TinyLedger, charge, order, order_line, status

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
MORE_RULES = [
    {"match": {"event": "commission"}, "account": "Expenses:Commission"},
    {"match": {"event": "payout"}, "account": "Assets:Bank"},
    {"match": {"event": "rounding"}, "account": "Expenses:Rounding"},
]
_PARTS = ("Product Price", "Commission on Product")
ROUTE = "erp_ledger.books_entries@books"


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), ZONE)


@dataclass
class Month:
    """October 2026, as a store and a ledger have it at the end."""

    settings: dict[str, Any] = field(default_factory=dict)
    ledger: TinyLedger = field(default_factory=TinyLedger)
    seen: dict[str, Seen] = field(default_factory=dict)
    effects: dict[str, StoredEffect] = field(default_factory=dict)
    there: list[LedgerEntry] = field(default_factory=list)
    readable: bool = True

    @property
    def mapper(self) -> JournalMapper:
        rules = [*RULES, *MORE_RULES]
        return JournalMapper.model_validate({**SETTINGS, "rules": rules, **self.settings})

    # ------------------------------------------------------------ what the channel says

    def sell(
        self,
        number: int,
        day: int | date,
        amount: str = "49.98",
        *,
        quantity: str = "2",
        cancelled: str = "0",
        shipped: date | None = date(2026, 10, 31),
        currency: str = "USD",
        market: str = "us",
        post: bool = True,
    ) -> str:
        """An order; what is not cancelled is shipped at noon of `shipped`."""
        day = date(2026, 10, day) if isinstance(day, int) else day
        kept = str(Decimal(quantity) - Decimal(cancelled))
        parts = [("shipped", kept, shipped and f"{shipped}T12:00:00"), ("cancelled", cancelled, f"{day}T12:00:00")]
        slices = tuple(status(*part) for part in parts if Decimal(part[1]))
        if shipped is None:
            slices = tuple(status("acknowledged", kept) if one.status == "shipped" else one for one in slices)
        charges = (charge(amount, currency=currency),)
        line = order_line("1", quantity, charges=charges, statuses=slices)
        key = po(number)
        self.say("orders", key, order(line, number=key, ordered_at=noon(day), market=market), post=post)
        return key

    def refund(self, sold: str, day: int | date, amount: str, *, post: bool = True) -> str:
        """A return that is paid back."""
        day = date(2026, 10, day) if isinstance(day, int) else day
        number = f"R{sold[-3:]}"
        line = ReturnLine(
            number="1", order=sold, order_line="1", sku="TEE-BLK-M", quantity=Decimal(1), charges=(charge(amount),),
            refunded_quantity=Decimal(1), refunded_at=noon(day), status="COMPLETED",
        )  # fmt: skip
        back = Return(channel="walmart", market="us", number=number, created_at=noon(day), lines=(line,))
        self.say("returns", number, back, sold, post=post)
        return number

    def settle(
        self,
        name: str,
        day: date,
        sold: Iterable[tuple[str, str, str]],
        payable: str | None = None,
        quantity: int = 2,
        posted_on: date | None = None,
    ) -> None:
        """A settlement of (order, price, commission); it pays what it comes to unless told otherwise."""
        rows = [(order, part, amount) for order, *two in sold for part, amount in zip(_PARTS, two, strict=True)]
        total = sum((Decimal(amount) for *_, amount in rows), Decimal(0))
        for number, (about, part, amount) in enumerate(rows):
            more = {"part": part, "order": about, "sku": "tee-blk-m", "quantity": quantity}
            self._settled(name, f"{number}", posted_on or day, "Sale", amount, **more)
        pays = Money(amount=Decimal(payable or total), currency="USD")
        self._settled(
            name, "summary", day, "PaymentSummary", str(pays.amount), payable=pays,
            total=Money(amount=total, currency="USD"), period_start=date(2026, 10, 1), period_end=day,
        )  # fmt: skip

    def cut_off(self, sold: str) -> None:
        """Put off what was not shipped when October ended."""
        document = self.seen[sold].document
        left = OrderAsOf(
            channel="walmart", market="us", number=sold, ordered_at=document.ordered_at, as_of=date(2026, 10, 31),
            lines=tuple(
                one.model_copy(update={"statuses": (status("acknowledged", str(one.quantity)),)})
                for one in document.lines
            ),
        )  # fmt: skip
        mapper = CutoffMapper.model_validate({"deferred": {"us": "Liabilities:Deferred"}})
        key = f"{sold}/2026-10"
        self.seen[key] = self._seen("month_end", key, left, "delivered")
        for entry in mapper.map(left, self.ledger.context(key, [sold])):
            self.post("month_end", key, entry)

    def _settled(self, name: str, number: str, day: date, kind: str, amount: str, **more: Any) -> None:
        line = SettlementLine.model_validate(
            {
                "channel": "walmart", "market": "us", "settlement": name, "number": number, "kind": kind,
                "amount": {"amount": amount, "currency": "USD"}, "posted_on": day, **more,
            }
        )  # fmt: skip
        self.say("settlements", f"{name}/{number}", line, *([line.order] if line.order else []))

    # ------------------------------------------------------------ what becomes of it

    def say(self, pipeline: str, key: str, document: Any, *identifiers: str, post: bool = True) -> None:
        """Read a record, and post it as the pipeline does."""
        self.seen[key] = self._seen(pipeline, key, document, "delivered")
        if post:
            try:
                entries = self.mapper.map(document, self.ledger.context(key, identifiers))
            except NothingToDo as error:
                self.stand(key, "skipped", error.code, str(error))
                return
            except CrossdockError as error:  # what core would hold
                self.stand(key, "held", error.code, str(error))
                return
            for entry in entries:
                self.post(pipeline, key, entry)

    def post(self, pipeline: str, key: str, entry: JournalEntry) -> None:
        """Post one entry: into the log, and into the ledger."""
        self.ledger.keep(entry, key)
        effect = plan_entry(entry, self.ledger.closed_through)
        posted = JournalEntry.model_validate(effect.memo["posting"]["entry"])
        self.effects[entry.key] = StoredEffect(
            sink="erp_ledger.books_entries", key=entry.key, version=1, state="done", pipeline=pipeline, route=ROUTE,
            record=key, delivery=1, content=effect.content, memo=effect.memo, facts=effect.facts,
            receipt=receipt_of(effect, "XD1"), planned_at=NOW, settled_at=NOW,
        )  # fmt: skip
        lines = tuple(LedgerLine(one.account, one.amount, one.unit, dict(one.dimensions)) for one in posted.lines)
        self.there.append(LedgerEntry(entry.key, posted.date, lines, entry.reference))

    def stand(self, key: str, state: str, code: str | None = None, reason: str | None = None) -> None:
        """Let a record stand elsewhere."""
        stored = self.seen[key].stored
        self.seen[key] = self._seen(stored.pipeline, key, stored.document, state, code, reason)

    def close(self, through: date) -> None:
        """Close the books: what belongs there is posted on the day after."""
        self.ledger.closed_through = through

    def change(self, name: str, **changed: Any) -> None:
        """Change an entry in the ledger, behind crossdock's back."""
        place = next(number for number, one in enumerate(self.there) if one.key == name)
        self.there[place] = replace(self.there[place], **changed)

    def report(self, *accepted: str, **changed: Any) -> Any:
        """The report on October."""
        inputs = report.Inputs(
            name="books",
            period=Period(date(2026, 10, 1), ZONE),
            made_at=NOW,
            seen=list(self.seen.values()),
            entries=entries_of(self.effects.values()),
            ledger=self.there if self.readable else None,
            accepted=frozenset(accepted),
        )
        return report.make(replace(inputs, **changed))

    def _seen(
        self, pipeline: str, key: str, document: Any, state: str, code: str | None = None, reason: str | None = None
    ) -> Seen:
        standing = Standing(
            delivery=len(self.seen) + 1, route=ROUTE, revision=1, state=state, code=code, reason=reason, fix=None,
            since=NOW, deadline=None,
        )  # fmt: skip
        stored = StoredRecord(
            pipeline=pipeline, key=key, revision=1, identifiers={}, read_at=NOW, document=document, fault=None,
            erased=False, standing=(standing,),
        )  # fmt: skip
        return Seen(stored, ROUTE, self.mapper.policy)


def po(number: int) -> str:
    return f"1088000000{number:05d}"


def orders(found: Any) -> list[Order]:
    return [one.document for one in found.values() if isinstance(one.document, Order)]


def kinds(found: Any) -> list[tuple[str, str]]:
    return [(one.kind, one.about) for one in found.findings]
