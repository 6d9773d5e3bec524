"""Finds what `use:` and `connection:` stand for, and reports what they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from crossdock.checking.section import Section
from crossdock.checking.words import listed, nearest
from crossdock.config import Entry, Fault, Findings, Mark
from crossdock.contract.connection import Connection
from crossdock.errors import ConfigError, PluginError

FoundT = TypeVar("FoundT")


@dataclass(frozen=True, slots=True)
class Use:
    """A word after `use:` and where it stands."""

    word: str
    mark: Mark

    @property
    def plugin(self) -> str:
        """The plugin's part of it."""
        return self.word.partition(".")[0]


@dataclass(slots=True)
class Outcome:
    """Why a pipeline or connection is left out, where a plugin of it is absent or broken."""

    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A connection as far as it could be read: its class and its settings may each be missing."""

    name: str
    mark: Mark
    use: Use | None = None
    model: type[Connection] | None = None
    made: Connection | None = None
    stopped: Fault | None = None
    digest: str = ""
    """Of its settings but `auth`."""


@dataclass(slots=True)
class Accounts:
    """The connections of a definition, and which of them something uses."""

    by_name: Mapping[str, Account]
    used: set[str] = field(default_factory=set)


def read_use(section: Section, example: str) -> Use | None:
    """The `use:` of a component."""
    entry = section.take("use")
    if entry is None:
        section.missing("use", fix=f"add `use: {example}`")
        return None
    word = section.text("use", example=example)
    return None if word is None else Use(word, entry.value.mark)


def find(use: Use, look_up: Callable[[str], FoundT], findings: Findings, outcome: Outcome) -> FoundT | None:
    """What the registry has for it; a plugin that is absent or broken is noted in `outcome`."""
    try:
        return look_up(use.word)
    except PluginError as error:
        outcome.fault = outcome.fault or _report(use, error, findings)
    except ConfigError as error:
        _report(use, error, findings)
    return None


def find_account(
    section: Section, wanted: type[Connection] | None, accounts: Accounts, findings: Findings
) -> Account | None:
    """The connection that a source or sink names, if it is there and of its kind."""
    entry = section.take("connection")
    fitting = [a.name for a in accounts.by_name.values() if wanted is None or (a.model and issubclass(a.model, wanted))]
    if entry is None:
        fix = f"add `connection: {fitting[0]}`" if fitting else "define one under `connections:` and name it here"
        section.missing("connection", fix=fix, valid=f"fitting connections: {listed(fitting)}")
        return None
    name = section.text("connection", example=fitting[0] if fitting else "NAME")
    if name is None:
        return None
    account = accounts.by_name.get(name)
    if account is None:
        _report_unknown(entry, name, fitting, accounts, findings)
        return None
    accounts.used.add(name)
    if wanted is not None and account.model is not None and not issubclass(account.model, wanted):
        _report_foreign(section, entry, account, fitting, findings)
        return None
    return account


def _report(use: Use, error: ConfigError | PluginError, findings: Findings) -> Fault:
    return findings.add(use.mark, error.code, error.message, valid=error.facts.get("valid"), fix=error.fix)


def _report_unknown(entry: Entry, name: str, fitting: list[str], accounts: Accounts, findings: Findings) -> None:
    near = nearest(name, accounts.by_name)
    if near is not None:
        accounts.used.add(near)  # it is a slip of the pen: saying that the other one is unused would only confuse
    choice = near or (fitting[0] if len(fitting) == 1 else None)
    findings.add(
        entry.value.mark,
        "unknown_connection",
        f"there is no connection '{name}'",
        valid=f"connections: {listed(accounts.by_name)}",
        fix=f"write `connection: {choice}`" if choice else f"define `{name}` under `connections:`",
    )


def _report_foreign(section: Section, entry: Entry, account: Account, fitting: list[str], findings: Findings) -> None:
    kind = account.use.word if account.use else "another plugin"
    findings.add(
        entry.value.mark,
        "connection_of_other_plugin",
        f"{section.what} cannot work on {account.name}, a connection of {kind}",
        valid=f"fitting connections: {listed(fitting)}",
        fix=f"write `connection: {fitting[0]}`" if fitting else "define a fitting one under `connections:`",
    )
