"""A store for commands that only look: what they learn of accounts is kept for themselves."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, cast

from crossdock.http import Ask, MemoryCircuits, MemoryQuotas, MemoryTokenStore, Outage, Rate, Rented, Token, Told
from crossdock.store.protocol import LEASE, Store


class _LookingStore:
    """Reads go to the store; a token is read there too, but a new one is kept in memory, so that nothing is written.

    So are quotas, whose reserve has room for a few calls that nobody else counts.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._own = MemoryTokenStore()
        self._quotas = MemoryQuotas()
        self._circuits = MemoryCircuits()

    async def load(self, account: str) -> Token | None:
        """Our own token, else the stored one."""
        return await self._own.load(account) or await self._store.load(account)

    async def save(self, account: str, token: Token) -> None:
        """Keep a token in memory."""
        await self._own.save(account, token)

    def refreshing(self, account: str, length: timedelta = LEASE) -> AbstractAsyncContextManager[None]:
        """Hold the right to renew, among our own tasks."""
        return self._own.refreshing(account, length)

    async def rent(self, account: str, rate: Rate, ask: Ask, now: datetime) -> Rented:
        """Rent calls of our own bucket."""
        return await self._quotas.rent(account, rate, ask, now)

    async def correct(self, account: str, rate: Rate, told: Told, now: datetime) -> None:
        """Believe the vendor, for ourselves."""
        await self._quotas.correct(account, rate, told, now)

    async def give_back(self, account: str, rate: Rate, calls: int, now: datetime) -> None:
        """Put back into our own bucket."""
        await self._quotas.give_back(account, rate, calls, now)

    async def outage(self, account: str) -> Outage | None:
        """What we met ourselves: a person who looks wants to know how it is now."""
        return await self._circuits.outage(account)

    async def lost(self, outage: Outage) -> None:
        """Keep an outage for ourselves."""
        await self._circuits.lost(outage)

    async def restored(self, account: str) -> None:
        """Forget it."""
        await self._circuits.restored(account)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def looking(store: Store) -> Store:
    """The same store, left as it is by calls to accounts."""
    return cast("Store", _LookingStore(store))
