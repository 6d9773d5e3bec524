"""Which account: rules as an accountant writes them, of which the first that fits decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from crossdock.errors import HoldError

Name = Annotated[str, Field(min_length=1)]


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[
    tuple[Name, ...], BeforeValidator(_several, json_schema_input_type=Name | tuple[Name, ...]), Field(min_length=1)
]
"""One text or a list of them; with `*` at the end, all that begin so. Case does not matter."""


class Place(BaseModel):
    """Where an amount is posted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Name
    unit: Name | None = None
    """The accounting unit: a cost or profit centre."""
    dimensions: Annotated[Mapping[str, Name], Field(default_factory=dict)]
    """As the ledger calls them; `{market}`, `{node}`, `{category}`, `{fulfilment}`, `{state}` stand for what the line
    bears."""


def _as_place(value: object) -> object:
    return {"account": value} if isinstance(value, str) else value


PlaceOrAccount = Annotated[Place, BeforeValidator(_as_place, json_schema_input_type=Name | Place)]
"""A place; an account alone is written as a text."""


@dataclass(frozen=True, slots=True)
class Facets:
    """What a line bears that rules look at."""

    event: str
    channel: str | None = None
    market: str | None = None
    category: str | None = None
    product_type: str | None = None
    sku: str | None = None
    fulfilment: str | None = None
    node: str | None = None
    state: str | None = None
    description: str | None = None

    def told(self) -> str:
        """What was looked for, as a person reads it."""
        known = ((one.name, getattr(self, one.name)) for one in fields(self))
        return ", ".join(f"{name} {value}" for name, value in known if value)


class Match(BaseModel):
    """What a line must bear for a rule to fit; what is left out may be anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: Texts | None = None
    market: Texts | None = None
    category: Texts | None = None
    product_type: Texts | None = None
    sku: Texts | None = None
    fulfilment: Texts | None = None
    """`seller`, `wfs` (the channel's own warehouse) or `third_party`."""
    node: Texts | None = None
    state: Texts | None = None
    description: Texts | None = None
    """What a settlement calls the amount."""

    def fits(self, facets: Facets) -> bool:
        """Whether all that it asks for is there."""
        asked = ((name, getattr(self, name)) for name in type(self).model_fields)
        return all(wanted is None or _fits(wanted, getattr(facets, name)) for name, wanted in asked)


class Rule(Place):
    """Where what fits is posted, and for which customer of the ledger."""

    match: Annotated[Match, Field(default_factory=Match)]
    customer: Name | None = None
    priority: int = 0
    """Higher ones are tried first; of equal ones, the one that is written first."""


@dataclass(frozen=True)
class Target:
    """An account as it was found, or as it was posted to before."""

    account: str
    unit: str | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    customer: str | None = None


@dataclass(frozen=True)
class Chart:
    """All rules, and what stands beside them."""

    rules: Sequence[Rule]
    clearing: Mapping[str, Place]
    categories: Mapping[str, str]
    suspense: Place | None = None

    def category_of(self, sku: str | None) -> str | None:
        """The category of a SKU: by its own name, else by the longest beginning that is listed."""
        wanted = (sku or "").casefold()
        best = max((name for name in self.categories if _matches(name, wanted)), key=_exactness, default=None)
        return None if best is None else self.categories[best]

    def find(self, facets: Facets) -> Target | None:
        """Where a line goes by the rules; None where none fits."""
        if facets.category is None:
            facets = replace(facets, category=self.category_of(facets.sku))
        for rule in sorted(self.rules, key=lambda rule: -rule.priority):
            if rule.match.fits(facets):
                return _target(rule, facets, rule.customer)
        return None

    def place(self, facets: Facets, subject: str) -> Target:
        """Where a line goes. Raises: HoldError, naming the line and what was looked for, where no rule fits."""
        found = self.find(facets) or (_target(self.suspense, facets) if self.suspense else None)
        if found is not None:
            return found
        facets = replace(facets, category=facets.category or self.category_of(facets.sku))
        raise HoldError(
            "unmapped_account",
            f"{subject}: no rule fits {facets.told()}",
            fix=f"add one to `rules`, as in `- {{match: {{event: {facets.event}}}, account: …}}`; "
            "it is then planned again by itself",
            event=facets.event,
            category=facets.category,
        )

    def clear(self, facets: Facets, currency: str, subject: str) -> Target:
        """The account of what the channel owes, by market and currency. Raises: HoldError where none is named."""
        market = facets.market or ""
        place = self.clearing.get(f"{market}/{currency}") or self.clearing.get(market)
        if place is None:
            raise HoldError(
                "unmapped_account",
                f"{subject}: there is no clearing account for market {market or '(none)'} in {currency}",
                fix=f'write `clearing: {{"{market}/{currency}": ACCOUNT}}`; it is then planned again by itself',
                event="clearing",
            )
        return _target(place, facets)


def _target(place: Place, facets: Facets, customer: str | None = None) -> Target:
    known = {one.name: getattr(facets, one.name) or "" for one in fields(facets)}
    named = {name: _filled(text, known) for name, text in place.dimensions.items()}
    dimensions = {name: text for name, text in named.items() if text}
    return Target(place.account, place.unit, dimensions, customer)


def _filled(text: str, known: Mapping[str, str]) -> str:
    if text.startswith("{") and text.endswith("}"):
        return known.get(text[1:-1], text)
    return text


def _fits(wanted: Sequence[str], value: str | None) -> bool:
    return value is not None and any(_matches(one, value.casefold()) for one in wanted)


def _matches(pattern: str, value: str) -> bool:
    pattern = pattern.casefold()
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def _exactness(pattern: str) -> tuple[bool, int]:
    return not pattern.endswith("*"), len(pattern)
