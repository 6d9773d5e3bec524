"""What a settlement gives to post: what was sold is matched, and the rest moves what the channel owes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from crossdock import Context, HoldError, NothingToDo, NotYetError, RejectedError
from crossdock.canonical import JournalEntry, JournalLine, Money, SettlementLine
from crossdock_erp_ledger.journal.amounts import TAX, Part
from crossdock_erp_ledger.journal.keys import SETTLEMENT, EntryKey, short_name
from crossdock_erp_ledger.journal.kinds import by_sign, component_of, fulfilment_of, kind_of
from crossdock_erp_ledger.journal.matching import Match, nearest, per_unit_hint, refunds_of, sales_of
from crossdock_erp_ledger.journal.movements import Row
from crossdock_erp_ledger.journal.policy import Policy
from crossdock_erp_ledger.journal.posted import CLEARING, ROUNDING, WHOLE, Posted
from crossdock_erp_ledger.journal.returns import BY_RULES
from crossdock_erp_ledger.journal.rules import Facets, Target

PAYOUT, FX = "payout", "fx"
_PATIENCE = timedelta(days=3)


def settlement_entries(line: SettlementLine, policy: Policy, context: Context) -> list[JournalEntry]:
    """One amount of a settlement: posted, or matched with what is.

    Raises: NothingToDo where it is matched or moves nothing; NotYetError where what it is about is not in the books;
    HoldError where it differs, or nobody knows what it is.
    """
    return [_Settled(line, policy, context).entry()]


class _Settled:
    def __init__(self, line: SettlementLine, policy: Policy, context: Context) -> None:
        self.line, self.policy, self.choice = line, policy, context.choice
        self.posted = Posted.read(context.links)
        market = line.market or ""
        self.key = EntryKey(short_name(line.channel), market, SETTLEMENT, line.settlement, id=line.number)
        self.currency = line.amount.currency

    def entry(self) -> JournalEntry:
        """The entry of this amount."""
        line, kind = self.line, kind_of(self.line)
        self._refuse_repeats()
        if kind is None:
            if self.choice != "by_sign":
                raise self._unknown()
            kind = by_sign(line)
        if kind == "payout":
            return self._payout(line.payable or line.amount)
        if not line.amount.amount:
            raise NothingToDo("the amount is nothing", code="nothing_to_post")
        if kind == "tax":
            return self._tax()
        if kind in ("sale", "refund"):
            return self._matched(kind)
        return self._moved(kind, line.amount.amount)

    # ------------------------------------------------------------ what is posted from the settlement alone

    def _moved(self, event: str, amount: Decimal, target: Target | None = None, told: str = "") -> JournalEntry:
        """What the channel owes more, or less, and why."""
        rows = [(Part(event, self.currency), target or self._place(event), -amount), self._due(amount)]
        return self._entry(rows, told or f"{event.capitalize()}: {self._told()}")

    def _payout(self, payable: Money) -> JournalEntry:
        total = self.line.total
        if payable.amount <= 0:
            raise NothingToDo("nothing is paid out: the balance is carried forward", code="carried_forward")
        if total is not None and total.currency != payable.currency:
            return self._exchanged(total, payable)
        if total is not None and total.amount != payable.amount and self.choice != "as_paid":
            raise HoldError(
                "settlement_sum_differs",
                f"settlement {self.line.settlement} pays {payable}, and its amounts add up to {total}",
                fix="read the report again; if it is so, resolve this as `as_paid`",
                payable=str(payable.amount),
                total=str(total.amount),
            )
        self.currency = payable.currency
        rows = [(Part(PAYOUT, self.currency), self._place(PAYOUT), payable.amount), self._due(-payable.amount)]
        return self._entry(rows, f"Payout of settlement {self.line.settlement}")

    def _exchanged(self, total: Money, payable: Money) -> JournalEntry:
        """Paid out in another currency: what is left on the account of event `fx`, at your rate, is the difference."""
        self.currency = total.currency
        fx = self._place(FX)
        rows: list[Row] = [
            self._due(-total.amount),
            (Part(FX, total.currency), fx, total.amount),
            (Part(PAYOUT, payable.currency), self._place(PAYOUT), payable.amount),
            (Part(FX, payable.currency), fx, -payable.amount),
        ]
        return self._entry(rows, f"Payout of settlement {self.line.settlement}, {total} as {payable}")

    # ------------------------------------------------------------ what is matched

    def _tax(self) -> JournalEntry:
        """A tax and what was withheld come to nothing; what they leave is the seller's to pay on."""
        line = self.line
        if line.remainder is None and self.policy.remitter(line.market, None) != "seller":
            raise NothingToDo("the channel pays this tax on", code="nets_to_nothing")
        left = line.amount if line.remainder is None else line.remainder
        if not left.amount:
            raise NothingToDo("the tax and what was withheld come to nothing", code="nets_to_nothing")
        self.line = line.model_copy(update={"amount": left})
        found = sales_of(self.line, self.posted) if left.amount > 0 else refunds_of(self.line, self.posted)
        if any(one.amount for one in found):
            return self._compared(nearest(self.line, found))
        return self._moved(TAX, left.amount)

    def _matched(self, kind: str) -> JournalEntry:
        line, since = self.line, self.policy.sales_since
        if since is not None and line.posted_on is not None and line.posted_on < since:
            raise NothingToDo(f"settled before {since}: booked by other means", code="before_start")
        self.posted.must_be_clear(line.order or "(none)")
        found = sales_of(line, self.posted) if kind == "sale" else refunds_of(line, self.posted)
        if found:
            return self._compared(nearest(line, found))
        if self.choice != BY_RULES:
            raise self._not_yet(kind)
        sales = sales_of(line, self.posted)
        target = sales[0].line.target(Part(component_of(line), self.currency)) if sales else None
        return self._moved(component_of(line), line.amount.amount, target)

    def _compared(self, match: Match) -> JournalEntry:
        line, apart = self.line, match.difference
        if not apart:
            raise NothingToDo("matched: it is in the books with this amount", code="matched")
        both = f"settlement {line.settlement} says {line.amount} for {self._about()}, the books {match.posted}"
        if abs(apart) <= self.policy.tolerance:
            return self._moved(ROUNDING, apart, told=f"True-up: {both}")
        if self.choice == "true_up":
            target = match.candidate.line.target(Part(component_of(line), self.currency))
            return self._moved(component_of(line), apart, target, told=f"True-up: {both}")
        raise HoldError(
            "settlement_differs",
            f"{both}: {apart:+f}{per_unit_hint(line, match)}",
            fix="look for what explains it (another charge, a refund that is missing); then resolve it as `true_up`, "
            "which posts the difference to the account of the sale",
            order=line.order,
            settled=str(line.amount.amount),
            posted=str(match.posted.amount),
        )

    # ------------------------------------------------------------ what is refused

    def _refuse_repeats(self) -> None:
        before = self.posted.line(SETTLEMENT, WHOLE, (self.line.settlement,), self.line.number)
        if not before:
            return
        if before.basis == self._basis():
            raise NothingToDo("it is in the books", code="already_in_effect")
        raise HoldError(
            "settlement_changed",
            f"amount {self.line.number} of settlement {self.line.settlement} is in the books as {self.key}, and the "
            "report now says something else there",
            fix="compare it with the report that was posted; correct the ledger by hand, then resolve this as `done`",
            settlement=self.line.settlement,
        )

    def _unknown(self) -> HoldError:
        line = self.line
        what = " / ".join(filter(None, (line.kind, line.part, line.description)))
        return HoldError(
            "unknown_settlement_kind",
            f"amount {line.number} of settlement {line.settlement} is {what!r}, which nobody here knows: {line.amount}",
            fix="resolve it as `by_sign` (a fee if it is negative, else a reimbursement), or book it by hand and "
            "resolve it as `done`; and tell the authors of the plugin",
            kind=line.kind,
            part=line.part,
        )

    def _not_yet(self, kind: str) -> NotYetError:
        day = self.line.posted_on or self.line.period_end
        return NotYetError(
            f"settlement {self.line.settlement}: {self._about()} was settled, and its {kind} is not in the books yet",
            code="refund_not_posted" if kind == "refund" else "sale_not_posted",
            fix=f"see what became of it: `crossdock trace {self.line.order}`; once this is held, resolve it as "
            "`by_rules`, which posts it from the settlement, or as `skip`",
            alert_at=None if day is None else datetime.combine(day, time(), UTC) + _PATIENCE,
        )

    # ------------------------------------------------------------ what entries are made of

    def _entry(self, rows: Sequence[Row], told: str) -> JournalEntry:
        line, day = self.line, self._day()
        total = f"{self.key.channel}:{self.key.market}:{day}:{self.currency}"
        return JournalEntry(
            key=str(self.key),
            date=day,
            transaction_date=day,
            description=told,
            lines=tuple(self._line(row, position) for position, row in enumerate(rows)),
            event=SETTLEMENT,
            channel=line.channel,
            market=line.market,
            customer=self.policy.customers.get(line.market or ""),
            reference=line.order,
            document=line.customer_order,
            facts=(str(self.key).removesuffix(":v1"),),
            links=(f"{self.key.channel}-po-{line.order}",) if line.order else (),
            total=total if self.policy.per == "day" else None,
            when_closed=self.policy.when_closed,
        )

    def _line(self, row: Row, position: int) -> JournalLine:
        part, target, amount = row
        return JournalLine(
            account=target.account,
            amount=Money(amount=amount, currency=part.currency),
            unit=target.unit,
            dimensions=target.dimensions,
            memo=self.line.description or self.line.part or self.line.kind,
            event=part.event,
            sku=self.line.sku,
            basis=self._basis() if position == 0 else {},
        )

    def _basis(self) -> dict[str, str]:
        amount = self.line.payable or self.line.amount
        return {"kind": self.line.kind, "amount": f"{amount.amount.normalize():f}", "currency": amount.currency}

    def _day(self) -> date:
        day = self.line.posted_on or self.line.period_end
        if day is None:
            raise RejectedError(
                f"amount {self.line.number} of settlement {self.line.settlement} bears no date",
                code="no_settlement_date",
            )
        return day

    def _facets(self, event: str) -> Facets:
        line = self.line
        return Facets(
            event=event,
            channel=line.channel,
            market=line.market,
            category=line.category,
            product_type=line.product_type,
            sku=line.sku,
            fulfilment=fulfilment_of(line),
            description=line.description or line.part or line.kind,
        )

    def _place(self, event: str) -> Target:
        return self.policy.chart.place(self._facets(event), f"amount {self.line.number} of {self._report()}")

    def _due(self, amount: Decimal) -> Row:
        target = self.policy.chart.clear(self._facets(CLEARING), self.currency, self._report())
        return Part(CLEARING, self.currency), target, amount

    def _report(self) -> str:
        return f"settlement {self.line.settlement}"

    def _about(self) -> str:
        sku = f", SKU {self.line.sku}" if self.line.sku else ""
        return f"{self.line.part or self.line.kind} of order {self.line.order or '(none)'}{sku}"

    def _told(self) -> str:
        line = self.line
        what = line.description or line.part or line.kind
        return f"{what}, {self._report()}" + (f", PO {line.order}" if line.order else "")
