"""The master data of a tenant: accounts, entities, units, dimensions, currencies, customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from crossdock_erp_ledger.simulator.fsm.fields import GROUP, M3_MASTERS, MASTERS

Wire = dict[str, str]
Standing = Literal["active", "inactive", "unknown"]

_ACCOUNTS = {
    "10110": ("Bank in transit", "1"),
    "11500": ("Marketplace clearing", "1"),
    "11600": ("Marketplace reserve", "1"),
    "21500": ("Sales tax payable", "2"),
    "23500": ("Deferred revenue", "2"),
    "40100": ("Sales, apparel", "4"),
    "40200": ("Sales, home", "4"),
    "40900": ("Shipping revenue", "4"),
    "41900": ("Returns and allowances", "4"),
    "48100": ("Other income", "4"),
    "61100": ("Commission", "5"),
    "61200": ("Marketplace fees", "5"),
    "61300": ("Advertising", "5"),
    "69800": ("Exchange differences", "5"),
    "69900": ("Rounding", "5"),
    "99000": ("Suspense", "1"),
}
_ENTITIES = {"10": "USD", "20": "CAD", "30": "MXN", "40": "CLP"}
_UNITS = {"10": "WMT-US", "20": "WMT-CA", "30": "WMT-MX", "40": "WMT-CL"}
_DECIMALS = {"USD": "2", "CAD": "2", "MXN": "2", "CLP": "0", "EUR": "2", "KWD": "3"}
_DIMENSIONS = {
    "FinanceDimension1": ("WALMART",),
    "FinanceDimension2": ("US", "CA", "MX", "CL"),
    "FinanceDimension3": ("SELLER", "WFS"),
    "AIT2": ("WMTUS", "WMTCA", "WMTMX", "WMTCL"),
}
_CLASSES = {**MASTERS, **M3_MASTERS}
_DEFAULTS = {GROUP: "1", "AccountingEntity": "10", "CustomerGroup": "1", "Company": "10", "Active": "true"}


class Masters:
    """What the tenant knows by name. A new tenant starts with a small company that sells on a marketplace."""

    def __init__(self) -> None:
        self._classes: dict[str, dict[tuple[str, ...], Wire]] = {name: {} for name in _CLASSES}
        self.put("FinanceEnterpriseGroup", "1", Description="Enterprise")
        for code, (description, kind) in _ACCOUNTS.items():
            self.put("GeneralLedgerChartAccount", code, AccountDescription=description, AccountType=kind)
        for code, currency in _ENTITIES.items():
            self.put("AccountingEntity", code, FunctionalCurrency=currency)
        for entity, code in _UNITS.items():
            self.put("AccountingUnit", code, AccountingEntity=entity)
        for code, decimals in _DECIMALS.items():
            self.put("Currency", code, ISOCode=code, NumberOfDecimals=decimals)
        for name, codes in _DIMENSIONS.items():
            for code in codes:
                self.put(name, code)
        for code in ("GL", "E1"):
            self.put("System", code)
        self.put("Ledger", "CORE")

    def put(self, name: str, code: str, **fields: str) -> Wire:
        """Add a record, or change what is given of the one that is there.

        Raises: ValueError, where the class or a field of it does not exist.
        """
        if name not in _CLASSES:
            raise ValueError(f"there is no class {name}; there are {', '.join(_CLASSES)}")
        keys, others = _CLASSES[name]
        if unknown := sorted(fields.keys() - {*keys, *others}):
            raise ValueError(f"{name} has no {unknown[0]}")
        at = tuple({**_DEFAULTS, **fields, keys[-1]: code}[key] for key in keys)
        before = self._classes[name].get(at, {field: _DEFAULTS.get(field, "") for field in others})
        record = {**dict(zip(keys, at, strict=True)), **before, **fields, keys[-1]: code}
        self._classes[name][at] = record
        return record

    def remove(self, name: str, code: str) -> int:
        """Forget every record of this code; how many there were."""
        gone = [key for key in self._classes.get(name, {}) if key[-1] == code]
        for key in gone:
            del self._classes[name][key]
        return len(gone)

    def records(self, name: str) -> list[Wire]:
        """All records of a class."""
        return list(self._classes[name].values())

    def standing(self, name: str, code: str, **where: str) -> Standing:
        """Whether a code can be used, among the records that agree with `where`."""
        found = [one for key, one in self._classes[name].items() if key[-1] == code and _agrees(one, where)]
        if not found:
            return "unknown"
        return "active" if any(one["Active"] == "true" for one in found) else "inactive"

    def decimals(self, currency: str) -> int:
        """How many digits an amount of a known currency has behind the dot."""
        return int(self._classes["Currency"][currency,]["NumberOfDecimals"])

    def wire(self) -> list[Wire]:
        """Everything, each record with its class."""
        return [{"class": name, **one} for name, records in self._classes.items() for one in records.values()]


def _agrees(record: Mapping[str, str], where: Mapping[str, str]) -> bool:
    return all(record.get(field) == value for field, value in where.items())
