"""Working on one delivery: resolve what is unknown, plan, store, send, settle."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import anyio

from crossdock.boundary import reach
from crossdock.clock import Clock
from crossdock.contract.values import Done, Effect, Link, Links, Notice, Receipt
from crossdock.engine.bundling import Bundler
from crossdock.engine.deciding import Decider, Settlement
from crossdock.engine.judging import (
    OPEN,
    Adopted,
    Alive,
    Already,
    Busy,
    Covered,
    Judge,
    Judgement,
    Leftover,
    New,
    check_distinct,
    everything,
)
from crossdock.engine.prepared import Carried, Prepared
from crossdock.engine.probing import Prober
from crossdock.engine.resolving import Resolver
from crossdock.engine.route import BoundRoute
from crossdock.engine.sending import Begin, Sending, Shield
from crossdock.engine.sent import Lost, Made, NotMade, Sent, Waits
from crossdock.engine.settling import Closing, adopted_verdict, adoptions, attention, link_of, settled
from crossdock.engine.stored import is_partial, is_unknown, loads_record, to_effect
from crossdock.engine.succeeding import Successor
from crossdock.engine.verdict import (
    DELIVERED,
    MADE,
    Verdict,
    from_error,
    half_made,
    held_unknown,
    in_progress,
    processing,
    skipped,
    unknown,
)
from crossdock.errors import CredentialsError, StoreError
from crossdock.store.protocol import Store
from crossdock.store.rows import (
    COMPARE,
    AuditEvent,
    Change,
    Decision,
    Delivery,
    DeliveryUpdate,
    Doubt,
    EffectRow,
    EffectState,
    EffectUpdate,
    NewEffect,
    State,
    StepUpdate,
)

TAKEN = ("effect_exists", "fact_covered")
"""The codes of a store that has what was to be stored already: it is planned again."""


class Deliverer:
    """Works on the deliveries of one route, many at a time."""

    def __init__(
        self,
        route: BoundRoute,
        store: Store,
        clock: Clock,
        rng: random.Random,
        alive: Alive = everything,
        doubt: Doubt | None = None,
    ) -> None:
        self._route = route
        self._store = store
        self._clock = clock
        self._judge = Judge(route, store, clock, alive=alive, doubt=doubt)
        self._prober = Prober(route, clock, doubt)
        self._decider = Decider(route, self._judge, clock)
        self._resolver = Resolver(route, store, clock, self._prober, self._decider)
        self._closing = Closing(route, rng)
        self._successor = Successor(route, store, clock, self._prober)
        self._careful: set[int] = set()
        self.bundler = Bundler(route, store, clock, self._prober, self._decider, self._closing)

    def note_change(self) -> None:
        """The file changed, or a link arrived, since the route last ran: that may resolve what was held."""
        self._closing.because = ", since the file or a link changed"

    async def work(self, delivery: Delivery, links: Links) -> DeliveryUpdate | Prepared | Carried | None:
        """Bring one delivery as far as it goes now; None where somebody else settled it meanwhile.

        Where the sink bundles, what is to be sent comes back as `Prepared`; what went with a bundle and is not settled
        yet, as `Carried`.

        Raises: CredentialsError, StoreError: they concern more than this delivery.
        """
        with anyio.CancelScope() as scope:

            def shield() -> None:
                scope.shield = True

            try:
                return await self._work(delivery, links, shield)
            except StoreError as error:
                if error.code in TAKEN:
                    self.be_careful(delivery)
                    return None
                if error.code == "delivery_settled":
                    return None
                raise
            except CredentialsError:
                raise
            except (Exception, SystemExit) as error:  # noqa: BLE001  nothing that a plugin does stops the others
                return await self.fault(delivery, error)
        return None

    async def follow(self, delivery: Delivery, stands: Verdict | None) -> DeliveryUpdate:
        """It takes over what went with a bundle: planned again at once if that is settled, else when it may be."""
        self.be_careful(delivery)
        now = self._clock.now()
        if stands is None:
            return await self._close(delivery, Verdict(State.PENDING, delivery.code, due_at=now))
        held, due_at = stands.state is State.HELD, stands.due_at or now + self._route.recheck
        reason = f"what went with a bundle is not settled: {stands.reason}"
        state = State.HELD if held else State.PENDING
        return await self._close(delivery, replace(stands, state=state, reason=reason, due_at=due_at))

    def be_careful(self, delivery: Delivery) -> None:
        """Something of it was taken when it was to be stored: plan it again, with a look at all that ever was."""
        self._careful.add(delivery.id)

    # ------------------------------------------------------------ the way of one delivery

    async def _work(self, delivery: Delivery, links: Links, shield: Shield) -> DeliveryUpdate | Prepared | Carried:
        if _untouched(delivery):
            return await self._fresh(delivery, links, shield)
        effects = await self._store.effects_of(delivery.id)
        carrier_id = _carrier_of(effects)
        if carrier_id is not None:
            return Carried(delivery, carrier_id)
        decision = await self._store.decision(delivery.id)
        unclear = delivery.state is State.ATTEMPTED or any(map(self._prober.is_open, effects))
        blocked = await self._resolver.settle(delivery, effects, decision)
        if blocked is not None:
            return await self._close(delivery, blocked)
        effects = await self._store.effects_of(delivery.id)
        left = [row for row in effects if row.state is EffectState.ATTEMPTED]
        done = [row for row in effects if row.state in (EffectState.DONE, EffectState.ADOPTED)]
        if left:
            receipts = [row.receipt for row in done if row.receipt]
            return await self._send(delivery, left, receipts, shield, None)
        if done and delivery.state is State.HELD and delivery.code in _needed(done):
            return await self._look_again(delivery, done)
        if done and unclear:
            return await self._close(delivery, attention([row.receipt for row in done if row.receipt]))
        closed = None if decision is None else await self._decider.close(decision, delivery, done, links)
        if closed is not None:
            return await self._close_by_word(delivery, closed)
        return await self._fresh(delivery, links, shield, decision)

    async def _close_by_word(self, delivery: Delivery, closed: Settlement) -> DeliveryUpdate:
        return await self._close(
            delivery,
            closed.verdict,
            effects=closed.effects,
            settled=closed.settled,
            links=closed.links,
            agreed=closed.agreed,
        )

    async def fault(self, delivery: Delivery, error: BaseException) -> DeliveryUpdate:
        """Something broke where nothing may: a person decides, who is told where."""
        verdict = from_error(error, at_plugin=self._route.sink_name)
        rows = await self._store.effects_of(delivery.id)
        if _carrier_of(rows) is not None or any(is_unknown(row) or is_partial(row) for row in rows):
            verdict = held_unknown(f"it may have been made, and then {verdict.reason}", verdict.fix)
        return await self._close(delivery, verdict)

    async def _look_again(
        self, delivery: Delivery, done: Sequence[EffectRow], resolved: Verdict | None = None
    ) -> DeliveryUpdate:
        """It was made but needed a person: does it still? `resolved` is what it comes to where it does not."""
        receipts, changes, links = [], [], []
        for row in done:
            answer = await self._prober.ask(to_effect(row)) if row.receipt and row.receipt.attention else None
            if isinstance(answer, Done):
                receipts.append(answer.receipt)
                changes.append(EffectUpdate(row.id, row.state, self._clock.now(), answer.receipt))
                # What a person mended there may be what was lacking here: the lines of a rejected order, for one.
                links.append((row.id, link_of(self._route, delivery, answer.receipt)))
            elif row.receipt:
                receipts.append(row.receipt)
        verdict = attention(receipts)
        if verdict.state is State.DELIVERED:
            verdict = resolved or verdict
        return await self._close(delivery, verdict, settled=changes, links=links)

    async def _fresh(
        self, delivery: Delivery, links: Links, shield: Shield, decision: Decision | None = None
    ) -> DeliveryUpdate | Prepared | Carried:
        choice = None if decision is None else decision.choice
        context = self._route.context(delivery.key, links, choice)
        try:
            documents = self._route.documents(loads_record(delivery), context)
            planned = [await self._judge.plan(delivery, document, links, choice) for document in documents]
            check_distinct([one.effect for one in planned])
            # A void version is stored of what went with a bundle and was not made: it would spoil the next one.
            careful = delivery.id in self._careful or (self._route.bundles and not _untouched(delivery))
            compare = decision is not None and decision.choice == COMPARE
            judged = [
                await self._judge.judge(delivery, one, links, careful=careful, compare=compare) for one in planned
            ]
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plugin raises concerns this record alone
            verdict = from_error(error, at_plugin=self._route.sink_name)
            return await self._close(delivery, verdict, notices=context.notices)
        return await self._carry_out(delivery, judged, context.notices, shield)

    async def _carry_out(
        self, delivery: Delivery, judged: Sequence[Judgement], notices: Sequence[Notice], shield: Shield
    ) -> DeliveryUpdate | Prepared | Carried:
        at = self._clock.now()
        for judgement in judged:
            if isinstance(judgement, Busy):
                return await self._close(delivery, in_progress(at + self._route.recheck))
            if isinstance(judgement, Leftover) and judgement.row.carrier_id is not None:
                return Carried(delivery, judgement.row.carrier_id, takes_over=True)
            if isinstance(judgement, Leftover):
                return await self._take_over(delivery, judgement)
        plans = {judgement.effect.id: judgement.planned for judgement in judged if isinstance(judgement, New)}
        new = [judgement.effect for judgement in judged if isinstance(judgement, New)]
        adopted = [judgement for judgement in judged if isinstance(judgement, Adopted)]
        there = [judgement.row for judgement in judged if isinstance(judgement, Already)]
        stuck = await self._stuck(delivery, there)
        covered = [judgement for judgement in judged if isinstance(judgement, Covered)]
        if not new and not there and covered:
            already = skipped(f"already in effect by {', '.join(covered[0].by)}", "facts_covered")
            return await self._close_unsent(delivery, adopted, stuck, notices, already)
        if not new:
            ours = bool(there) and all(row.delivery_id == delivery.id for row in there)
            already = Verdict(State.DELIVERED, "already_in_effect") if ours else _ALREADY
            return await self._close_unsent(delivery, adopted, stuck, notices, already)
        receipts = [*(one.receipt for one in adopted), *(row.receipt for row in stuck if row.receipt)]
        prepared = Prepared(delivery, new, adopted, receipts, plans, notices)
        if self._route.bundles:
            return prepared
        return await self._send(delivery, new, receipts, shield, prepared.begin(self._route), plans)

    async def _stuck(self, delivery: Delivery, rows: Sequence[EffectRow]) -> list[EffectRow]:
        """Those in effect that need a person, of whom no other delivery tells any more."""
        stuck = []
        for row in rows:
            if row.receipt and row.receipt.attention:
                story = None if row.delivery_id == delivery.id else await self._store.delivery(row.delivery_id)
                if story is None or story.summary.state not in OPEN or story.summary.pipeline != self._route.pipeline:
                    stuck.append(row)
        return stuck

    async def _close_unsent(
        self,
        delivery: Delivery,
        adopted: Sequence[Adopted],
        stuck: Sequence[EffectRow],
        notices: Sequence[Notice],
        already: Verdict,
    ) -> DeliveryUpdate:
        """Nothing is to be sent: all is in effect, by ourselves or by somebody else."""
        if not adopted:
            if stuck:
                return await self._look_again(delivery, stuck, already)
            return await self._close(delivery, already, notices=notices)
        receipts = [*(one.receipt for one in adopted), *(row.receipt for row in stuck if row.receipt)]
        return await self._close(
            delivery,
            adopted_verdict(receipts),
            effects=[one.effect for one in adopted],
            links=[(one.effect.id, link_of(self._route, delivery, one.receipt)) for one in adopted],
            notices=notices,
            events=adoptions(delivery, adopted),
        )

    async def _take_over(self, delivery: Delivery, leftover: Leftover) -> DeliveryUpdate:
        """Settle what another delivery left behind; then plan again at once."""
        blocked = await self._successor.settle(delivery, leftover)
        if blocked is not None:
            return await self._close(delivery, blocked)
        self._careful.add(delivery.id)
        return await self._close(delivery, Verdict(State.PENDING, delivery.code, due_at=self._clock.now()))

    # ------------------------------------------------------------ sending

    async def _send(
        self,
        delivery: Delivery,
        rows: Sequence[EffectRow | NewEffect],
        receipts: Sequence[Receipt],
        shield: Shield,
        begin: Begin | None,
        plans: Mapping[str, Effect] = MappingProxyType({}),
    ) -> DeliveryUpdate:
        """Send effects one after another; the last settlement closes the delivery in the same transaction."""
        receipts = list(receipts)
        for number, row in enumerate(rows):
            first = begin if number == 0 else None
            planned = plans.get(row.id)
            sending = Sending(self._route, self._store, self._clock, row, planned=planned, begin=first, shield=shield)
            sent = await sending.run()
            if not isinstance(sent, Made):
                return await self._unmade(delivery, rows[number:], sent)
            receipts.append(sent.receipt)
            if number + 1 == len(rows):
                reach("settle.before_transaction")
                return await self._finish(delivery, row, sent, receipts)
            await self._resolver.journal(delivery, row, sent.receipt, sent.steps)
        raise AssertionError("there is at least one effect to send")

    async def _finish(
        self, delivery: Delivery, row: EffectRow | NewEffect, made: Made, receipts: Sequence[Receipt]
    ) -> DeliveryUpdate:
        at = self._clock.now()
        effect, link, event = settled(self._route, delivery, row, made.receipt, at)
        verdict = attention(receipts)
        verdict = MADE if verdict is DELIVERED else replace(verdict, tried=True)
        return await self._close(delivery, verdict, steps=made.steps, settled=[effect], links=[link], events=[event])

    async def _unmade(self, delivery: Delivery, rows: Sequence[EffectRow | NewEffect], sent: Sent) -> DeliveryUpdate:
        if isinstance(sent, Lost):
            return await self._lost(delivery, sent)
        if isinstance(sent, Waits):
            verdict = processing(sent.until, since=sent.since, now=self._clock.now())
            return await self._close(delivery, verdict, steps=sent.steps)
        assert isinstance(sent, NotMade)  # noqa: S101  (Made does not come here)
        if isinstance(sent.error, CredentialsError):
            return await self._refused(delivery, sent, sent.error)
        at = self._clock.now()
        verdict = replace(from_error(sent.error, at_plugin=self._route.sink_name), tried=sent.stored)
        if sent.partial:
            return await self._close(delivery, half_made(verdict), steps=sent.steps)
        kept = sent.keep and self._closing.update(delivery, verdict, at).state is State.PENDING
        void = rows if sent.stored and not kept else ()
        return await self._close(
            delivery, verdict, steps=sent.steps, settled=[EffectUpdate(row.id, EffectState.VOID, at) for row in void]
        )

    async def _refused(self, delivery: Delivery, sent: NotMade, error: CredentialsError) -> DeliveryUpdate:
        """The account refused us, so nothing was done: it goes on when the account is mended."""
        if sent.stored:
            state = State.ATTEMPTED if sent.partial else State.PENDING
            verdict = Verdict(state, error.code, error.message, error.fix, due_at=self._clock.now())
            await self._close(delivery, verdict, steps=sent.steps)
        raise error

    async def _lost(self, delivery: Delivery, sent: Lost) -> DeliveryUpdate:
        """An answer is lost: journal that, and look at once, since it is often there already."""
        verdict = unknown(sent.reason, self._clock.now())
        update = await self._close(delivery, verdict, steps=sent.steps)
        blocked = await self._resolver.settle(delivery, await self._store.effects_of(delivery.id))
        if blocked is None:  # it is there: the delivery is taken up again at once, and closed or continued
            return update
        return await self._close(replace(delivery, state=update.state, code=update.code), blocked)

    # ------------------------------------------------------------ writing

    async def _close(
        self,
        delivery: Delivery,
        verdict: Verdict,
        *,
        steps: Sequence[StepUpdate] = (),
        effects: Sequence[NewEffect] = (),
        settled: Sequence[EffectUpdate] = (),
        links: Sequence[tuple[str | None, Link]] = (),
        notices: Sequence[Notice] = (),
        events: Sequence[AuditEvent] = (),
        agreed: Sequence[tuple[str, int]] = (),
    ) -> DeliveryUpdate:
        update, change = self._closing.change(
            delivery,
            verdict,
            self._clock.now(),
            steps=steps,
            effects=effects,
            settled=settled,
            links=links,
            notices=notices,
            events=events,
        )
        change = replace(change, agreed=agreed) if agreed else change
        try:
            await self._store.apply(change)
        except StoreError as error:
            if error.code == "delivery_settled" and (steps or settled):
                # A person ended the delivery meanwhile; what was done is done, and is kept.
                await self._store.apply(Change(steps=steps, settled=settled, links=links, audit=events))
            raise
        reach("settle.after_transaction")
        return update


_ALREADY = skipped("already in effect", "already_in_effect")


def _needed(done: Sequence[EffectRow]) -> set[str]:
    """The codes of what was done and still needs a person."""
    return {row.receipt.attention.code for row in done if row.receipt and row.receipt.attention}


def _carrier_of(rows: Sequence[EffectRow]) -> str | None:
    """The bundle that an unfinished effect among these went with."""
    return next((row.carrier_id for row in rows if row.carrier_id and row.state is EffectState.ATTEMPTED), None)


def _untouched(delivery: Delivery) -> bool:
    return delivery.state is State.PENDING and delivery.attempts == 0 and delivery.code is None
