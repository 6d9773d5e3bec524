"""Checks: symptoms that `doctor` looks for, each with the way to mend it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from crossdock.contract.component import Component
from crossdock.contract.connection import Connection
from crossdock.http.types import Reader

Verdict = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: a sentence, and how to mend it where it fails."""

    verdict: Verdict
    message: str
    fix: str | None = None


def passed(message: str) -> Finding:
    """All is well."""
    return Finding("pass", message)


def failed(message: str, fix: str) -> Finding:
    """Something is wrong, and this mends it."""
    return Finding("fail", message, fix)


def unknown(message: str, fix: str | None = None) -> Finding:
    """It could not be found out; `fix` says how a person finds out."""
    return Finding("unknown", message, fix)


class Check(ABC):
    """One symptom of one kind of connection. Offered by `register_checks`; core runs it for each connection of it."""

    name: ClassVar[str]
    """A word, as codes are: "ship_nodes"."""
    connection: ClassVar[type[Connection]]

    @abstractmethod
    async def run(self, connection: Any, http: Reader, components: Sequence[Component]) -> Sequence[Finding]:
        """Look, reading only.

        `components` are those of the pipelines that use the connection: its sources and sinks, and the mappers of all
        their routes, bound to nothing. What is raised counts as unknown.
        """
