"""What FSM's messages about rows come to: each a situation that a person can mend."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from crossdock import Hold, HoldError
from crossdock_erp_ledger.posting import period_closed

_AGAIN = "; it is posted by itself once that is done"


@dataclass(frozen=True, slots=True)
class Kind:
    """A situation: its code, how FSM words it, and the way out."""

    code: str
    says: re.Pattern[str]
    fix: str


def _says(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# The first is FSM's own wording, the others what it may be taken to say.
KINDS = (
    Kind(code="period_closed", says=_says(r"no period found|period .*(closed|not open)"), fix=""),
    Kind(
        code="account_inactive",
        says=_says(r"account(?!ing).*(not active|inactive)"),
        fix="activate the account in FSM, or name another in `rules`",
    ),
    Kind(
        code="unit_unknown",
        says=_says(r"accounting unit"),
        fix="add the accounting unit in FSM, or name another in `rules`",
    ),
    Kind(
        code="entity_unknown",
        says=_says(r"accounting entity|\bentity\b.*not valid"),
        fix="correct `entity` of the connection",
    ),
    Kind(
        code="dimension_unknown",
        says=_says(r"dimension"),
        fix="add the value in FSM, or correct `rules`, or `dimensions` of the connection",
    ),
    Kind(
        code="currency_unknown",
        says=_says(r"currency"),
        fix="add the currency in FSM, and to the ledger of the entity",
    ),
    Kind(
        code="entry_unbalanced",
        says=_says(r"out of balance|not balance"),
        fix="compare the currencies of entity and ledger, and their rate tables, with the entry",
    ),
    Kind(
        code="account_unknown",
        says=_says(r"account"),
        fix="add the account to the chart in FSM, or name another in `rules`",
    ),
)
UNBALANCED = "entry_unbalanced"
_OTHER = Kind(code="entry_refused", says=_says(""), fix="mend what FSM says")
HOLDS = (
    *(Hold(kind.code) for kind in KINDS if kind.code != "period_closed"),
    Hold("entry_refused"),
    Hold("dimension_unmapped"),
)


def kind_of(message: str) -> Kind:
    """The situation that a message tells of."""
    return next((kind for kind in KINDS if kind.says.search(message)), _OTHER)


def refusal(key: str, day: date, message: str, run_group: str) -> HoldError:
    """What a message about one of an entry's rows comes to."""
    kind = kind_of(message)
    if kind.code == "period_closed":
        return period_closed(key, day, f"FSM says: {message}")
    return HoldError(
        kind.code, f"entry {key}: FSM says: {message} (run group {run_group}, which was deleted)", fix=kind.fix + _AGAIN
    )
