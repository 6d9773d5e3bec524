"""Checks where the store is, and what follows for what is sent where several processes share it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from urllib.parse import urlsplit

from crossdock.checking.assembly import Pipeline, Route
from crossdock.checking.look_up import Accounts
from crossdock.config import Entry, Findings, Scalar
from crossdock.store.open import SHARED

STORE = "sqlite:crossdock.db"
_SHARED = "postgresql://USER:${env:CROSSDOCK_DB_PASSWORD}@HOST/DATABASE"


def check_store(entry: Entry | None, store: str, findings: Findings) -> None:
    """Report a store that there is not. Says nothing of what stands in it: that may be a password."""
    if entry is None:
        return
    scheme, colon, rest = store.partition(":")
    mark = entry.value.mark
    if scheme in SHARED and rest.startswith("//"):
        _check_server(entry, store, findings)
    elif scheme != "sqlite" or not colon or not rest.strip("/ "):
        message = "`store` is sqlite:PATH or postgresql://…"
        findings.add(mark, "bad_value", message, fix=f"write `store: {STORE}`")


def _check_server(entry: Entry, store: str, findings: Findings) -> None:
    mark = entry.value.mark
    try:
        parts = urlsplit(store)
        password, _ = parts.password, parts.port
    except ValueError:
        findings.add(mark, "bad_value", "`store` is no address of a server", fix=f'write `store: "{_SHARED}"`')
        return
    if password and isinstance(entry.value, Scalar) and entry.value.template is None:
        message = "a password stands in the file as it is, in `store`"
        findings.warn(mark, "literal_secret", message, fix=f'write `store: "{_SHARED}"`')
    if find_spec("psycopg") is None:
        message = "a PostgreSQL store needs psycopg, which is not installed"
        findings.add(mark, "not_available", message, fix="pip install 'crossdock[postgresql]'")


def warn_of_sharing(
    entry: Entry | None, store: str, accounts: Accounts, pipelines: Mapping[str, Pipeline], findings: Findings
) -> None:
    """Name the routes that a process may serve twice if it is frozen between its last check and the first byte."""
    if entry is None or store.partition(":")[0] not in SHARED:
        return
    several = [f"{pipeline.name}: {route.name}" for pipeline, route in _unguarded(accounts, pipelines)]
    if several:
        message = f"`store` may be shared, and the remote side takes duplicates of {', '.join(several)}"
        fix = "let it refuse them if it can (`duplicates: reject`), or run these pipelines on one machine"
        findings.warn(entry.value.mark, "shared_store", message, fix=fix)


def _unguarded(accounts: Accounts, pipelines: Mapping[str, Pipeline]) -> Iterator[tuple[Pipeline, Route]]:
    for pipeline in pipelines.values():
        for route in pipeline.routes:
            connection = accounts.by_name[route.connection_name].made
            sink = copy.copy(route.sink)
            sink.bind(connection, None)  # type: ignore[arg-type]  # to ask its settings, not to send
            if sink.kind != "state" and not sink.refuses_duplicates:
                yield pipeline, route
