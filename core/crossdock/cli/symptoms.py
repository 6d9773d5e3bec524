"""What can be seen without asking any remote system: key, disk, store, its log, and what waits for a person."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from crossdock.cli.outline import Outline
from crossdock.cli.vault import load_key, store_exists
from crossdock.clock import SystemClock
from crossdock.contract.checks import Finding, failed, passed, unknown
from crossdock.engine.examining import Examined
from crossdock.errors import ConfigError, StoreError
from crossdock.store import auditing
from crossdock.store.open import open_store
from crossdock.store.protocol import Store
from crossdock.store.rows import Runner, State

_LEAST_FREE = 1024**3  # bytes


async def symptoms(outline: Outline) -> list[Examined]:
    """All of them, those of the store as far as it opens."""
    found = [Examined("key", "this process", await _key(outline))]
    if not store_exists(outline):
        return [*found, Examined("store", outline.store, unknown("it is not there yet", "the first run makes it"))]
    try:
        async with _opened(outline) as store:
            return found + [Examined(*one) for one in await _store(store, outline)]
    except (ConfigError, StoreError) as error:
        check = "schema" if error.code == "store_newer" else "store"
        return [*found, Examined(check, outline.store, failed(error.message, error.fix or "restore a backup"))]


@asynccontextmanager
async def _opened(outline: Outline) -> AsyncIterator[Store]:
    async with open_store(outline.store, clock=SystemClock(), folder=outline.folder) as store:
        yield store


async def _key(outline: Outline) -> Finding:
    """Whether the key is there that stored secrets need."""
    try:
        key = load_key()
    except ConfigError as error:
        return failed(error.message, error.fix or "give the key")
    if not outline.needs_secrets:
        return passed("none is needed" if key is None else f"key {key.id} is given")
    if key is None:
        return failed("the file uses stored secrets, and no key was given", "give it: CROSSDOCK_KEY_FILE=PATH")
    if not store_exists(outline):
        return passed(f"key {key.id} is given")
    try:
        async with open_store(outline.store, clock=SystemClock(), key=key, folder=outline.folder) as store:
            missing = [name for name in sorted(outline.needs_secrets) if await store.secret(name) is None]
    except (ConfigError, StoreError) as error:
        return failed(error.message, error.fix or "give the key under which they were stored")
    if missing:
        return failed(f"not stored: {', '.join(missing)}", f"`crossdock secrets set {missing[0]}`")
    return passed(f"key {key.id} opens every secret that the file uses")


async def _store(store: Store, outline: Outline) -> list[tuple[str, str, Finding]]:
    path = getattr(store, "path", None)
    told = f"version {await store.schema_version()}, as this crossdock makes it"
    found = [("store", outline.store, passed("it opens")), ("schema", outline.store, passed(told))]
    found += [("run", outline.store, _running(runner)) for runner in await store.runners()]
    if isinstance(path, Path):
        found += [("disk", str(path.parent), _disk(path)), ("mode", path.name, _mode(path))]
    verdict = await auditing.verify(store)
    log = passed(f"all {verdict.rows} rows are as they were written")
    if verdict.fault is not None:
        log = failed(verdict.fault, "restore a backup from before, and find out who writes to the store")
    found.append(("audit", outline.store, log))
    return found + await _people(store, outline) + await _connections(store)


def _running(runner: Runner) -> Finding:
    """Who runs pipelines now. Whoever is gone hinders nobody: what it left unknown is looked for by the next run."""
    what = f"{runner.owner} runs {', '.join(runner.pipelines) or 'the pipelines'}"
    if runner.sign == "running":
        return passed(what)
    if runner.sign == "silent":
        fix = "see whether it is frozen or cut off from the store; another run takes over meanwhile"
        return failed(f"{what}, and gives no sign of life", fix)
    told = f"{runner.owner} did not end its run of {', '.join(runner.pipelines) or 'the pipelines'}"
    fix = "if no container or machine beside this one runs it, start `crossdock run`: it takes over by itself"
    return unknown(f"{told}: it was killed, or cannot be seen from here", fix)


def _disk(path: Path) -> Finding:
    free = shutil.disk_usage(path.parent).free
    told = f"{free / 1024**3:.1f} GiB are free"
    return passed(told) if free >= _LEAST_FREE else failed(told, "make room: nothing is sent that cannot be recorded")


def _mode(path: Path) -> Finding:
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return failed(f"others may read it (mode {mode:04o}), and it holds buyers' data", f"chmod 600 {path}")
    return passed("only its owner may read it")


async def _people(store: Store, outline: Outline) -> list[tuple[str, str, Finding]]:
    """What waits for a person, by pipeline."""
    found = []
    for status in await store.status(list(outline.customers)):
        held, dead = status.counts.get(State.HELD, 0), status.counts.get(State.DEAD, 0)
        finding = passed("nothing waits for a person")
        if held or dead:
            fix = f"`crossdock deliveries --pipeline {status.name} --state {'held' if held else 'dead'}`"
            finding = failed(f"{held} held, {dead} dead", fix)
        found.append(("deliveries", status.name, finding))
    for pause in await store.pauses():
        told = f"paused by {pause.actor} since {pause.at:%Y-%m-%d %H:%M %Z}: {pause.reason or 'no reason given'}"
        found.append(("paused", f"{pause.kind} {pause.name}", failed(told, f"`crossdock resume {pause.name}`")))
    return found


async def _connections(store: Store) -> list[tuple[str, str, Finding]]:
    """What is known of accounts without asking them."""
    found = []
    for row in await store.all_credentials():
        if row.refusal is not None:
            fix = row.refusal.fix or f"`crossdock resume {row.connection}`"
            found.append(("credentials", row.connection, failed(row.refusal.reason, fix)))
    for outage in await store.outages():
        told = f"lost since {outage.since:%Y-%m-%d %H:%M:%S %Z}: {outage.reason}"
        found.append(("reachable", outage.connection, failed(told, "it is tried again by itself; see why it is away")))
    drift = await store.drift()
    for component in sorted({one.component for one in drift}):
        gone = [one.path for one in drift if one.component == component and one.gone]
        new = [one.path for one in drift if one.component == component and not one.gone]
        told = f"{len(new)} new fields, {len(gone)} gone: {', '.join([*gone, *new][:5])}"
        found.append(("drift", component, unknown(told, "nothing fails by it; an upgrade of the plugin may know more")))
    for quota in await store.quotas():
        if quota.left == 0:
            told = f"{quota.name}: nothing is left of {quota.calls} calls in {quota.per_s:g} s"
            found.append(("quota", quota.account, failed(told, "it refills by itself; read or plan less often")))
    return found
