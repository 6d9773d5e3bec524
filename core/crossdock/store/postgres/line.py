"""A line to the server that is taken up again when it breaks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from crossdock.errors import StoreError
from crossdock.store.postgres import faults
from crossdock.store.postgres.address import connect, shown
from crossdock.store.postgres.session import Session

T = TypeVar("T")

PATIENCE_S = 30.0
"""How long work waits for a server that restarts, or for a row that a frozen process holds (10 s at most)."""
_PAUSES_S = (0.0, 0.1, 0.2, 0.5, 1.0)


class Line:
    """One connection, made when it is first needed and again after it broke. One thread at a time uses it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.where = shown(url)
        self._session: Session | None = None
        self._closed = False

    def insist(self, work: Callable[[Session], T]) -> T:
        """Do work that a fault leaves undone, again and again while the fault may pass.

        Raises: StoreError where it does not pass; whatever else `work` raises.
        """
        until = time.monotonic() + PATIENCE_S
        for number in range(1_000_000):
            try:
                return work(self.session())
            except psycopg.Error as error:
                self.drop_if_broken()
                if self._closed or not faults.passes(error) or time.monotonic() > until:
                    raise faults.explain(error, self.where) from error
            time.sleep(_PAUSES_S[min(number, len(_PAUSES_S) - 1)])  # in a worker thread: nobody else waits for it
        raise AssertionError("patience ends before")

    def session(self) -> Session:
        """The connection as it is, or a new one. Raises: psycopg.Error, StoreError."""
        if self._session is None:
            session = Session(connect(self._url))
            try:
                self.greet(session)
            except BaseException:
                session.connection.close()
                raise
            self._session = session
        return self._session

    def greet(self, session: Session) -> None:
        """Do what a new connection needs before it is used."""

    def drop_if_broken(self) -> None:
        """Forget a connection that is of no more use."""
        if self._session is not None and self._session.connection.closed:
            self._session = None

    def give_up(self) -> None:
        """Insist no more: the next fault ends the work."""
        self._closed = True

    def close(self) -> None:
        """Let it go."""
        self._closed = True
        if self._session is not None:
            self._session.connection.close()
            self._session = None


def closed(where: str) -> StoreError:
    """Nobody may use it any more."""
    return StoreError(f"{where} is not open", code="store_closed")
