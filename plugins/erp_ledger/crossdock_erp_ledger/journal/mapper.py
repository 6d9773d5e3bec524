"""The mapper `erp_ledger.journal`: what channels say becomes journal entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr

from crossdock import Context, Hold, Mapper, TimeZone
from crossdock.canonical import JournalEntry, Order, Return, SettlementLine
from crossdock_erp_ledger.journal.orders import order_entries
from crossdock_erp_ledger.journal.policy import Excess, On, Per, Policy, Remitter, WhenClosed
from crossdock_erp_ledger.journal.returns import return_entries
from crossdock_erp_ledger.journal.rules import Chart, Name, PlaceOrAccount, Rule
from crossdock_erp_ledger.journal.settlements import settlement_entries


class JournalMapper(Mapper[Order | Return | SettlementLine, JournalEntry]):
    """Sales, cancellations and refunds as balanced entries, each fact once, to accounts that rules choose."""

    name: ClassVar[str] = "journal"
    holds: ClassVar[Sequence[Hold]] = (
        Hold("unmapped_account"),
        Hold("tax_unclear"),
        Hold("posting_unclear"),
        Hold("refund_withdrawn"),
        Hold(
            "refund_of_return",
            {
                "same_money": "leave it to the return; what the order posted of it is reversed",
                "other_money": "it is no part of the return: both are posted",
            },
        ),
        Hold(
            "refund_posted_by_order",
            {
                "same_money": "reverse what the order posted of it, and post it from the return",
                "other_money": "it is no part of what the order posted: both are posted",
            },
        ),
        Hold("trued_up", {"post": "post it: the settlement was trued up for something else"}),
        Hold("settlement_differs", {"true_up": "post the difference to the account of the sale"}),
        Hold("settlement_sum_differs", {"as_paid": "post what was paid; look for the difference in the close report"}),
        Hold("settlement_changed"),
        Hold("unknown_settlement_kind", {"by_sign": "post it as a fee if it is negative, else as a reimbursement"}),
        Hold("overdue", {"by_rules": "post it where the sale is, or, if that is not in the books, as rules choose"}),
        Hold("no_ship_date", {"order_date": "post it on the day of the order"}),
    )

    timezone: TimeZone
    """The books' own, as the ledger's connection says it: an instant belongs to the day that it is there."""
    rules: Annotated[Sequence[Rule], Field(min_length=1, examples=[[{"account": "Income:Sales"}]])]
    """Which account; the first that fits decides. What no rule fits is held."""
    clearing: Annotated[
        Mapping[str, PlaceOrAccount], Field(min_length=1, examples=[{"us": "Assets:Marketplace:Clearing"}])
    ]
    """What the channel owes, by market, or by market and currency: `{us: "1150", "us/USD": "1150"}`."""
    categories: Annotated[Mapping[str, Name], Field(default_factory=dict)]
    """SKU, or the beginning of some with `*`, to the category that rules name; case does not matter."""
    customers: Annotated[Mapping[str, Name], Field(default_factory=dict)]
    """The house customer of each market; a rule's own goes before it."""
    suspense: PlaceOrAccount | None = None
    """Where that goes which no rule fits; without it, it is held."""
    per: Per = "order"
    """One entry for each event of an order, for each line, or one for all of a day."""
    on: On = "order"
    """When a sale is posted: with the order's date, or when it is shipped, with that one."""
    closed_period: WhenClosed = "next"
    """What belongs to a closed period goes to the first open day, with a mark, or is held."""
    tax_remitted_by: Annotated[Mapping[str, Remitter], Field(default_factory=lambda: {"us": "channel"})]
    """Who pays a tax on, by market or by market and state: `{us: channel, ca: seller, "ca/BC": channel}`. What the
    channel pays on is not posted."""
    memo_tax: bool = False
    """Whether the tax that the channel pays on is shown in the entry, coming to nothing (event `facilitator_tax`)."""
    excess: Excess = "allowance"
    """What is paid back beyond the sale goes to the rule of event `excess`, or to the sale's own account."""
    tolerance: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.02")
    """How far, in major units, a settled amount may differ from what is posted: that goes to the rule of event
    `rounding`. What differs more is held."""
    sales_since: date | None = None
    """Sales and refunds that were settled before were booked by other means, and are not looked for."""

    _policy: Policy | None = PrivateAttr(default=None)

    @property
    def policy(self) -> Policy:
        """The settings, ready for use."""
        if self._policy is None:
            self._policy = Policy(
                chart=Chart(self.rules, self.clearing, self.categories, self.suspense),
                zone=ZoneInfo(self.timezone),
                per=self.per,
                on=self.on,
                when_closed=self.closed_period,
                customers=self.customers,
                tax_remitted_by=self.tax_remitted_by,
                memo_tax=self.memo_tax,
                excess=self.excess,
                tolerance=self.tolerance,
                sales_since=self.sales_since,
            )
        return self._policy

    def map(self, document: Order | Return | SettlementLine, context: Context) -> list[JournalEntry]:
        """What is not in the books yet. Raises: NothingToDo, HoldError, NotYetError."""
        if isinstance(document, Return):
            return return_entries(document, self.policy, context)
        if isinstance(document, SettlementLine):
            return settlement_entries(document, self.policy, context)
        return order_entries(document, self.policy, context)
