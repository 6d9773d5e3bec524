"""Tokens: renewed ahead of expiry, by one task of one process at a time."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol

import anyio

from crossdock.clock import Clock
from crossdock.errors import CredentialsError, TransientError
from crossdock.http.types import Authenticator, Request, Response, Token

# How long an answer of a failing token service holds, while the old token still serves.
_BREATHER = timedelta(seconds=5)
_LONGEST = timedelta(seconds=90)


class TokenStore(Protocol):
    """Keeps tokens, and lets one at a time renew the token of an account."""

    async def load(self, account: str) -> Token | None:
        """The stored token of an account."""
        ...

    async def save(self, account: str, token: Token) -> None:
        """Keep a token."""
        ...

    def refreshing(self, account: str, length: timedelta = ...) -> AbstractAsyncContextManager[None]:
        """Hold the right to renew an account's token, across processes; at most that long, should its holder freeze."""
        ...


class MemoryTokenStore:
    """Keeps tokens in this process only."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._locks: dict[str, anyio.Lock] = {}

    async def load(self, account: str) -> Token | None:
        """The stored token of an account."""
        return self._tokens.get(account)

    async def save(self, account: str, token: Token) -> None:
        """Keep a token."""
        self._tokens[account] = token

    @asynccontextmanager
    async def refreshing(self, account: str, length: timedelta = _LONGEST) -> AsyncIterator[None]:
        """Hold the right to renew an account's token."""
        async with self._locks.setdefault(account, anyio.Lock()):
            yield


class TokenKeeper:
    """Has a good token of one account at hand."""

    def __init__(
        self,
        auth: Authenticator,
        base_url: str,
        account: str,
        deadline_s: float,
        store: TokenStore,
        clock: Clock,
        send: Callable[[Request], Awaitable[Response]],
        rng: random.Random,
    ) -> None:
        self._auth = auth
        self._base_url = base_url
        self._account = account
        self._deadline_s = deadline_s
        self._store = store
        self._clock = clock
        self._send = send
        self._rng = rng
        self._lock = anyio.Lock()
        self._token: Token | None = None
        self._renew_at: datetime | None = None
        self._failed: TransientError | CredentialsError | None = None
        self._renewals = 0

    async def token(self, refused: Token | None = None) -> Token:
        """A token with enough life left, and another one than `refused`.

        Raises: CredentialsError where the service refuses; TransientError where it cannot answer.
        """
        return self._good(refused) or await self._renewed(refused)

    def _good(self, refused: Token | None) -> Token | None:
        token = self._token
        if token is None or self._renew_at is None or self._clock.now() >= self._renew_at:
            return None
        return None if refused is not None and token.value == refused.value else token

    async def _renewed(self, refused: Token | None) -> Token:
        before = self._renewals
        async with self._lock:
            if (token := self._good(refused)) is not None:
                return token  # while we waited, another task renewed it
            if self._renewals != before and self._failed is not None:
                raise _again(self._failed)  # it tried in vain a moment ago: do not queue up to try the same
            try:
                token = await self._through_the_store(refused)
                self._failed = None
            except TransientError as error:
                self._failed = error
                token = self._still_usable(refused)
                if token is None:
                    raise
                self._renew_at = self._clock.now() + _BREATHER
            except CredentialsError as error:
                self._failed = error
                raise
            finally:
                self._renewals += 1
            return token

    async def _through_the_store(self, refused: Token | None) -> Token:
        self._take_up(await self._store.load(self._account))
        if (token := self._good(refused)) is not None:
            return token
        # As a run's lease: whoever is frozen in the midst of it keeps others waiting no longer than three deadlines.
        async with self._store.refreshing(self._account, timedelta(seconds=3 * self._deadline_s)):
            self._take_up(await self._store.load(self._account))  # another process may have been faster
            if (token := self._good(refused)) is not None:
                return token
            token = await self._fetched(self._token)
            await self._store.save(self._account, token)
            self._take_up(token)
            return token

    def _take_up(self, token: Token | None) -> None:
        if token is None or token == self._token:
            return
        # At 1/15 of the life, or one request's deadline, before the end; a little earlier by chance, so that processes
        # that share an account do not all come at once; and never before half of a very short life.
        early_s = max(token.lifetime_s / 15, self._deadline_s) * self._rng.uniform(1.0, 1.2)
        self._token = token
        self._renew_at = token.issued_at + timedelta(seconds=token.lifetime_s - min(early_s, token.lifetime_s / 2))

    def _still_usable(self, refused: Token | None) -> Token | None:
        token = self._token
        if token is None or (refused is not None and token.value == refused.value):
            return None
        left = token.issued_at + timedelta(seconds=token.lifetime_s) - self._clock.now()
        return token if left > _BREATHER * 2 else None

    async def _fetched(self, previous: Token | None) -> Token:
        flow = self._auth.token_flow(self._base_url, previous, self._clock.now())
        try:
            request = next(flow)
            while True:
                request = flow.send(await self._send(request))
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        finally:
            flow.close()


def _again(error: TransientError | CredentialsError) -> TransientError | CredentialsError:
    if isinstance(error, TransientError):
        return TransientError(
            error.message, retry_after=error.retry_after, fix=error.fix, code=error.code, **error.facts
        )
    return CredentialsError(error.message, fix=error.fix, code=error.code, **error.facts)
