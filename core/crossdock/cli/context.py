"""Opens what a command needs in the right order, and closes it: file, secrets, store, engine."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TextIO, cast

from crossdock.checking import Assembly, load
from crossdock.cli.options import Options
from crossdock.cli.outline import Outline, read_outline
from crossdock.cli.tokens import looking
from crossdock.cli.vault import Vault, load_key, mask_secrets_of, store_exists
from crossdock.clock import SystemClock
from crossdock.engine import Runtime
from crossdock.errors import PluginError
from crossdock.observe import logs
from crossdock.registry import Registry
from crossdock.store.open import open_store
from crossdock.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Loaded:
    """A definition that can be run, and its secrets, still locked."""

    outline: Outline
    assembly: Assembly
    vault: Vault


@dataclass(frozen=True, slots=True)
class Opened:
    """A runtime and the store it works with; None where a command only looks and there is no store yet."""

    runtime: Runtime
    store: Store | None


def configure_logs(options: Options, stream: TextIO | None = None) -> None:
    """Send logs to stderr, or to what stands in front of it."""
    logs.configure(cast("logs.Format", options.log_format), options.log_level, stream or sys.stderr)


def load_definition(options: Options, names: Sequence[str] = ()) -> Loaded:
    """Read and check the file. Raises: Faults; PluginError where a named pipeline is stopped by its plugin."""
    outline = read_outline(options.file)
    vault = Vault(outline)
    assembly = load(options.file, registry=Registry(), secrets=vault)
    for name in names:
        if name in assembly.stopped:
            raise PluginError(str(assembly.stopped[name]), code=assembly.stopped[name].code)
    mask_secrets_of(assembly.connections.values())
    if assembly.alerts is not None:
        mask_secrets_of([assembly.alerts])
    return Loaded(outline, assembly, vault)


@asynccontextmanager
async def open_runtime(loaded: Loaded) -> AsyncIterator[Opened]:
    """Open the store, make it where there is none, unlock the secrets, and start an engine on it."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(_store(loaded))
        await loaded.vault.unlock(store, loaded.assembly.needs_secrets)
        yield Opened(await stack.enter_async_context(Runtime.open(loaded.assembly, store)), store)


@asynccontextmanager
async def open_to_look(loaded: Loaded) -> AsyncIterator[Opened]:
    """The same for a command that changes nothing: no store is made, and none is written to."""
    async with AsyncExitStack() as stack:
        store: Store | None = None
        if store_exists(loaded.outline):
            store = looking(await stack.enter_async_context(_store(loaded)))
            await loaded.vault.unlock(store, loaded.assembly.needs_secrets)
        yield Opened(await stack.enter_async_context(Runtime.open(loaded.assembly, store)), store)


def _store(loaded: Loaded) -> Store:
    return open_store(loaded.outline.store, clock=SystemClock(), key=load_key(), folder=loaded.outline.folder)
