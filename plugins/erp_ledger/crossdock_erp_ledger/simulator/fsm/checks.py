"""What a run finds wrong with staged rows. Only the text about periods is the real one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from crossdock_erp_ledger.simulator.fsm.fields import DIMENSIONS, GROUP, RUN_GROUP
from crossdock_erp_ledger.simulator.fsm.values import in_words, to_amount, to_date
from crossdock_erp_ledger.simulator.masters import Masters
from crossdock_erp_ledger.simulator.periods import Periods
from crossdock_erp_ledger.simulator.settings import InforSettings

Wire = dict[str, str]


class RowChecks:
    """The books' rules, as the tenant's master data, periods and settings have them."""

    def __init__(self, masters: Masters, periods: Periods, settings: InforSettings) -> None:
        self._masters, self._periods, self._settings = masters, periods, settings

    def fault(self, row: Wire) -> str | None:
        """The first thing that is wrong with a row."""
        return self._wrong_place(row) or self._wrong_code(row) or self._wrong_amount(row) or self._wrong_day(row)

    def _wrong_place(self, row: Wire) -> str | None:
        group, entity, to = row[GROUP], row["AccountingEntity"], row.get("ToAccountingEntity", "")
        if fault := self._unusable("FinanceEnterpriseGroup", group, "Finance Enterprise Group"):
            return fault
        for code in (entity, to or entity):
            if fault := self._unusable("AccountingEntity", code, "Accounting Entity"):
                return fault
        return None

    def _wrong_code(self, row: Wire) -> str | None:
        settings, unit = self._settings, row.get("AccountingUnit", "")
        if settings.chart == "listed" and (
            fault := self._unusable("GeneralLedgerChartAccount", row["AccountCode"], "Account")
        ):
            return fault
        if settings.require_unit and not unit:
            return "Accounting Unit is required"
        listed = settings.dimensions == "listed"
        to = row.get("ToAccountingEntity") or row["AccountingEntity"]
        if (
            listed
            and unit
            and (fault := self._unusable("AccountingUnit", unit, "Accounting Unit", AccountingEntity=to))
        ):
            return fault
        for number, name in enumerate(DIMENSIONS, 1):
            code = row.get(name, "")
            if listed and code and (fault := self._unusable(name, code, f"Finance Dimension {number}")):
                return fault
        return self._unusable("System", row["System"], "System") if row.get("System") else None

    def _wrong_amount(self, row: Wire) -> str | None:
        currency, text = currency_of(row, self._masters), row.get("TransactionAmount", "")
        if fault := self._unusable("Currency", currency, "Currency"):
            return fault
        amount = to_amount(text) if text else None
        if amount is not None and amount != round(amount, self._masters.decimals(currency)):
            return f"Transaction Amount {text} has too many decimals for {currency}"
        return None

    def _wrong_day(self, row: Wire) -> str | None:
        day = to_date(row["PostingDate"])
        if day is None or not self._periods.is_open(day, row["AccountingEntity"]):
            return f"No period found for Posting Date {in_words(day) if day else row['PostingDate']}"
        return None

    def _unusable(self, name: str, code: str, called: str, **where: str) -> str | None:
        standing = self._masters.standing(name, code, **where)
        if standing == "active":
            return None
        return f"{called} {code} is not {'active' if standing == 'inactive' else 'valid'}"


def imbalance(rows: Sequence[Wire], masters: Masters) -> str | None:
    """What rows of one entity are out of balance by, in words; None where they balance in each currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[currency_of(row, masters)] += to_amount(row.get("TransactionAmount", "")) or 0
    for currency, left in sums.items():
        if left:
            first = rows[0]
            about = f"Run group {first[RUN_GROUP]} entity {first['AccountingEntity']}"
            return f"{about} is out of balance by {abs(left)} {currency}"
    return None


def currency_of(row: Wire, masters: Masters) -> str:
    """The row's currency, by default that of its entity's books."""
    entity = row["AccountingEntity"]
    functional = [
        one["FunctionalCurrency"] for one in masters.records("AccountingEntity") if one["AccountingEntity"] == entity
    ]
    return row.get("CurrencyCode") or (functional[0] if functional else "")
