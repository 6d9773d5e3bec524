"""Countries by either ISO code or by name. The table holds the codes and short names of ISO 3166-1."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _table() -> dict[tuple[str, str], dict[str, str]]:
    text = (Path(__file__).parent / "countries.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in csv.DictReader(text.splitlines()):
        country = {"iso2Code": row["iso2"], "iso3Code": row["iso3"], "name": row["name"]}
        found.update(dict.fromkeys(country.items(), country))
    return found


def find_country(given: dict[str, Any]) -> dict[str, str] | None:
    """Resolve a country: the first identifier that is given decides, and nothing else is tried when it is unknown."""
    for key in ("iso2Code", "iso3Code", "name"):
        if given.get(key) is not None:
            return _table().get((key, str(given[key])))
    return None
