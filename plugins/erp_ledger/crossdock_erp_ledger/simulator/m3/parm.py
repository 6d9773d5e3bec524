"""The columns of PARM, which the template defines: configuration on both sides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from crossdock_erp_ledger.simulator.m3.nok import Nok


class Column(NamedTuple):
    """One column, counted from 1. Its text stands at the left or at the right of it."""

    field: str
    start: int
    length: int
    align: Literal["left", "right"] = "left"


DEFAULT_LAYOUT = (
    Column("INRI", 1, 2),
    Column("", 3, 9),  # the run's number, which is not kept
    Column("GRNR", 12, 8),
    Column("DIVI", 20, 3),
    Column("AIT1", 23, 10),
    Column("AIT2", 33, 10),
    Column("AIT3", 43, 10),
    Column("CUCD", 53, 3),
    Column("CUAM", 56, 17, "right"),
    Column("ACAM", 73, 17, "right"),
    Column("DBCR", 90, 1),
    Column("ACDT", 91, 8),
    Column("VTXT", 99, 40),
)


def decode(parm: str, layout: Iterable[Column]) -> dict[str, str]:
    """The fields of a line. Raises: Nok, where text does not stand as its column wants it, or outside of all."""
    rest = list(parm)
    fields: dict[str, str] = {}
    for column in layout:
        at = slice(column.start - 1, column.start - 1 + column.length)
        cell = parm[at].ljust(column.length)
        rest[at] = " " * len(rest[at])
        text = cell.strip()
        placed = cell.startswith(text) if column.align == "left" else cell.endswith(text)
        if text and not placed:
            raise Nok(f"PARM has no valid {column.field or 'run number'} at {column.start}", "PARM")
        if column.field and text:
            fields[column.field] = text
    if "".join(rest).strip():
        raise Nok("PARM has text outside of the template's columns", "PARM")
    return fields
