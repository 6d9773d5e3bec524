"""Access tokens that a simulator granted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crossdock.simulator.virtual import VirtualClock


@dataclass(frozen=True, slots=True)
class GrantedToken:
    """One token, whom it was granted to, and until when."""

    value: str = field(repr=False)
    account: str
    issued_at: datetime
    expires_at: datetime


class Tokens:
    """Issues opaque tokens and knows which still count."""

    def __init__(self, clock: VirtualClock, new_value: Callable[[], str]) -> None:
        self._clock = clock
        self._new_value = new_value
        self._tokens: dict[str, GrantedToken] = {}

    def issue(self, account: str, lifetime_s: float) -> GrantedToken:
        """Grant a new one; older ones of the account stay good until their own end."""
        now = self._clock.now()
        token = GrantedToken(self._new_value(), account, now, now + timedelta(seconds=lifetime_s))
        self._tokens[token.value] = token
        return token

    def find(self, value: str) -> GrantedToken | None:
        """The token, unless it is unknown or has ended."""
        token = self._tokens.get(value)
        return token if token and self._clock.now() < token.expires_at else None

    def end(self, value: str) -> None:
        """End one token now."""
        self._tokens.pop(value, None)

    def expire_all(self) -> int:
        """End every token now; how many were good."""
        good = sum(1 for value in self._tokens if self.find(value))
        self._tokens.clear()
        return good
