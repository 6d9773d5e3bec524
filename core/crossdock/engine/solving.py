"""Finding out what became of a bundle whose outcome is unknown: by a look, and by persons' words about its members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from crossdock.clock import Clock
from crossdock.contract.holds import DONE
from crossdock.engine.carrying import Party
from crossdock.engine.deciding import Decider
from crossdock.engine.parting import Part
from crossdock.engine.probing import Found, GoneOn, Looked, Open, Prober, ProvenAbsent, ends_doubt
from crossdock.engine.route import BoundRoute
from crossdock.engine.stored import forgotten, is_done, is_partial, updates
from crossdock.engine.verdict import DELIVERED, Verdict, gone_on, held_unknown
from crossdock.store.protocol import Store
from crossdock.store.rows import (
    AuditEvent,
    BundleRow,
    Decision,
    EffectRow,
    EffectState,
    EffectUpdate,
    State,
    StepUpdate,
)


@dataclass(slots=True)
class Solved:
    """What is to be written."""

    parts: list[Part] = field(default_factory=list)
    steps: Sequence[StepUpdate] = ()
    settled: list[EffectUpdate] = field(default_factory=list)
    events: list[AuditEvent] = field(default_factory=list)


class Solver:
    """Solves the bundles of one route. Reads only."""

    def __init__(self, route: BoundRoute, store: Store, clock: Clock, prober: Prober, decider: Decider) -> None:
        self._route = route
        self._store = store
        self._clock = clock
        self._prober = prober
        self._decider = decider

    async def solve(self, bundle: BundleRow, parties: Sequence[Party]) -> Solved | None:
        """What became of it; None where nothing is unknown, and it simply goes on.

        Raises: CredentialsError, StoreError.
        """
        carrier = bundle.carrier
        unknown = self._prober.is_open(carrier)
        words = await self._words(parties) if unknown or any(one.delivery.code == "resolved" for one in parties) else {}
        said_done = is_partial(carrier) and any(word.choice == DONE for word in words.values())
        if not unknown and not said_done:
            return None if is_partial(carrier) or self._is_whole(bundle, parties) else self._dissolve(carrier, parties)
        looked = await self._prober.resolve(carrier)
        if isinstance(looked, Found):  # of a bundle each member says by itself what it came to
            looked = self._prober.gone_on(carrier)
        solved = Solved()
        if self._prober.is_doubtful(carrier) and ends_doubt(looked):
            solved.settled.append(EffectUpdate(carrier.id, carrier.state, self._clock.now()))
        left, looked = self._heed(bundle, parties, words, looked, solved)
        if left:
            self._conclude(bundle, left, looked, solved)
        else:
            solved.settled.append(EffectUpdate(carrier.id, EffectState.DONE, self._clock.now()))
        return solved

    async def _words(self, parties: Sequence[Party]) -> Mapping[int, Decision]:
        found = {one.delivery.id: await self._store.decision(one.delivery.id) for one in parties}
        return {of: word for of, word in found.items() if word is not None and not self._prober.is_outdated(word.at)}

    def _heed(
        self,
        bundle: BundleRow,
        parties: Sequence[Party],
        words: Mapping[int, Decision],
        looked: Looked,
        solved: Solved,
    ) -> tuple[list[tuple[Party, Verdict | None]], Looked]:
        """Weigh persons' words: what is done by word is settled; the others are left, with what is said to each.

        Who insists that one was not made says so of the whole bundle, unless a part of it is known to be done.
        """
        left: list[tuple[Party, Verdict | None]] = []
        insisted: list[Party] = []
        for party in parties:
            word = words.get(party.delivery.id)
            row = replace(bundle.carrier, delivery_id=party.delivery.id, key=party.rows[0].key)
            said = looked if word is None else self._decider.weigh(word, row, looked)
            if word is not None and isinstance(said, Found):
                made = [(one, self._decider.by_word(word, one.key)) for one in party.rows]
                solved.parts.append(Part(party, DELIVERED, made))
                continue
            if isinstance(said, ProvenAbsent) and isinstance(looked, Open):
                insisted.append(party)
            elif isinstance(said, Open) and isinstance(looked, ProvenAbsent):
                looked = said  # it is said to be done, and a look finds nothing: nothing of it is sent again
            left.append((party, said.verdict if isinstance(said, Open) else None))
        if not insisted:
            return left, looked
        if not _has_made(bundle, solved):
            return left, ProvenAbsent(forgotten(bundle.carrier.steps))
        again = Verdict(State.PENDING, "resolved", "by a person's word it was not made", due_at=self._clock.now())
        solved.parts += [Part(party, again, void=party.rows) for party in insisted]
        return [one for one in left if one[0] not in insisted], looked

    def _conclude(
        self, bundle: BundleRow, left: Sequence[tuple[Party, Verdict | None]], looked: Looked, solved: Solved
    ) -> None:
        """What a look, or a word, means for those that are left."""
        carrier = bundle.carrier
        match looked:
            case GoneOn(steps):
                verdict = gone_on(carrier.key)
                solved.events.append(self._event("bundle.begun", carrier))
            case ProvenAbsent(steps):
                solved.events.append(self._event("bundle.absent", carrier))
                done = any(map(is_done, steps))
                if not done and not _has_made(bundle, solved) and self._is_spent([party for party, _ in left]):
                    absent = Verdict(State.PENDING, "answer_lost", _ABSENT.format(carrier.key), retry=True)
                    solved.parts += [Part(party, absent, void=party.rows) for party, _ in left]
                    solved.settled.append(EffectUpdate(carrier.id, EffectState.VOID, self._clock.now()))
                    return
                verdict = Verdict(State.ATTEMPTED, "answer_lost", _ABSENT.format(carrier.key), retry=True)
                if not done and _has_made(bundle, solved):
                    verdict, steps = held_unknown(f"a part of {carrier.key} is done, and a look does not find it"), ()
            case Open(verdict, steps):
                pass
            case _:
                raise AssertionError("of a bundle nothing is found as a whole")
        solved.steps = updates(carrier, steps)
        own = isinstance(looked, Open)
        solved.parts += [Part(party, (said if own else None) or verdict) for party, said in left]

    def _is_spent(self, parties: Sequence[Party]) -> bool:
        """Whether the same bundle is not to be sent again: one of it was closed, or gives up."""
        return any(not one.open or one.delivery.attempts + 1 >= self._route.attempts for one in parties)

    def _is_whole(self, bundle: BundleRow, parties: Sequence[Party]) -> bool:
        settled = sum(row.state is not EffectState.ATTEMPTED for row in bundle.members)
        return not settled and all(one.open for one in parties)

    def _dissolve(self, carrier: EffectRow, parties: Sequence[Party]) -> Solved:
        """Nothing of it was done, and not all of it is to be: what is goes with another bundle."""
        at = self._clock.now()
        verdict = Verdict(
            State.PENDING, "regrouped", "another of its bundle was closed; it goes with another", due_at=at
        )
        return Solved(
            [Part(party, verdict, void=party.rows) for party in parties],
            settled=[EffectUpdate(carrier.id, EffectState.VOID, at)],
        )

    def _event(self, kind: str, carrier: EffectRow) -> AuditEvent:
        detail = {"effect": carrier.id, "account": carrier.account}
        return AuditEvent(kind, self._route.pipeline, carrier.key, self._clock.now(), detail=detail)


_ABSENT = "{} was shown not to have happened; it is sent again"


def _has_made(bundle: BundleRow, solved: Solved) -> bool:
    """Whether some of it is known to be done."""
    return bool(solved.parts) or any(row.state is EffectState.DONE for row in bundle.members)
