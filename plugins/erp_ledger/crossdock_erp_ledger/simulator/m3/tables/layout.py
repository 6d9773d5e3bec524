"""How the tables are written: `NAME:t10`, a `*` where it is mandatory, `t` text or `n` number; outputs `NAME:10`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a transaction."""

    name: str
    mandatory: bool
    numeric: bool
    length: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction: its inputs, and its outputs with their lengths."""

    inputs: Mapping[str, Input]
    outputs: Mapping[str, int]


def read(tables: Mapping[str, tuple[str, str]]) -> dict[str, Transaction]:
    """Read a program's tables."""
    return {
        name: Transaction(
            {one.name: one for one in map(_input, inputs.split())},
            {field: int(length) for field, _, length in (text.partition(":") for text in outputs.split())},
        )
        for name, (inputs, outputs) in tables.items()
    }


def _input(text: str) -> Input:
    name, _, kind = text.partition(":")
    return Input(name.rstrip("*"), name.endswith("*"), kind[0] == "n", int(kind[1:]))
