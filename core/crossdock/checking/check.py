"""The whole check: from a file to an assembly, with every fault at once and in file order."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from crossdock.checking.alerting import AlertSettings, read_alerts
from crossdock.checking.assembly import Assembly, Checked, Pipeline
from crossdock.checking.connections import ConnectionChecker
from crossdock.checking.digest import digest
from crossdock.checking.keeping import STORE, check_store, warn_of_sharing
from crossdock.checking.keeping_up import warn_of_lag
from crossdock.checking.look_up import Account, Accounts
from crossdock.checking.names import check_names
from crossdock.checking.pipelines import PipelineChecker
from crossdock.checking.section import Section, is_broken, position, read_table
from crossdock.config import Document, Entry, Fault, Faults, Findings, Scalar, SecretSource, describe, read_document
from crossdock.registry import Registry

_STOPS_ONLY_ITS_PIPELINES = frozenset({"unknown_plugin", "broken_plugin"})


def check(
    path: Path, *, registry: Registry, env: Mapping[str, str] | None = None, secrets: SecretSource | None = None
) -> Checked:
    """Check a definition whole.

    There is an assembly where nothing is wrong, and where only plugins are absent or broken: it then lacks the
    pipelines that need them. `env` defaults to the environment of the process; without `secrets` their names are taken
    on trust.
    """
    findings = Findings()
    document = read_document(path, env=os.environ if env is None else env, secrets=secrets, findings=findings)
    assembly = None if document is None else _Checker(registry, findings).assemble(document)
    return Checked(assembly, tuple(findings))


def load(
    path: Path, *, registry: Registry, env: Mapping[str, str] | None = None, secrets: SecretSource | None = None
) -> Assembly:
    """The assembly of a definition that can be run. Raises: Faults, with everything that was found."""
    checked = check(path, registry=registry, env=env, secrets=secrets)
    if checked.assembly is None or (checked.assembly.stopped and not checked.assembly.pipelines):
        raise Faults(checked.faults)
    return checked.assembly


class _Top(NamedTuple):
    store: str
    retain_payload: timedelta
    alerts: AlertSettings | None
    connections: tuple[Entry, ...]
    pipelines: tuple[Entry, ...]


class _Checker:
    def __init__(self, registry: Registry, findings: Findings) -> None:
        self._registry = registry
        self._findings = findings

    def assemble(self, document: Document) -> Assembly | None:
        top = self._top(document)
        accounts = self._accounts(top.connections)
        pipelines, stopped = self._pipelines(top.pipelines, accounts)
        self._warn_of_unused(accounts, top)
        if not self._findings.errors:
            warn_of_sharing(document.root.entries.get("store"), top.store, accounts, pipelines, self._findings)
            warn_of_lag(accounts, pipelines, top.pipelines, self._findings)
        if any(fault.code not in _STOPS_ONLY_ITS_PIPELINES for fault in self._findings.errors):
            return None
        return Assembly(
            file=document.files[0],
            files=document.files,
            store=top.store,
            retain_payload=top.retain_payload,
            connections={name: account.made for name, account in accounts.by_name.items() if account.made is not None},
            pipelines=pipelines,
            needs_secrets=document.needs_secrets,
            fingerprint=digest(document.root),
            stopped=stopped,
            alerts=top.alerts,
            warnings=tuple(fault for fault in self._findings if fault.severity == "warning"),
        )

    def _top(self, document: Document) -> _Top:
        section = Section(document.root, document.root.mark, "the definition", self._findings)
        self._check_version(section)
        store = section.text("store", example=STORE) or STORE
        check_store(section.table.entries.get("store"), store, self._findings)
        self._check_engine(section)
        retained = section.duration("retain_payload", timedelta(days=90), example="90d") or timedelta(days=90)
        alerts = read_alerts(section.take("alerts"), self._findings)
        connections = self._entries(section, "connections", "connection")
        pipelines = self._entries(section, "pipelines", "pipeline")
        section.close()
        return _Top(store, retained, alerts, connections, pipelines)

    def _check_version(self, section: Section) -> None:
        entry = section.take("version")
        if entry is None:
            section.missing("version", fix="write `version: 1` as the first line")
        elif not is_broken(entry.value) and not (isinstance(entry.value, Scalar) and entry.value.text == "1"):
            message = f"this crossdock reads definitions of version 1; found {describe(entry.value)}"
            self._findings.add(position(entry), "bad_value", message, fix="write `version: 1`")

    def _check_engine(self, section: Section) -> None:
        entry = section.take("engine")
        engine = section.text("engine", example="embedded")
        if entry is None or engine in (None, "embedded"):
            return
        if engine == "procrastinate":
            message, code = "the engine procrastinate is not available in this version", "not_available"
        else:
            message, code = f"there is no engine '{engine}'", "bad_value"
        self._findings.add(entry.value.mark, code, message, valid="engines: embedded", fix="remove `engine`")

    def _entries(self, section: Section, key: str, noun: str) -> tuple[Entry, ...]:
        entry = section.take(key)
        if entry is None:
            if key == "connections":
                section.missing(key, fix="add `connections:` with one account for each remote system")
            return ()
        example = f"{key}: {{NAME: {{…}}}}"
        table = read_table(entry, "the definition", example, self._findings)
        entries = () if table is None else tuple(table)
        check_names(entries, noun, self._findings)
        return entries

    def _accounts(self, entries: tuple[Entry, ...]) -> Accounts:
        checker = ConnectionChecker(self._registry, self._findings)
        found: dict[str, Account] = {entry.key: checker.check(entry) for entry in entries}
        return Accounts(found)

    def _pipelines(
        self, entries: tuple[Entry, ...], accounts: Accounts
    ) -> tuple[dict[str, Pipeline], dict[str, Fault]]:
        checker = PipelineChecker(self._registry, accounts, self._findings)
        pipelines: dict[str, Pipeline] = {}
        stopped: dict[str, Fault] = {}
        for entry in entries:
            pipeline, fault = checker.check(entry)
            if pipeline is not None:
                pipelines[entry.key] = pipeline
            elif fault is not None:
                stopped[entry.key] = fault
        return pipelines, stopped

    def _warn_of_unused(self, accounts: Accounts, top: _Top) -> None:
        # A file without pipelines is being begun, to test its connections; one with faults has more pressing ones.
        if not top.pipelines or self._findings.errors:
            return
        for account in accounts.by_name.values():
            if account.name not in accounts.used:
                message = f"no pipeline uses the connection {account.name}"
                self._findings.warn(
                    account.mark, "unused_connection", message, fix="remove it, or name it in a pipeline"
                )
