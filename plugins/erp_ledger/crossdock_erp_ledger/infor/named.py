"""What the rules of mappers name of a ledger's master data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from crossdock import Finding
from crossdock_erp_ledger.journal.cutoff import CutoffMapper
from crossdock_erp_ledger.journal.mapper import JournalMapper
from crossdock_erp_ledger.journal.rules import Place


@dataclass(frozen=True)
class Named:
    """The names that entries may bear, by what they are; those that a line decides (`{node}`) are not among them."""

    accounts: set[str] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)
    dimensions: dict[str, set[str]] = field(default_factory=dict)
    """Values, by the dimension's name."""
    zones: set[str] = field(default_factory=set)

    @classmethod
    def by(cls, components: Iterable[Any]) -> Named:
        """What these components name."""
        named = cls()
        for component in components:
            for place in _places(component):
                named._take(place)
            if isinstance(component, JournalMapper):
                named.zones.add(component.timezone)
                named.customers.update(component.customers.values())
                named.customers.update(rule.customer for rule in component.rules if rule.customer)
        return named

    def _take(self, place: Place) -> None:
        self.accounts.add(place.account)
        if place.unit:
            self.units.add(place.unit)
        for name, value in place.dimensions.items():
            known = self.dimensions.setdefault(name, set())
            if "{" not in value:
                known.add(value)


def zone_findings(named: Named, zone: str) -> list[Finding]:
    """Whether mappers and books mean the same days."""
    fix = f"write `timezone: {zone}` in the mapper, if these are the books' days"
    others = sorted(named.zones - {zone})
    return [Finding("fail", f"the mapper's days are those of {one}, the books' those of {zone}", fix) for one in others]


def _places(component: Any) -> Iterator[Place]:
    if isinstance(component, JournalMapper):
        kept: Sequence[Place] = [component.suspense] if component.suspense else []
        yield from (*component.rules, *component.clearing.values(), *kept)
    elif isinstance(component, CutoffMapper):
        yield from component.deferred.values()
