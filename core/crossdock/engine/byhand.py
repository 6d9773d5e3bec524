"""What a person says: this record is that thing on the other side. It stands for the effect that would make it."""

from __future__ import annotations

from collections.abc import Mapping

from crossdock.contract.values import Links, Receipt
from crossdock.jsonio import Json

_MARK = "by_hand"


def mark(sink_name: str, effect_key: str, receipt: Receipt) -> Json:
    """The detail of a link that a person made: which fact it stands for, and its other names there."""
    return {_MARK: {"sink": sink_name, "effect_key": effect_key}, "identifiers": dict(receipt.identifiers)}


def stated_by_hand(links: Links, sink_name: str, effect_key: str) -> Receipt | None:
    """The receipt of the fact of that key where a person linked it; None where nobody did."""
    wanted = {"sink": sink_name, "effect_key": effect_key}
    for link in reversed(links):
        detail = link.detail
        if isinstance(detail, Mapping) and detail.get(_MARK) == wanted:
            names = detail.get("identifiers")
            return Receipt(
                link.far.kind, link.far.id, identifiers=names or {}, lines=link.lines, note="linked by a person"
            )
    return None
