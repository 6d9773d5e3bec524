"""What a person decided of a delivery: whether their word settles what looking cannot, or closes what was not made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crossdock.clock import Clock
from crossdock.contract.holds import DONE, KEEP, NOT_DONE
from crossdock.contract.values import Link, Links, Receipt
from crossdock.engine.judging import Judge, Planned, check_distinct
from crossdock.engine.probing import Found, GoneOn, Looked, Open, ProvenAbsent
from crossdock.engine.route import BoundRoute
from crossdock.engine.settling import link_of
from crossdock.engine.stored import forgotten, last_attempt, loads_record
from crossdock.engine.verdict import Verdict, skipped
from crossdock.errors import CredentialsError, StoreError
from crossdock.store.rows import Decision, Delivery, EffectRow, EffectState, EffectUpdate, NewEffect, State


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a person's word closes a delivery."""

    verdict: Verdict
    effects: Sequence[NewEffect] = ()
    settled: Sequence[EffectUpdate] = ()
    links: Sequence[tuple[str | None, Link]] = ()
    agreed: Sequence[tuple[str, int]] = ()


class Decider:
    """Applies decisions to the deliveries of one route. A look that finds something counts more than any word."""

    def __init__(self, route: BoundRoute, judge: Judge, clock: Clock) -> None:
        self._route = route
        self._judge = judge
        self._clock = clock

    def weigh(self, decision: Decision | None, row: EffectRow, looked: Looked) -> Looked:
        """What becomes of an unknown outcome, by a look and by a person's word about it.

        A word counts for what was attempted before it: what is lost afterwards is unknown again.
        """
        if decision is None or isinstance(looked, Found | GoneOn) or last_attempt(row) > decision.at:
            return looked
        if decision.choice == DONE:
            return self._said_done(decision, row, looked)
        if decision.choice == NOT_DONE and isinstance(looked, Open) and looked.verdict.state is State.HELD:
            if decision.insist:
                return ProvenAbsent(forgotten(row.steps))
            return _add(looked, f"`crossdock resolve {row.delivery_id} not-done --insist` sends it again all the same")
        return looked

    def _said_done(self, decision: Decision, row: EffectRow, looked: Looked) -> Looked:
        needs_id = bool(self._route.sink.makes)
        if decision.ref or (decision.insist and not needs_id):
            return Found(self.by_word(decision, row.key))
        how = f"say what exists there: `crossdock resolve {row.delivery_id} done --id ID`"
        how = how if needs_id else f"{how}, or insist with `--insist`"
        if isinstance(looked, ProvenAbsent):
            return Open(Verdict(State.HELD, "outcome_unknown", "it is said to be done, and a look finds nothing", how))
        return _add(looked, how) if isinstance(looked, Open) and looked.verdict.state is State.HELD else looked

    async def close(
        self, decision: Decision, delivery: Delivery, done: Sequence[EffectRow], links: Links
    ) -> Settlement | None:
        """How a word closes a delivery of which nothing is unknown; None where it does not."""
        if decision.choice == DONE and any(row.receipt and row.receipt.attention for row in done):
            return self._accepted(decision, done)
        if decision.choice not in (DONE, KEEP):
            return None
        planned = await self._plans(delivery, links)
        agreed = [(one.latest.id, delivery.record_id) for one in planned if _in_effect(one) and one.latest]
        if agreed or decision.choice == KEEP:
            return self._kept(decision, done, agreed)
        return await self._done_by_hand(decision, delivery, planned)

    def _accepted(self, decision: Decision, done: Sequence[EffectRow]) -> Settlement:
        """What was made and needed a person there is taken as it is."""
        at, note = self._clock.now(), _said(decision)
        settled = [
            EffectUpdate(row.id, row.state, at, replace(row.receipt, attention=None, note=note))
            for row in done
            if row.receipt and row.receipt.attention
        ]
        return Settlement(Verdict(State.DELIVERED, "done_by_hand", note), settled=settled)

    def _kept(self, decision: Decision, done: Sequence[EffectRow], agreed: Sequence[tuple[str, int]]) -> Settlement:
        state = State.DELIVERED if done else State.SKIPPED
        return Settlement(Verdict(state, "kept", _said(decision)), agreed=agreed)

    async def _done_by_hand(self, decision: Decision, delivery: Delivery, planned: Sequence[Planned]) -> Settlement:
        """What was never made here: the link and, where it can be planned, the fact are kept by the person's word."""
        told = _said(decision)
        if decision.ref is None:
            return Settlement(skipped(told, "done_by_hand"))
        receipt = self.by_word(decision, delivery.key)
        link = link_of(self._route, delivery, receipt)
        if len(planned) != 1 or planned[0].latest is not None:
            return Settlement(skipped(told, "done_by_hand"), links=[(None, link)])
        version = await self._judge.next_version(planned[0].effect.key)  # of what was rejected, a void one is stored
        theirs = await self._judge.without_covered(planned[0].effect)
        effect = self._judge.new(delivery, theirs, version, EffectState.ADOPTED, receipt)
        verdict = Verdict(State.DELIVERED, "done_by_hand", told)
        return Settlement(verdict, effects=[effect], links=[(effect.id, link)])

    async def _plans(self, delivery: Delivery, links: Links) -> list[Planned]:
        """What would be made; nothing where that cannot be planned, which is often why a person did it."""
        try:
            documents = self._route.documents(loads_record(delivery), self._route.context(delivery.key, links))
            planned = [await self._judge.plan(delivery, document, links) for document in documents]
            check_distinct([one.effect for one in planned])
        except (CredentialsError, StoreError):
            raise
        except (Exception, SystemExit):  # noqa: BLE001  it is closed by a person's word, whatever a plugin finds
            return []
        return planned

    def by_word(self, decision: Decision, key: str) -> Receipt:
        """The receipt of what is there by a person's word."""
        kind = self._route.sink.makes or self._route.sink.name
        return Receipt(kind, decision.ref or key, note=_said(decision))


def _in_effect(one: Planned) -> bool:
    return one.latest is not None and one.latest.state in (EffectState.DONE, EffectState.ADOPTED)


def _said(decision: Decision) -> str:
    return f"{decision.actor} says so: {decision.reason}"


def _add(looked: Open, way_out: str) -> Open:
    verdict = looked.verdict
    return replace(looked, verdict=replace(verdict, fix="; ".join(part for part in (verdict.fix, way_out) if part)))
