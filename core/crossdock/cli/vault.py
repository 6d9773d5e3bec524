"""Secrets as a definition needs them: their names when it is checked, their values when a run opens the store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from crossdock.cli.outline import Outline
from crossdock.clock import SystemClock
from crossdock.errors import ConfigError
from crossdock.observe.redact import register
from crossdock.store.cipher import Key
from crossdock.store.open import is_there, open_store
from crossdock.store.protocol import Store

if TYPE_CHECKING:
    from pydantic import BaseModel


def load_key() -> Key | None:
    """The key of this process, if it was given one. Raises: ConfigError where it is no key or others may read it."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return Key.load(os.environ, Path(folder) if folder else None)


class Vault:
    """The `SecretSource` of a definition: the store that the same file names.

    Names are read without a key. Values are read once, by `unlock`, since they are asked for in the midst of sending.
    """

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._values: dict[str, str] = {}

    def names(self) -> set[str] | None:
        """The names of the stored secrets; none where there is no store yet. Raises: StoreError."""
        if not self._outline.needs_secrets:
            return None
        return set(anyio.run(stored_secrets, self._outline))

    def reveal(self, name: str) -> str:
        """A value that was unlocked. Raises: ConfigError."""
        try:
            return self._values[name]
        except KeyError:
            raise ConfigError(
                f"the secret {name} was not unlocked", fix=f"run `crossdock secrets set {name}`"
            ) from None

    async def unlock(self, store: Store, names: Iterable[str]) -> None:
        """Read these secrets, and mask them from now on. Raises: ConfigError where the key is missing or wrong."""
        for name in sorted(names):
            value = await store.secret(name)
            if value is None:
                raise ConfigError(f"the secret {name} is not stored", fix=f"run `crossdock secrets set {name}`")
            register(value)
            self._values[name] = value


async def stored_secrets(outline: Outline) -> Mapping[str, datetime]:
    """Which secrets are stored and when each was set; makes no store where there is none."""
    if not store_exists(outline):
        return {}
    async with open_store(outline.store, clock=SystemClock(), folder=outline.folder) as store:
        return await store.secret_names()


def store_exists(outline: Outline) -> bool:
    """Whether there is a store to look at; opening one that is not there would make it. Raises: StoreError."""
    return is_there(outline.store, folder=outline.folder)


def mask_secrets_of(models: Iterable[BaseModel]) -> None:
    """Mask the secrets that came from the environment, from files, or stand in the definition as they are."""
    from pydantic import BaseModel

    from crossdock.contract.secret import Secret

    for model in models:
        for _, value in model:
            if isinstance(value, Secret) and "${secret:" not in value.origin:
                register(value.reveal())
            elif isinstance(value, BaseModel):
                mask_secrets_of([value])
