"""Whether a planned effect is new, in effect already, or a change of what is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from crossdock import jsonio
from crossdock.clock import Clock
from crossdock.contract.values import Absent, CannotTell, Done, Effect, Known, Links, Receipt
from crossdock.engine.byhand import stated_by_hand
from crossdock.engine.probing import Prober
from crossdock.engine.route import BoundRoute
from crossdock.engine.stored import new_id, substance, to_settled, to_step
from crossdock.errors import HoldError, PluginError, TransientError
from crossdock.store.protocol import Store
from crossdock.store.rows import Cover, Delivery, DeliverySummary, Doubt, EffectRow, EffectState, NewEffect, State

OPEN = (State.PENDING, State.ATTEMPTED, State.WAITING, State.HELD)
"""A delivery in such a state is come back to, if its route works."""

Look = Literal["needed", "never", "always"]
"""Whether to look into the remote system before a first creation."""

Alive = Callable[[str, str], bool]
"""Whether a pipeline's route works."""


def everything(pipeline: str, route: str) -> bool:
    """Take every route for one that works."""
    return True


@dataclass(frozen=True, slots=True)
class New:
    """To be made."""

    effect: NewEffect
    planned: Effect


@dataclass(frozen=True, slots=True)
class Adopted:
    """There already, though we did not make it: to be linked, nothing is sent."""

    effect: NewEffect
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Already:
    """In effect already, by ourselves, with the same content."""

    row: EffectRow


@dataclass(frozen=True, slots=True)
class Covered:
    """All that it covers is in effect by other effects."""

    by: Sequence[str]
    """Their keys."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Another delivery is at work on it."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Another delivery left it unfinished and will not come back to it."""

    row: EffectRow
    owner: DeliverySummary | None


@dataclass(frozen=True, slots=True)
class Planned:
    """An effect as it was planned, what is stored under its key, and what was seen just before."""

    effect: Effect
    latest: EffectRow | None
    observed: Any


NO_PROBE = "no_probe"
"""The code of what nobody can look for."""

Judgement = New | Adopted | Already | Covered | Busy | Leftover


class Judge:
    """Judges the planned effects of one route against what the store knows.

    `store` is None for a plan without one; `look` is "never" for a plan, "always" where only what exists is linked;
    `alive` says whether a route of a pipeline is one that works, so that its unfinished effects are waited for; `doubt`
    is what is doubtful since the store was put back from a backup.
    """

    def __init__(
        self,
        route: BoundRoute,
        store: Store | None,
        clock: Clock,
        *,
        look: Look = "needed",
        alive: Alive = everything,
        doubt: Doubt | None = None,
    ) -> None:
        self._look = look
        self._doubt = doubt
        self._alive = alive
        self._route = route
        self._store = store
        self._prober = Prober(route, clock, doubt)
        self._clock = clock

    async def plan(self, delivery: Delivery, document: Any, links: Links, choice: str | None = None) -> Planned:
        """Plan one document, knowing what is in effect under its key, and what a person chose."""
        sink = self._route.sink
        observed = await sink.observe(document, Known(links, choice=choice)) if sink.can_observe() else None
        key = sink.effect_key(document, Known(links, None, observed, choice))
        if key is None:  # only a plan can say
            first = self._route.plan(document, links, None, observed, choice)
            latest = await self._latest(first.key)
            if latest is None or latest.receipt is None:
                return Planned(first, latest, observed)
            key = first.key
        else:
            latest = await self._latest(key)
        settled = None if latest is None or latest.receipt is None else to_settled(latest)
        effect = self._route.plan(document, links, settled, observed, choice)
        if effect.key != key:
            raise PluginError(f"{self._route.sink_name} names one fact {key!r} and {effect.key!r}")
        return Planned(effect, latest, observed)

    async def judge(
        self, delivery: Delivery, planned: Planned, links: Links, *, careful: bool = False, compare: bool = False
    ) -> Judgement:
        """What is to be done for a planned effect.

        `compare` with what was sent even where only today's mapping differs: a person replays what was settled.

        Raises: HoldError where it changes what is in effect and may not; TransientError where looking first failed.
        """
        effect, latest = planned.effect, planned.latest
        if latest is not None and latest.state is EffectState.ATTEMPTED:
            return await self._unfinished(latest, delivery)
        version = await self._version(effect.key, latest, careful=careful)
        if latest is None:
            by_hand = stated_by_hand(links, self._route.sink_name, effect.key)
            if by_hand is not None:
                theirs = await self.without_covered(effect)
                return Adopted(self.new(delivery, theirs, version, EffectState.ADOPTED, by_hand), by_hand)
            covered = await self._covered(effect) if effect.facts else None
            return covered or await self._first(delivery, effect, version)
        if self.same(effect, latest):
            return Already(latest)
        if self._route.sink.kind == "state":
            covered = await self._covered(effect) if effect.facts else None
            return covered or await self._next(delivery, effect, latest, version)
        unchanged = await self._unchanged_today(planned, latest, delivery, links)
        if unchanged and not compare:
            return Already(latest)
        differs = "what is planned for it today" if unchanged else "the record"
        raise HoldError(
            "changed_after_delivery",
            f"{effect.key} was made from revision {await self._revision(latest)} and {differs} differs now",
            fix=_REVERSE if self._route.sink.kind == "post" else _BY_HAND,
        )

    async def _covered(self, effect: Effect) -> Judgement | None:
        """What other effects make of one that names its facts; None where they cover none of these.

        Raises: HoldError where they cover some, or nobody knows any more whether all are in effect.
        """
        covers = await self._covers(effect)
        if not covers:
            return None
        if len(covers) == len(set(effect.facts)):
            unfinished = [cover for cover in covers.values() if cover.state is EffectState.ATTEMPTED]
            if not unfinished:
                return Covered(tuple(dict.fromkeys(cover.key for cover in covers.values())))
            if await self._comes_back(unfinished[0]):
                return Busy()
        raise _overlap(effect, covers)

    async def _covers(self, effect: Effect) -> Mapping[str, Cover]:
        """Those of its facts that other effects cover."""
        if not effect.facts or self._store is None:
            return {}
        found = await self._store.covering(self._route.account, effect.facts)
        mine = (self._route.sink_name, effect.key)
        known = {fact: found[fact] for fact in effect.facts if fact in found}
        return {fact: cover for fact, cover in known.items() if (cover.sink, cover.key) != mine}

    async def without_covered(self, effect: Effect) -> Effect:
        """The same effect without what others cover: a person says that it is there, and a fact is covered once."""
        covers = await self._covers(effect)
        return effect if not covers else replace(effect, facts=[fact for fact in effect.facts if fact not in covers])

    async def _comes_back(self, cover: Cover) -> bool:
        assert self._store is not None  # noqa: S101  (it said what covers)
        story = await self._store.delivery(cover.delivery_id)
        return story is not None and story.summary.state in OPEN and self._alive(cover.pipeline, story.summary.route)

    async def _latest(self, key: str) -> EffectRow | None:
        if self._store is None:
            return None
        found = await self._store.latest_effects(self._route.account, self._route.sink_name, [key])
        return found.get(key)

    async def _version(self, key: str, latest: EffectRow | None, *, careful: bool) -> int:
        if not careful:
            return 1 if latest is None else latest.version + 1
        return await self.next_version(key)

    async def next_version(self, key: str) -> int:
        """The first version of a fact that no effect bears yet, void ones included."""
        if self._store is None:
            return 1
        return 1 + await self._store.newest_version(self._route.account, self._route.sink_name, key)

    async def _first(self, delivery: Delivery, effect: Effect, version: int) -> Judgement:
        if not self._looks(delivery):
            return New(self.new(delivery, effect, version), effect)
        if not self._route.sink.can_probe():
            return self._unseen(delivery, effect, version)
        return await self._looked(delivery, effect, version)

    async def _next(self, delivery: Delivery, effect: Effect, latest: EffectRow, version: int) -> Judgement:
        """The next version of a state; the store may have forgotten that it sent it, or what it sent."""
        if self._look == "never" or not self._route.sink.can_probe():
            return New(self.new(delivery, effect, version), effect)
        if self._is_doubtful(delivery):
            return await self._looked(delivery, effect, version)
        if latest.erased and effect.content is None:  # nothing is left to compare with, but what is there
            answer = await self._prober.ask(effect)
            if isinstance(answer, Done):
                adopted = self.new(delivery, effect, version, EffectState.ADOPTED, answer.receipt)
                return Adopted(adopted, answer.receipt)
        return New(self.new(delivery, effect, version), effect)

    async def _looked(self, delivery: Delivery, effect: Effect, version: int) -> Judgement:
        match await self._prober.look_first(effect, doubtful=self._is_doubtful(delivery)):
            case Done(receipt):
                return Adopted(self.new(delivery, effect, version, EffectState.ADOPTED, receipt), receipt)
            case Absent():
                return New(self.new(delivery, effect, version), effect)
            case CannotTell(reason):
                if self._look == "always":
                    fix = "link it by hand: `crossdock links add`"
                    raise TransientError(f"nobody can look for {effect.key}: {reason}", code=NO_PROBE, fix=fix)
                return self._unseen(delivery, effect, version)

    def _unseen(self, delivery: Delivery, effect: Effect, version: int) -> Judgement:
        """It may have been made without our knowing, and nobody can look: a state may be repeated, else a person says.

        A version that was not made, of a store that forgot nothing, is one that was let pass before.
        """
        doubtful = self._is_doubtful(delivery)
        if self._route.sink.kind == "state" or delivery.code == "replayed" or (version > 1 and not doubtful):
            return New(self.new(delivery, effect, version), effect)
        way_out = (
            "look for it in the remote system; `crossdock discard` if it is there, `crossdock replay` if it is not"
        )
        if self._doubt is None or not doubtful:
            raise HoldError(
                "backfill_unseen",
                f"{effect.key} is of the past: another store may have made it, and {self._route.sink_name} cannot look",
                fix=f"{way_out}; at a first go-live all at once: `crossdock replay --code backfill_unseen`",
            )
        raise HoldError(
            "restored_unseen",
            f"{effect.key} may have been made: the store was restored on {self._doubt.restored_at:%Y-%m-%d %H:%M %Z} "
            f"and knows nothing after {self._doubt.backup_at:%Y-%m-%d %H:%M %Z}; {self._route.sink_name} cannot look",
            fix=way_out,
        )

    def _is_doubtful(self, delivery: Delivery) -> bool:
        return self._doubt is not None and self._doubt.concerns(delivery.record_id)

    def must_look(self, delivery: Delivery) -> bool:
        """Whether to look before the first creation: in a back-fill somebody else may have made it already.

        So may a store have done that was put back since, whatever the sink can do.
        """
        if self._is_doubtful(delivery):
            return True
        sink = self._route.sink
        return sink.can_probe() and (sink.probe_first or (delivery.backfill and not sink.refuses_duplicates))

    def _looks(self, delivery: Delivery) -> bool:
        if self._look == "needed":
            return self.must_look(delivery)
        return self._look == "always" and self._route.sink.can_probe()

    async def _unfinished(self, latest: EffectRow, delivery: Delivery) -> Judgement:
        """Another delivery stored this fact and did not finish: wait for it, or take over what it left behind."""
        assert self._store is not None  # noqa: S101  (there is a row)
        story = await self._store.delivery(latest.delivery_id)
        owner = None if story is None or story.summary.state not in OPEN else story.summary
        if owner is None or owner.id == delivery.id:
            return Leftover(latest, None)
        return Busy() if self._alive(owner.pipeline, owner.route) else Leftover(latest, owner)

    def same(self, effect: Effect, latest: EffectRow) -> bool:
        """Whether a planned effect is what was sent."""
        steps = [to_step(position, request) for position, request in enumerate(effect.steps)]
        stored = [step for step in latest.steps if not step.followed]
        return substance(effect.content, steps) == substance(latest.content, stored)

    async def _unchanged_today(self, planned: Planned, latest: EffectRow, delivery: Delivery, links: Links) -> bool:
        """Plan the record behind the latest effect with today's mapping, too: an edited mapping disturbs nothing.

        So with the record that a person agreed to: it differs from what was made, and counts as in effect.
        """
        assert self._store is not None  # noqa: S101  (there is a row)
        agreed = await self._store.agreed(latest.id)
        return await self._stands_for(latest.record_id, planned, latest, delivery, links) or (
            agreed is not None and await self._stands_for(agreed, planned, latest, delivery, links)
        )

    async def _stands_for(
        self, record_id: int, planned: Planned, latest: EffectRow, delivery: Delivery, links: Links
    ) -> bool:
        assert self._store is not None  # noqa: S101  (there is a row)
        raw = await self._store.record_raw(record_id)
        if raw is None:
            return True  # retention took it: what was made stays made
        try:
            documents = self._route.documents(jsonio.loads(raw), self._route.context(delivery.key, links))
            known = to_settled(latest)
            before = [self._route.plan(document, links, known, planned.observed) for document in documents]
        except Exception:  # noqa: BLE001  today's mapping cannot read the old record: nothing says that they are equal
            return False
        effect = planned.effect
        return any(_equal(effect, earlier) for earlier in before if earlier.key == effect.key)

    async def _revision(self, latest: EffectRow) -> str:
        assert self._store is not None  # noqa: S101  (there is a row)
        story = await self._store.delivery(latest.delivery_id)
        return "?" if story is None else str(story.summary.revision)

    def new(
        self,
        delivery: Delivery,
        effect: Effect,
        version: int,
        state: EffectState = EffectState.ATTEMPTED,
        receipt: Receipt | None = None,
    ) -> NewEffect:
        """The row of a planned effect."""
        at = self._clock.now()
        return NewEffect(
            id=new_id(at),
            account=self._route.account,
            sink=self._route.sink_name,
            key=effect.key,
            version=version,
            state=state,
            delivery_id=delivery.id,
            record_id=delivery.record_id,
            pipeline=delivery.pipeline,
            route=delivery.route,
            content=effect.content,
            memo=effect.memo,
            facts=tuple(dict.fromkeys(effect.facts)),
            steps=tuple(to_step(position, request) for position, request in enumerate(effect.steps)),
            at=at,
            receipt=receipt,
        )


def _equal(one: Effect, other: Effect) -> bool:
    return _substance(one) == _substance(other)


def _substance(effect: Effect) -> bytes:
    return substance(effect.content, [to_step(position, request) for position, request in enumerate(effect.steps)])


_BY_HAND = "change it by hand in the remote system; a revision equal to what was made clears this by itself"
_REVERSE = (
    "what is posted stays as it is: the mapper takes it back by a reversal and posts it anew, each under a key of its "
    "own; one that does not leaves that to you, in the remote system. A revision equal to what was posted clears this"
)


def _overlap(effect: Effect, covers: Mapping[str, Cover]) -> HoldError:
    named = [f"{fact} by {one.key} (delivery {one.delivery_id} of {one.pipeline})" for fact, one in covers.items()]
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return HoldError(
        "facts_overlap",
        f"{effect.key} covers {len(set(effect.facts))} facts, of which other effects cover {len(covers)}: "
        f"{', '.join(named[:3])}{more}",
        fix="plan it as those were planned (a changed mapping may divide it in another way), or discard it and make by "
        "hand what is lacking",
    )


def check_distinct(effects: Sequence[Effect]) -> None:
    """Refuse a plan that names one fact twice. Raises: PluginError."""
    for named in ([one.key for one in effects], [fact for one in effects for fact in set(one.facts)]):
        if len(set(named)) < len(named):
            twice = sorted(name for name, count in Counter(named).items() if count > 1)
            raise PluginError(f"one record plans the same fact twice: {', '.join(twice)}")
