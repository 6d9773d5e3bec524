"""Opening the store for commands that mark work for the next run: who marks, and where."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crossdock.cli.outline import Outline
from crossdock.cli.vault import store_exists
from crossdock.clock import SystemClock
from crossdock.errors import ConfigError
from crossdock.store.open import open_store
from crossdock.store.protocol import Store


@asynccontextmanager
async def open_existing(outline: Outline) -> AsyncIterator[Store]:
    """The store of a definition. Raises: ConfigError where there is none yet."""
    if not store_exists(outline):
        raise ConfigError("there is no store yet", fix="`crossdock run` makes it", code="no_store")
    async with open_store(outline.store, clock=SystemClock(), folder=outline.folder) as store:
        yield store


def actor() -> str:
    """Who marks it, as the log names persons: the user that the process runs as."""
    return getpass.getuser()
