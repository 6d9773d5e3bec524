"""What the amounts of a settlement are: sales that are matched, and what is posted from the settlement alone.

Source: Walmart Marketplace, reconciliation report v1, its columns and values; read 2026-11. The values are an open set.
"""

from __future__ import annotations

from typing import Final, Literal

from crossdock.canonical import SettlementLine

Kind = Literal[
    "sale", "refund", "tax", "commission", "fee", "advertising", "savings", "reimbursement", "reserve", "payout"
]

_SAVINGS: Final = {"total walmart funded savings", "promo code", "extra savings"}
_ADVERTISING: Final = ("campaigns", "sem marketing", "review accelerator", "walmart product advertising")
_FEES: Final = ("fee/reimbursement", "wfs ", "other tax (fees)", "ocean freight")
_PARTS: Final = {"product price": "sale", "shipping": "shipping"}


def kind_of(line: SettlementLine) -> Kind | None:
    """What an amount is; None where nobody knows."""
    kind, part, told = _plain(line.kind), _plain(line.part), _plain(line.description)
    if line.payable is not None:
        return "payout"
    if part in _SAVINGS:
        return "savings"
    if kind.startswith(_ADVERTISING) or part.startswith(_ADVERTISING) or told.startswith(_ADVERTISING):
        return "advertising"
    if kind in ("reserve", "release reserve"):
        return "reserve"
    if kind == "dispute settlement":
        return "reimbursement"
    if part.startswith("commission on "):
        return "commission"
    if kind in ("sale", "refund") and " tax" in part:
        return "tax"
    if kind in ("sale", "refund") and part in _PARTS:
        return "sale" if kind == "sale" else "refund"
    if kind in ("adjustment", "service fee") and part.startswith(_FEES):
        return by_sign(line)
    return None


def by_sign(line: SettlementLine) -> Kind:
    """What takes from the seller is a fee, what gives is a reimbursement."""
    return "fee" if line.amount.amount < 0 else "reimbursement"


def component_of(line: SettlementLine) -> str:
    """The component of a sale that an amount is about, as entries name it."""
    return _PARTS.get(_plain(line.part), "tax")


def fulfilment_of(line: SettlementLine) -> str | None:
    """Who fulfilled it, as rules say it."""
    told = _plain(line.fulfilment)
    if not told:
        return None
    return "wfs" if "wfs" in told or told.startswith("walmart") else "seller"


def _plain(text: str | None) -> str:
    return " ".join((text or "").split()).casefold()
