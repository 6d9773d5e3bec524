"""A store for commands that only look: tokens that they get are kept for themselves."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, cast

from crossdock.http import MemoryTokenStore, Token
from crossdock.store.protocol import Store


class _LookingStore:
    """Reads go to the store; a token is read there too, but a new one is kept in memory, so that nothing is written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._own = MemoryTokenStore()

    async def load(self, account: str) -> Token | None:
        """Our own token, else the stored one."""
        return await self._own.load(account) or await self._store.load(account)

    async def save(self, account: str, token: Token) -> None:
        """Keep a token in memory."""
        await self._own.save(account, token)

    def refreshing(self, account: str) -> AbstractAsyncContextManager[None]:
        """Hold the right to renew, among our own tasks."""
        return self._own.refreshing(account)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def looking(store: Store) -> Store:
    """The same store, left as it is by token calls."""
    return cast("Store", _LookingStore(store))
