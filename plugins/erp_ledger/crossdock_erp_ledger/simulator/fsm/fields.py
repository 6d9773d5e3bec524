"""The fields of the business classes, as the tenant's own API description lists them."""

from __future__ import annotations

GROUP, RUN_GROUP, SEQUENCE = (
    "FinanceEnterpriseGroup",
    "GLTransactionInterface.RunGroup",
    "GLTransactionInterface.SequenceNumber",
)
OBJECT_KEY = "OriginatingTransaction.BusinessObjectKey"
STAGING_KEY = (GROUP, RUN_GROUP, SEQUENCE)
DIMENSIONS = tuple(f"FinanceDimension{number}" for number in range(1, 11))

REQUIRED = (*STAGING_KEY, "AccountingEntity", "AccountCode", "PostingDate")
DATES = ("PostingDate", "TransactionDate", "AutoReverseDate")
AMOUNTS = ("TransactionAmount", "UnitsAmount")
ENUMS = {
    "APPaid": ("", "H"),
    "Billed": ("0", "1", "3", "4", "5"),
    "Capitalize": ("0", "1", "2"),
    "IndirectBurden": ("0", "1", "2"),
    "LaborDistribution": ("0", "1", "2"),
    "MigStatus": ("0", "1", "9"),
    "RevenueRecognized": ("0", "1", "2", "3"),
    "Status": ("0", "1", "2", "3"),
}

_CURRENCY_AMOUNTS = (
    "FunctionalAmount", "AlternateAmount", "AlternateAmount2", "AlternateAmount3", "ProjectAmount",
    *(f"ReportAmount{number}" for number in range(1, 6)),
    "ToFunctionalAmount", "ToAlternateAmount", "ToAlternateAmount2", "ToAlternateAmount3",
)  # fmt: skip
_OVERRIDES = tuple(
    f"ReportCurrencyAmount.{name}.{part}"
    for name in _CURRENCY_AMOUNTS
    for part in ("EnteredCurrencyAmount", "EnteredCurrencyRate")
)

STAGED = frozenset(
    (
        *REQUIRED, *DIMENSIONS, *DATES, *AMOUNTS, *ENUMS, *_OVERRIDES,
        "ToAccountingEntity", "AccountingUnit", "OrganizationCode", "Project", "Resource", "Job", "Position", "PayCode",
        "CurrencyCode", "Description", "Reference", "DocumentNumber", "DrillBackLink", "UniqueID", "GLTObjectId",
        "OriginatingTransaction.BusinessClassName", OBJECT_KEY, "System", "GeneralLedgerEvent", "JournalCode", "Ledger",
        "AutoReverse", "ErrorMessage", "IsErrorTransaction", "HROrganizationUnit", "TestGL", "CreatedByFES",
        "FESManuallyUpdated", "SenderBODID", "SenderComponentID", "SenderCreationDateTime", "SenderLogicalID",
        "SenderOriginalBOD", "VendorGroupAndVendor.Vendor", "VendorGroupAndVendor.VendorGroup",
    )
)  # fmt: skip
"""What may be written to a staged row, and read from it."""

NUMERIC = (SEQUENCE, *AMOUNTS, *(name for name in _OVERRIDES))

RESULT = frozenset(
    (
        "GLTransactionInterfaceResult",
        "RunGroup",
        "Status",
        "ResultSequence",
        "RecordCount",
        "PassedCount",
        "FailedCount",
    )
)
LEDGER = STAGED | {"GeneralLedgerTransaction", "Journal", "JournalStatus"}
"""What a transaction shows: the row that it was, and its journal."""

MASTERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "FinanceEnterpriseGroup": ((GROUP,), ("Description", "Active")),
    "GeneralLedgerChartAccount": (
        (GROUP, "GeneralLedgerChartAccount"),
        ("AccountDescription", "Active", "AccountType", "RequireProject"),
    ),
    "AccountingEntity": ((GROUP, "AccountingEntity"), ("Description", "Active", "FunctionalCurrency")),
    "AccountingUnit": ((GROUP, "AccountingEntity", "AccountingUnit"), ("Description", "Active")),
    **{name: ((GROUP, name), ("Description", "Active")) for name in DIMENSIONS},
    "Currency": (("Currency",), ("ISOCode", "Description", "NumberOfDecimals", "Active")),
    "Ledger": ((GROUP, "Ledger"), ("Description", "Active")),
    "System": (("System",), ("Description", "Active")),
    "CompanyCustomer": (("CustomerGroup", "Company", "Customer"), ("Name", "Currency", "Active")),
}
"""Master data: the keys of each class, and its other fields. The code is the last key and bears the class's name."""

PERIOD = frozenset((GROUP, "GeneralLedgerCloseYear", "PeriodNumber", "PeriodName", "BeginDate"))

M3_MASTERS = {f"AIT{number}": ((f"AIT{number}",), ("Description", "Active")) for number in range(2, 8)}
"""The dimensions of M3, beside the account. One without any record takes everything."""
