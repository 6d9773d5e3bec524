"""Bundles: several effects put together, sent as one, and settled one by one."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from crossdock.boundary import reach
from crossdock.clock import Clock
from crossdock.contract.values import Bundle, Effect
from crossdock.engine.carrying import Carriage, Party
from crossdock.engine.deciding import Decider
from crossdock.engine.dividing import Divider
from crossdock.engine.judging import OPEN
from crossdock.engine.parting import Came, Part, Parting
from crossdock.engine.prepared import Prepared
from crossdock.engine.probing import Prober
from crossdock.engine.route import BoundRoute
from crossdock.engine.sending import Begin, Shield
from crossdock.engine.sent import Answered, Lost, NotMade, Sent, Waits
from crossdock.engine.settling import Closing, adoptions, attempted, link_of
from crossdock.engine.solving import Solver
from crossdock.engine.stored import new_id, to_step
from crossdock.engine.verdict import Verdict, from_error, half_made, processing, unknown
from crossdock.errors import CredentialsError
from crossdock.jsonio import Json
from crossdock.store.protocol import Store
from crossdock.store.rows import (
    AuditEvent,
    BundleRow,
    Change,
    DeliveryUpdate,
    EffectRow,
    EffectState,
    EffectUpdate,
    NewBundle,
    NewEffect,
    State,
    StepRow,
    StepUpdate,
)

_BEHIND = timedelta(minutes=1)
"""One of a bundle asks for all how far it is; the others come after it only if it is gone."""
_TOKEN = string.ascii_uppercase + string.digits


class Bundler:
    """Makes the bundles of one route, sends them, and takes up those that are not settled."""

    def __init__(
        self, route: BoundRoute, store: Store, clock: Clock, prober: Prober, decider: Decider, closing: Closing
    ) -> None:
        self._route = route
        self._store = store
        self._clock = clock
        self._parting = Parting(route, store, clock, closing)
        self._divider = Divider(route, store, clock)
        self._solver = Solver(route, store, clock, prober, decider)

    # ------------------------------------------------------------ a new one

    async def send(self, prepared: Sequence[Prepared], shield: Shield) -> Came:
        """Put what is prepared in one bundle, and send it.

        Raises: CredentialsError; StoreError, where something of it was taken or settled meanwhile: nothing was sent.
        """
        number = await self._store.allot_number(self._route.account, self._route.sink_name, self._clock.now())
        effects = [one.plans[row.id] for one in prepared for row in one.new]
        bundle = Bundle(number, "".join(secrets.choice(_TOKEN) for _ in range(5)), self._clock.now(), effects)
        parties = [Party(one.delivery, one.new, one.receipts) for one in prepared]
        try:
            planned = self._route.bundle(bundle)
            carrier = self._carrier(planned, number)
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plugin raises concerns what it was given
            failure = error
        else:
            begin, parts = self._begin(carrier, prepared), (self._route, self._store, self._clock, carrier, parties)
            carriage = Carriage(*parts, planned=planned, begin=begin, shield=shield)
            return await self._settle(carrier, parties, await carriage.run(), shield)
        if len(prepared) > 1:  # one that the sink stumbles over does not keep the others back
            half = len(prepared) // 2
            return await self.send(prepared[:half], shield) + await self.send(prepared[half:], shield)
        return await self._close_all(parties, from_error(failure, at_plugin=self._route.sink_name), ())

    def _carrier(self, planned: Effect, number: int) -> NewEffect:
        at = self._clock.now()
        return NewEffect(
            id=new_id(at),
            account=self._route.account,
            sink=f"{self._route.sink_name}/bundle",  # its key names nothing that one of its members could be
            key=planned.key,
            version=number,
            state=EffectState.ATTEMPTED,
            delivery_id=0,
            record_id=0,
            pipeline=self._route.pipeline,
            route=self._route.name,
            content=planned.content,
            memo=planned.memo,
            facts=(),
            steps=tuple(to_step(position, request) for position, request in enumerate(planned.steps)),
            at=at,
        )

    def _begin(self, carrier: NewEffect, prepared: Sequence[Prepared]) -> Begin:
        """What stores the bundle with all that goes with it, once its first byte is about to leave."""
        members = [row for one in prepared for row in one.new]
        bundle = {"bundle": carrier.key}

        def begin(at: datetime, steps: Sequence[StepRow]) -> Change:
            adopted = [(one.delivery, found) for one in prepared for found in one.adopted]
            return Change(
                deliveries=tuple(DeliveryUpdate(one.delivery.id, State.ATTEMPTED, at, due_at=at) for one in prepared),
                effects=(*(found.effect for _, found in adopted), replace(carrier, steps=tuple(steps)), *members),
                bundles=(NewBundle(carrier.id, tuple(row.id for row in members)),),
                links=tuple((found.effect.id, link_of(self._route, of, found.receipt)) for of, found in adopted),
                notices=tuple((one.delivery.pipeline, notice) for one in prepared for notice in one.notices),
                audit=(
                    *chain.from_iterable(adoptions(one.delivery, one.adopted) for one in prepared),
                    self._event("bundle.attempted", carrier, at, members=len(members)),
                    *(attempted(one.delivery, row, **bundle) for one in prepared for row in one.new),
                ),
            )

        return begin

    # ------------------------------------------------------------ one that is not settled

    async def resume(self, carrier_id: str, shield: Shield) -> Came:
        """Take up a bundle where it stopped; what became of its deliveries.

        Raises: CredentialsError, StoreError.
        """
        bundle = await self._store.bundle(carrier_id)
        if bundle is None or bundle.carrier.state is not EffectState.ATTEMPTED:
            return []
        carrier, parties = bundle.carrier, await self._parties(bundle)
        solved = await self._solver.solve(bundle, parties)
        if solved is None:
            carriage = Carriage(self._route, self._store, self._clock, carrier, parties, begin=None, shield=shield)
            return await self._settle(carrier, parties, await carriage.run(), shield)
        return await self._parting.close(solved.parts, solved.steps, settled=solved.settled, events=solved.events)

    async def stands(self, carrier_id: str, came: Came) -> Verdict | None:
        """How a bundle stands, of whose deliveries this came; None where it is settled."""
        bundle = await self._store.bundle(carrier_id)
        if bundle is None or bundle.carrier.state is not EffectState.ATTEMPTED:
            return None
        of = next((update for _, update in came if update.state in OPEN), None)
        if of is None:  # nobody waits for it but who takes it over
            return unknown("what went with the same bundle is not settled", self._clock.now() + self._route.recheck)
        return Verdict(of.state, of.code, of.reason, of.fix, due_at=of.due_at)

    async def _parties(self, bundle: BundleRow) -> list[Party]:
        rows: dict[int, list[EffectRow]] = {}
        for row in bundle.members:
            if row.state is EffectState.ATTEMPTED:
                rows.setdefault(row.delivery_id, []).append(row)
        deliveries = await self._store.delivery_rows(list(rows))
        return [Party(one, rows[one.id], open=one.state in OPEN) for one in deliveries]

    # ------------------------------------------------------------ what came of sending

    async def _settle(
        self, carrier: EffectRow | NewEffect, parties: Sequence[Party], sent: Sent, shield: Shield
    ) -> Came:
        match sent:
            case Answered():
                return await self._divide(carrier, parties, sent)
            case Waits(until, since, steps):
                verdict = processing(until, since=since, now=self._clock.now())
                behind = verdict if verdict.due_at is None else replace(verdict, due_at=verdict.due_at + _BEHIND)
                parts = [Part(one, behind if place else verdict) for place, one in enumerate(parties)]
                return await self._parting.close(parts, steps)
            case Lost(reason, steps):
                came = await self._close_all(parties, unknown(reason, self._clock.now()), steps)
                return await self.resume(carrier.id, shield) or came  # a look at once: often it is there already
            case NotMade():
                return await self._unmade(carrier, parties, sent)
        raise AssertionError("a carrier is answered, not made")

    async def _divide(self, carrier: EffectRow | NewEffect, parties: Sequence[Party], sent: Answered) -> Came:
        """All was answered: each member says what it came to. What one cannot read of the answers counts as lost."""
        divided = await self._divider.divide(parties, sent.answers)
        reach("settle.before_transaction")
        if divided.unclear is None:
            came = await self._parting.close(divided.parts, sent.steps, settled=self._ends(carrier, divided.made))
        else:
            came = await self._parting.close(divided.parts, sent.lost(carrier.id, self._clock.now()))
        if divided.error is not None:
            raise divided.error
        return came

    async def _unmade(self, carrier: EffectRow | NewEffect, parties: Sequence[Party], sent: NotMade) -> Came:
        """Nothing was done: the bundle is dissolved. Or nothing more was done: it goes on later."""
        error, at = sent.error, self._clock.now()
        refused = isinstance(error, CredentialsError)
        if isinstance(error, CredentialsError):
            verdict = Verdict(State.PENDING, error.code, error.message, error.fix, due_at=at)
        else:
            verdict = replace(from_error(error, at_plugin=self._route.sink_name), tried=sent.stored)
        if sent.partial:
            verdict = replace(verdict, state=State.ATTEMPTED) if refused else half_made(verdict)
            came = await self._close_all(parties, verdict, sent.steps)
        elif sent.stored:
            parts = [Part(one, verdict, void=one.rows) for one in parties]
            came = await self._parting.close(parts, sent.steps, settled=self._ends(carrier, False))
        elif not refused:
            came = await self._close_all(parties, verdict, ())
        if refused:
            raise error
        return came

    async def _close_all(self, parties: Sequence[Party], verdict: Verdict, steps: Sequence[StepUpdate]) -> Came:
        return await self._parting.close([Part(one, verdict) for one in parties], steps)

    def _event(self, kind: str, carrier: NewEffect, at: datetime, **detail: Json) -> AuditEvent:
        facts = {"effect": carrier.id, "number": carrier.version, "account": carrier.account, **detail}
        return AuditEvent(kind, self._route.pipeline, carrier.key, at, detail=facts)

    def _ends(self, carrier: EffectRow | NewEffect, made: bool) -> Sequence[EffectUpdate]:
        return (EffectUpdate(carrier.id, EffectState.DONE if made else EffectState.VOID, self._clock.now()),)
