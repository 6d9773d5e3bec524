"""Who wins, field by field, where two systems keep the same customer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from crossdock import HoldError, Links
from crossdock_erp_ledger.infor.m3.customer_fields import FieldName, digest

Wins = Literal["source", "target", "newest"]
Values = Mapping[FieldName, Mapping[str, str]]
AGREED_AT = "*"


def agreed(links: Links) -> dict[str, str]:
    """What both sides last agreed on, by field, as digests: whichever direction wrote it. Nothing where they never did.

    It is kept in the links that each direction leaves, with the time.
    """
    kept = [link.lines for link in links if isinstance(link.lines.get(AGREED_AT), Mapping)]
    newest = max(kept, key=lambda lines: str(lines[AGREED_AT].get("at", "")), default=None)
    found = {} if newest is None else newest
    return {
        field: str(beside["value"])
        for field, beside in found.items()
        if isinstance(beside, Mapping) and "value" in beside
    }


@dataclass(frozen=True, slots=True)
class Side:
    """A customer as one side has it."""

    values: Values
    changed_on: date | None


@dataclass(frozen=True, slots=True)
class Judge:
    """Decides for one customer. `choice` is what a person decided, and goes before every rule."""

    number: str
    source: Side
    target: Side
    base: Mapping[str, str]
    """What both agreed on."""
    choice: str | None = None

    def taken(self, wins: Mapping[FieldName, Wins]) -> dict[FieldName, Mapping[str, str]]:
        """The fields that the target is to take, with their values. Raises: HoldError where `newest` cannot tell.

        What only one side changed since both agreed is that side's. Where both did, or never agreed, the rule decides.
        Nothing is cleared: M3 takes what is empty for what is to stay.
        """
        found: dict[FieldName, Mapping[str, str]] = {}
        for field, rule in wins.items():
            theirs = self.target.values[field]
            ours = {name: text or theirs[name] for name, text in self.source.values[field].items()}
            if digest(ours) != digest(theirs) and self._is_taken(field, rule):
                found[field] = ours
        return found

    def _is_taken(self, field: FieldName, rule: Wins) -> bool:
        if digest(self.target.values[field]) == self.base.get(field):
            return True
        if digest(self.source.values[field]) == self.base.get(field):
            return False
        if self.choice in ("source", "target"):
            return self.choice == "source"
        return self._is_newer(field) if rule == "newest" else rule == "source"

    def _is_newer(self, field: FieldName) -> bool:
        ours, theirs = self.source.changed_on, self.target.changed_on
        if ours is None or theirs is None or ours == theirs:
            raise HoldError(
                "customer_conflict",
                f"customer {self.number}: both sides changed {field}, and M3 keeps the day of a change alone",
                fix=f"`crossdock resolve ID source`, or `target`; or write `{field}: source` in `fields` of the sink",
            )
        return ours > theirs
