"""What a connection test asks of FSM: which classes we may read, and what rules may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossdock import CredentialsError, RejectedError, TestReport
from crossdock_erp_ledger.infor.fsm.answers import Fields
from crossdock_erp_ledger.infor.fsm.api import FsmApi

if TYPE_CHECKING:
    from crossdock_erp_ledger.infor.fsm.connection import FsmConnection

_NEEDED = ("AccountingEntity", "GLTransactionInterface", "GLTransactionInterfaceResult", "GeneralLedgerTransaction")
_OFFERED = {
    "accounts": ("GeneralLedgerChartAccount", "AccountDescription"),
    "units": ("AccountingUnit", "Description"),
    "currencies": ("Currency", "Description"),
}
_NOTES = (
    "that rows may be created, interfaced and deleted shows with the first run group: FSM has no call that only asks",
    "interfaced journals are released and posted by the tenant's own rules; FSM does not say by its API which periods "
    "are closed",
)


async def examine(ledger: FsmConnection, api: FsmApi) -> TestReport:
    """Read one record of each class that posting needs, and all of those that rules name."""
    granted: list[str] = []
    missing: list[str] = []
    for business_class in _NEEDED:
        rows = await _rows(api, business_class, missing, limit=1000 if business_class == "AccountingEntity" else 1)
        if rows is None:
            continue
        granted.append(f"read {business_class}")
        if business_class == "AccountingEntity" and ledger.entity not in _codes(rows, business_class):
            missing.append(
                f"accounting entity {ledger.entity}; FSM has: {', '.join(_codes(rows, business_class)) or 'none'}"
            )
    choices = {}
    for word, (business_class, text) in _OFFERED.items():
        listed = await _rows(api, business_class, [], limit=None)
        if listed is not None:
            choices[word] = tuple(
                sorted({f"{row.get(business_class, '')} {row.get(text, '')}".strip() for row in _active(listed)})
            )
    account = f"tenant {ledger.tenant}, enterprise group {ledger.enterprise_group}, entity {ledger.entity}"
    return TestReport(account, tuple(granted), tuple(missing), choices=choices, notes=_NOTES)


async def _rows(api: FsmApi, business_class: str, missing: list[str], *, limit: int | None) -> list[Fields] | None:
    try:
        return await api.some_of(business_class, limit) if limit else await api.all_of(business_class)
    except (CredentialsError, RejectedError) as error:
        if error.facts.get("status") is None:  # it is not this class alone that is refused
            raise
        missing.append(f"read {business_class} ({error.message})")
        return None


def _active(rows: list[Fields]) -> list[Fields]:
    return [row for row in rows if row.get("Active", "true").lower() not in ("false", "0")]


def _codes(rows: list[Fields], business_class: str) -> list[str]:
    return sorted({row.get(business_class, "") for row in rows})
