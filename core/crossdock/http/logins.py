"""Logins that a vendor counts: nobody waits long for one, since a login that has to wait is one too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crossdock.clock import Clock
from crossdock.errors import TransientError
from crossdock.http.buckets import Ask, Rented
from crossdock.http.quotas import QuotaStore, scaled
from crossdock.http.types import Rate

SCARCE = "logins_scarce"
"""The code of what was not even tried, since the vendor allows no more logins now: no attempt of anything."""

_FIX = (
    "find what else logs in with the same credentials; where crossdock is started anew for each run, give it a key, "
    "so that tokens outlive the process: `openssl rand -base64 32`, in a file that `CROSSDOCK_KEY_FILE` names"
)


class Logins:
    """The limits on getting tokens, which all processes that share an account keep."""

    def __init__(
        self,
        connection: str,
        account: str,
        rates: Sequence[Rate],
        factor: float | None,
        store: QuotaStore,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._account = account
        self._rates = () if factor is None else tuple(_named(scaled(rate, factor)) for rate in rates)
        self._store = store
        self._clock = clock

    async def enter(self) -> None:
        """Return when one token may be asked for. Raises: TransientError where that is not now."""
        taken: list[Rate] = []
        for rate in self._rates:
            rented = await self._store.rent(self._account, rate, Ask(1), self._clock.now())
            if rented.calls == 0:
                await self._give_back(taken)
                raise self._scarce(rate, rented)
            taken.append(rate)
            if rented.wait_s > 0:
                await self._clock.sleep(rented.wait_s)

    async def _give_back(self, rates: Sequence[Rate]) -> None:
        for rate in rates:
            await self._store.give_back(self._account, rate, 1, self._clock.now())

    def _scarce(self, rate: Rate, rented: Rented) -> TransientError:
        return TransientError(
            f"{self._connection}: no more logins now: {rate.calls} in {rate.per_s:g} s are what it allows itself, "
            "below what the vendor does",
            retry_after=rented.wait_s,
            code=SCARCE,
            fix=_FIX,
        )


def _named(rate: Rate) -> Rate:
    """Its bucket is one of logins, whatever the rate matches."""
    return replace(rate, match=f"logins in {rate.per_s:g} s")
