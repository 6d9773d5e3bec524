"""What a replay would change: what was sent for each fact beside what would be sent now. Changes nothing anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crossdock.clock import Clock
from crossdock.contract.values import Effect, Links
from crossdock.engine.imagining import imagined_bundle
from crossdock.engine.judging import Adopted, Already, Covered, Judge, Planned, check_distinct
from crossdock.engine.planning import to_hold, to_planned
from crossdock.engine.results import Compared, ComparedFact, PlannedRequest
from crossdock.engine.route import BoundRoute
from crossdock.engine.stored import loads_record, to_effect, to_request
from crossdock.engine.verdict import from_error
from crossdock.errors import CredentialsError, HoldError, StoreError
from crossdock.store.protocol import Store
from crossdock.store.rows import COMPARE, Delivery, EffectRow, EffectState, State


class Comparer:
    """Compares the deliveries of one route. The sink's observation reads; nothing is stored."""

    def __init__(self, route: BoundRoute, store: Store, clock: Clock) -> None:
        self._route = route
        self._store = store
        self._clock = clock
        self._judge = Judge(route, store, clock, look="never")

    async def compare(self, delivery: Delivery) -> Compared:
        """Plan it with today's file and put that beside what was sent. Raises: CredentialsError, StoreError."""
        effects = await self._store.effects_of(delivery.id)
        links = await self._links(delivery)
        decision = await self._store.decision(delivery.id)
        settled = delivery.state in (State.DELIVERED, State.SKIPPED)
        compare = settled or (decision is not None and decision.choice == COMPARE)
        try:
            choice = None if decision is None else decision.choice
            context = self._route.context(delivery.key, links, choice)
            documents = self._route.documents(loads_record(delivery), context)
            planned = [await self._judge.plan(delivery, document, links, choice) for document in documents]
            check_distinct([one.effect for one in planned])
        except (CredentialsError, StoreError):
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  what a run would hold, a plan names
            return self._unplanned(delivery, effects, error)
        facts = [await self._fact(delivery, one, links, compare=compare) for one in planned]
        named = {fact.effect_key for fact in facts}
        return Compared(delivery, (*facts, *(self._stays(row) for row in _in_effect(effects) if row.key not in named)))

    async def _links(self, delivery: Delivery) -> Links:
        ids = {delivery.key: (delivery.key, *delivery.identifiers.values())}
        found = await self._store.links(self._route.source_connection.identity, self._route.account, ids)
        return found.get(delivery.key, Links())

    def _unplanned(self, delivery: Delivery, effects: Sequence[EffectRow], error: BaseException) -> Compared:
        verdict = from_error(error, at_plugin=self._route.sink_name)
        facts = tuple(self._stays(row) for row in _in_effect(effects))
        if verdict.state is State.SKIPPED:
            return Compared(delivery, facts, skipped=verdict.reason or "")
        return Compared(delivery, facts, held=to_hold(delivery, verdict))

    async def _fact(self, delivery: Delivery, planned: Planned, links: Links, *, compare: bool) -> ComparedFact:
        latest, after = planned.latest, self._requests(planned.effect)
        version, before = (None, ()) if latest is None else (latest.version, self._sent(latest))
        facts: dict[str, Any] = {"version": version, "before": before, "after": after}
        key = planned.effect.key
        if latest is not None and latest.state is EffectState.ATTEMPTED:
            return ComparedFact(key, "look", **facts)
        try:
            judged = await self._judge.judge(delivery, planned, links, compare=compare)
        except HoldError:
            return ComparedFact(key, "hold", **facts)
        if isinstance(judged, Already | Adopted | Covered):
            return ComparedFact(key, "nothing", **facts)
        look = latest is None and self._judge.must_look(delivery)
        return ComparedFact(key, "send", **facts, look_first=look)

    def _stays(self, row: EffectRow) -> ComparedFact:
        unfinished = row.state is EffectState.ATTEMPTED
        return ComparedFact(row.key, "look" if unfinished else "stays", row.version, self._sent(row), ())

    def _sent(self, row: EffectRow) -> tuple[PlannedRequest, ...]:
        if row.carrier_id is not None:  # what went with it is none of this delivery's business
            return self._requests(to_effect(row))
        return tuple(to_planned(to_request(step)) for step in row.steps if not step.followed)

    def _requests(self, effect: Effect) -> tuple[PlannedRequest, ...]:
        """What is sent for it; of what goes with a bundle: if it went alone."""
        if self._route.bundles:
            try:
                effect = imagined_bundle(self._route, [effect], self._clock.now())
            except Exception:  # noqa: BLE001  a run says what it stumbles over
                return ()
        return tuple(to_planned(request) for request in effect.steps)


def _in_effect(effects: Sequence[EffectRow]) -> list[EffectRow]:
    newest = {row.key: row for row in effects if row.state is not EffectState.VOID}
    return list(newest.values())
