"""What the answers to a bundle mean for each of its members: the sink says so one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crossdock.clock import Clock
from crossdock.contract.values import Answers, Receipt
from crossdock.engine.carrying import Party
from crossdock.engine.parting import Part
from crossdock.engine.route import BoundRoute
from crossdock.engine.sending import checked
from crossdock.engine.settling import attention
from crossdock.engine.stored import to_effect
from crossdock.engine.verdict import DELIVERED, MADE, Verdict, from_error, unknown
from crossdock.errors import AnswerLostError, CredentialsError, CrossdockError, StoreError, TransientError
from crossdock.store.protocol import Store
from crossdock.store.rows import EffectRow, EffectState, NewEffect, State


@dataclass(frozen=True, slots=True)
class Divided:
    """What a bundle came to."""

    parts: Sequence[Part]
    made: bool
    """Whether any of it was made."""
    unclear: str | None
    """Why the answers could not be read for some member, where they could not: the bundle is not settled yet."""
    error: CredentialsError | None
    """That the account refused us."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What the sink said of the members of one delivery."""

    party: Party
    made: Sequence[tuple[EffectRow | NewEffect, Receipt]]
    errors: Sequence[tuple[EffectRow | NewEffect, CrossdockError]]
    unclear: str | None


class Divider:
    """Asks the sink of one route what became of each member."""

    def __init__(self, route: BoundRoute, store: Store, clock: Clock) -> None:
        self._route = route
        self._store = store
        self._clock = clock

    async def divide(self, parties: Sequence[Party], answers: Answers) -> Divided:
        """Ask of all. Who is refused is refused alone: where one spoilt it for others, these go again at once."""
        said = [self._ask(party, answers) for party in parties]
        spoilt = any(_is_own(error) for one in said for _, error in one.errors)
        return Divided(
            parts=[await self._part(one, spoilt=spoilt) for one in said],
            made=any(one.made for one in said),
            unclear=next((one.unclear for one in said if one.unclear), None),
            error=next((error for one in said for _, error in one.errors if isinstance(error, CredentialsError)), None),
        )

    def _ask(self, party: Party, answers: Answers) -> _Said:
        made: list[tuple[EffectRow | NewEffect, Receipt]] = []
        errors: list[tuple[EffectRow | NewEffect, CrossdockError]] = []
        unclear = None
        for row in party.rows:
            try:
                made.append((row, checked(self._route.sink.receipt(to_effect(row), answers))))
            except StoreError:
                raise
            except AnswerLostError as error:
                unclear = error.message
            except CrossdockError as error:
                errors.append((row, error))
            except Exception as error:  # noqa: BLE001  an answer that the sink cannot read proves nothing
                unclear = f"the answer could not be read ({type(error).__name__})"
        return _Said(party, made, errors, unclear)

    async def _part(self, said: _Said, *, spoilt: bool) -> Part:
        void = [row for row, _ in said.errors]
        return Part(said.party, await self._verdict(said, spoilt=spoilt), said.made, void)

    async def _verdict(self, said: _Said, *, spoilt: bool) -> Verdict:
        if said.unclear is not None:
            return unknown(said.unclear, self._clock.now())
        if not said.errors:
            verdict = attention([*await self._before(said.party), *(receipt for _, receipt in said.made)])
            return MADE if verdict is DELIVERED else replace(verdict, tried=True)
        error = next((error for _, error in said.errors if _is_own(error)), said.errors[0][1])
        if isinstance(error, CredentialsError) or (spoilt and isinstance(error, TransientError)):
            # No attempt of its own: it goes again without what spoilt it, and never dies of that.
            return Verdict(State.PENDING, error.code, error.message, error.fix, due_at=self._clock.now())
        return replace(from_error(error, at_plugin=self._route.sink_name), tried=True)

    async def _before(self, party: Party) -> Sequence[Receipt]:
        """The receipts of what was there of a delivery before."""
        if party.receipts is not None:
            return party.receipts
        rows = await self._store.effects_of(party.delivery.id)
        return [row.receipt for row in rows if row.receipt and row.state is not EffectState.VOID]


def _is_own(error: CrossdockError) -> bool:
    """Whether an error is about the member itself."""
    return not isinstance(error, TransientError | CredentialsError)
