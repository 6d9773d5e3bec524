"""One line of a journal batch: what it says in numbers, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from crossdock_erp_ledger.simulator.fsm.values import to_date
from crossdock_erp_ledger.simulator.m3.nok import MISSING, Nok
from crossdock_erp_ledger.simulator.masters import Masters
from crossdock_erp_ledger.simulator.periods import Periods
from crossdock_erp_ledger.simulator.settings import InforSettings

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_RECORDS = ("I1", "I2")
_DIMENSIONS = tuple(f"AIT{number}" for number in range(2, 8))


@dataclass(frozen=True)
class Line:
    """A line that can be posted. Amounts are signed: above zero is debit."""

    fields: Mapping[str, str]
    day: date
    currency: str
    amount: Decimal
    """In the line's currency."""
    local: Decimal
    """In the division's currency."""

    @property
    def group(self) -> str:
        """Which voucher it belongs to."""
        return self.fields.get("GRNR", "")


@dataclass(frozen=True)
class LineRules:
    """The rules of one division."""

    divi: str
    masters: Masters
    periods: Periods
    settings: InforSettings

    def read(self, fields: Mapping[str, str]) -> Line:
        """A line's values. Raises: Nok, with the first thing that is wrong."""
        if fields["INRI"] not in _RECORDS:
            raise Nok(f"Record identity {fields['INRI']} is not valid", "INRI")
        self._check_account(fields)
        day = self._day(fields, "ACDT")
        if not self.periods.is_open(day, self.divi):
            raise Nok(f"Accounting date {fields['ACDT']} is in a closed period", "ACDT")
        if fields.get("SHDT"):
            self._day(fields, "SHDT")
        currency = fields.get("CUCD") or self.settings.division_currency
        if self.masters.standing("Currency", currency) != "active":
            raise Nok(f"Currency {currency} does not exist", "CUCD", MISSING)
        amount = self._amount(fields, "CUAM", currency)
        if amount is None:
            raise Nok("Amount must be entered", "CUAM")
        return Line(fields, day, currency, amount, self._local(fields, currency, amount))

    def _check_account(self, fields: Mapping[str, str]) -> None:
        account = fields.get("AIT1", "")
        if not account:
            raise Nok("Account must be entered", "AIT1")
        if self.settings.chart == "listed":
            standing = self.masters.standing("GeneralLedgerChartAccount", account)
            if standing != "active":
                wrong = "does not exist" if standing == "unknown" else "is blocked"
                raise Nok(f"Account {account} {wrong}", "AIT1", MISSING)
        for name in _DIMENSIONS:
            code = fields.get(name)
            listed = self.settings.dimensions == "listed" and self.masters.records(name)
            if code and listed and self.masters.standing(name, code) != "active":
                raise Nok(f"Accounting identity {code} does not exist", name, MISSING)

    @staticmethod
    def _day(fields: Mapping[str, str], name: str) -> date:
        day = to_date(fields.get(name, ""))
        if day is None:
            raise Nok(f"Date {fields.get(name, '')} is not valid", name)
        return day

    def _amount(self, fields: Mapping[str, str], name: str, currency: str) -> Decimal | None:
        text = fields.get(name, "")
        if not text:
            return None
        if self.settings.decimal_comma:
            text = text.replace(".", " ").replace(",", ".")
        if not _AMOUNT.fullmatch(text):
            raise Nok(f"{name} {fields[name]} is not a valid amount", name)
        amount = Decimal(text)
        if amount != round(amount, self.masters.decimals(currency)):
            raise Nok(f"{name} {fields[name]} has too many decimals", name)
        return self._signed(amount, fields.get("DBCR", ""), name)

    def _signed(self, amount: Decimal, side: str, name: str) -> Decimal:
        if side not in ("D", "C") and (side or not self.settings.signed_amounts):
            raise Nok("Debit/credit code must be D or C", "DBCR")
        if not self.settings.signed_amounts:
            if amount < 0:
                raise Nok(f"{name} must not be negative", name)
            return -amount if side == "C" else amount
        if side and amount and (amount < 0) != (side == "C"):
            raise Nok("Debit/credit code and sign do not agree", "DBCR")
        return amount

    def _local(self, fields: Mapping[str, str], currency: str, amount: Decimal) -> Decimal:
        local = self.settings.division_currency
        given = self._amount(fields, "ACAM", local)
        if currency == local:
            if given is not None and given != amount:
                raise Nok("Local amount differs from the amount in the same currency", "ACAM")
            return amount
        if given is not None:
            return given
        if not fields.get("ARAT"):
            raise Nok("Exchange rate must be entered", "ARAT")
        return round(amount * Decimal(fields["ARAT"].replace(",", ".")), self.masters.decimals(local))
