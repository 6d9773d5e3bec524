"""The carriers that Walmart knows by name: a table with a version, and names that mean the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from crossdock.jsonio import loads


@dataclass(frozen=True, slots=True)
class CarrierTable:
    """Walmart's values of `carrierName.carrier`, spelt as Walmart wants them, by every name we know them under."""

    version: str
    values: tuple[str, ...]
    names: Mapping[str, str]
    """Normalised names and aliases, each with the value it means."""

    def find(self, name: str) -> str | None:
        """Walmart's spelling of a carrier, or None where it knows none of that name."""
        return self.names.get(normalised(name))

    def supports(self, value: str) -> str | None:
        """Walmart's spelling of one of its own values; an alias is none."""
        wanted = normalised(value)
        return next((known for known in self.values if normalised(known) == wanted), None)

    def extended(self, more: Iterable[str]) -> CarrierTable:
        """The same, with values that Walmart took up since this version of the table."""
        added = tuple(value for value in more if self.supports(value) is None)
        names = {**self.names, **{normalised(value): value for value in added}}
        return CarrierTable(self.version, (*self.values, *added), names)


@cache
def carrier_table() -> CarrierTable:
    """The table of the US market. Source: its data file, `carriers.json`, which says what it was taken from."""
    data = loads(files("crossdock_walmart").joinpath("carriers.json").read_bytes())
    names: dict[str, str] = {}
    for carrier in data["carriers"]:
        for name in (carrier["value"], *carrier.get("aliases", ())):
            names[normalised(name)] = carrier["value"]
    return CarrierTable(data["version"], tuple(carrier["value"] for carrier in data["carriers"]), names)


def normalised(name: str) -> str:
    """A name without case, accents, spaces and punctuation: "U.P.S." and "ups" are one."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", name).casefold() if letter.isalnum())
