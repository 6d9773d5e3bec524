"""A CSV file of links: read whole, every fault told with row and column."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from crossdock.cli.linking import Line, Wanted, to_lines
from crossdock.errors import ConfigError

_NEEDED = ("key", "name")
_KNOWN = (*_NEEDED, "line", "product", "quantity")


def read_wanted(file: Path) -> list[Wanted]:
    """The records to link: rows of one key and name are lines of one record. Raises: ConfigError with every fault."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened, strict=True)
            faults = _check_head(file.name, reader.fieldnames or ())
            rows = [] if faults else [(reader.line_num, row) for row in reader]
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{file.name} is no CSV file: {error}", fix="save it as CSV, UTF-8", code="bad_links"
        ) from None
    wanted: dict[str, Wanted] = {}
    for number, row in rows:
        faults += _take(file.name, number, row, wanted)
    if faults or not wanted:
        faults = faults or [f"{file.name} bears no row"]
        raise ConfigError("\n".join([*faults, "nothing was linked"]), fix="mend these rows", code="bad_links")
    return list(wanted.values())


def _check_head(name: str, columns: Sequence[str]) -> list[str]:
    faults = [f"{name}:1: there is no column {one}" for one in _NEEDED if one not in columns]
    unknown = [one for one in columns if one not in _KNOWN]
    return faults + [f"{name}:1: unknown column {one!r}; known are {', '.join(_KNOWN)}" for one in unknown]


def _take(file: str, number: int, row: Mapping[str | None, str | None], wanted: dict[str, Wanted]) -> list[str]:
    said = {str(column): (value or "").strip() for column, value in row.items() if isinstance(value, str)}
    faults = [f"{file}:{number}: column {one} is empty" for one in _NEEDED if not said.get(one)]
    if row.get(None):
        faults.append(f"{file}:{number}: more values than columns")
    if faults:
        return faults
    key, name = said["key"], said["name"]
    before = wanted.setdefault(key, Wanted(key, name, row=number))
    if before.name != name:
        return [f"{file}:{number}: column name: {key} is linked with {before.name} in row {before.row}"]
    line: Line = (said.get("line", ""), said.get("product", ""), said.get("quantity", ""))
    if not any(line):
        return (
            [] if before.row == number else [f"{file}:{number}: column key: {key} stands in row {before.row} already"]
        )
    try:
        to_lines([line])
    except ConfigError as error:
        return [f"{file}:{number}: column {'product' if not line[1] else 'quantity'}: {error.message}"]
    wanted[key] = Wanted(key, name, (*before.lines, line), before.row)
    return []
