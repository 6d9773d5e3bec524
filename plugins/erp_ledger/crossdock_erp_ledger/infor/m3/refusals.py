"""What M3's failures come to: each a situation that a person can mend, told by the field that it is about."""

from __future__ import annotations

from datetime import date

from crossdock import Hold, HoldError
from crossdock_erp_ledger.infor.m3.api import Failure
from crossdock_erp_ledger.posting import period_closed

_STAYS = (
    "; the batch stays in GLS840 and is used again for the same entry, which is posted by itself once that is done. "
    "Where the entry itself changes, delete batch {key} there, so that nobody updates both"
)
_INACTIVE = ("block", "not active", "inactive")

HOLDS = tuple(
    Hold(code)
    for code in (
        "account_unknown",
        "account_inactive",
        "dimension_unknown",
        "currency_unknown",
        "entry_unbalanced",
        "entry_refused",
        "dimension_unmapped",
    )
)


def refusal(key: str, day: date, failure: Failure, batch: str) -> HoldError:
    """What a failure of one of an entry's transactions comes to."""
    if failure.field == "ACDT" and failure.kind != "InputFieldTooLong":
        return period_closed(key, day, f"M3 says: {failure.message} (batch {batch})")
    code, fix = _way_out(failure)
    return HoldError(
        code, f"entry {key}: M3 says: {failure.message} (batch {batch})", fix=fix + _STAYS.format(key=batch)
    )


def _way_out(failure: Failure) -> tuple[str, str]:
    if failure.kind == "InputFieldTooLong":
        return _held(
            code="entry_refused", fix=f"{failure.field or 'a field'} is too long: name something shorter in `rules`"
        )
    if failure.field == "AIT1":
        if any(word in failure.message.lower() for word in _INACTIVE):
            return _held(code="account_inactive", fix="unblock the account in M3, or name another in `rules`")
        return _held(code="account_unknown", fix="add the account in M3 (CRS630), or name another in `rules`")
    if failure.field.startswith("AIT"):
        return _held(
            code="dimension_unknown", fix="add the value in M3, or correct `rules` or the connection's `dimensions`"
        )
    if failure.field in ("CUCD", "ARAT"):
        return _held(
            code="currency_unknown", fix="add the currency or its rate in M3, or `exchange_rates` in the connection"
        )
    if failure.field == "ACAM" and "balance" in failure.message.lower():
        return _held(code="entry_unbalanced", fix="compare `local_currency` and `exchange_rates` with the division's")
    return _held(code="entry_refused", fix="mend what M3 says")


def _held(*, code: str, fix: str) -> tuple[str, str]:
    return code, fix
