"""All that a store does which does not depend on where its tables lie."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

import anyio

from crossdock.clock import Clock
from crossdock.contract.values import Links
from crossdock.http.buckets import Ask, Rented, Told
from crossdock.http.circuit import Outage
from crossdock.http.types import Rate, Token
from crossdock.store import auditing
from crossdock.store.chain import AuditHead, AuditRow
from crossdock.store.cipher import Key, need_key
from crossdock.store.protocol import LEASE
from crossdock.store.rows import (
    AlertRow,
    Alerts,
    BundleRow,
    Change,
    Cover,
    CredentialRow,
    CursorRow,
    Decision,
    Delivery,
    DeliveryStory,
    DeliverySummary,
    Doubt,
    EffectRow,
    Erased,
    FieldRow,
    Intake,
    KeyErased,
    LinkChange,
    LinkEdit,
    LinkRow,
    MadeRow,
    NoticeRow,
    Pause,
    PipelineStatus,
    QuotaRow,
    RecordRow,
    Refusal,
    Seen,
    Selection,
    Staged,
    State,
    Trace,
)
from crossdock.store.sqlite import (
    alerts,
    audit,
    bundles,
    credentials,
    deliveries,
    effects,
    holders,
    limits,
    lineage,
    links,
    notices,
    relinking,
    retention,
    reworking,
    sealed,
    status,
    trace,
    walking,
)
from crossdock.store.sqlite import drift as drifting
from crossdock.store.sqlite import facts as covered
from crossdock.store.sqlite import intake as staging
from crossdock.store.sqlite import pauses as pausing

_FEW = 8  # look-ups of so many keys are made at once, without a thread
_ASK_AGAIN_S = 0.25

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class Writing(Protocol):
    """Writes in transactions that many callers share."""

    async def apply(self, change: Change) -> None:
        """Write a change."""

    async def do(self, work: Work[T], weight: int = 1) -> T:
        """Do other work in a transaction and return what it returns."""


class Reading(Protocol):
    """Asks beside the writer."""

    async def soon(self, query: Work[T]) -> T:
        """Ask for a few rows by an index: at once, where that costs less than a thread."""

    async def ask(self, query: Work[T]) -> T:
        """Ask in a thread."""


class TableStore:
    """What is asked and written in the same way wherever the tables lie: backends say how to write and to read."""

    _clock: Clock
    _key: Key | None
    _tokens: dict[str, Token]
    """Access tokens, where there is no key to seal them with."""
    _renewals: defaultdict[str, anyio.Lock]

    @property
    def _writer(self) -> Writing:
        raise NotImplementedError

    @property
    def _reader(self) -> Reading:
        raise NotImplementedError

    # ------------------------------------------------------------ backups

    async def mark_restored(self, *, at: datetime, backup_at: datetime | None, actor: str) -> datetime:
        """Note that this store was put back from a backup."""
        return await self._writer.do(partial(lineage.mark_restored, at=at, backup_at=backup_at, actor=actor))

    async def doubt(self, pipeline: str) -> Doubt | None:
        """What is doubtful since the store was put back."""
        return await self._reader.soon(partial(lineage.doubt, pipeline=pipeline))

    # ------------------------------------------------------------ intake

    async def cursor(self, pipeline: str) -> CursorRow | None:
        """Where the source stands."""
        return await self._reader.soon(partial(staging.cursor, pipeline=pipeline))

    async def stage(self, intake: Intake) -> Staged:
        """Store a batch."""
        return await self._writer.do(partial(staging.stage, intake=intake), weight=len(intake.records))

    async def read_ended(self, pipeline: str, at: datetime, reason: str | None, *, complete: bool) -> None:
        """Note how a read ended."""
        await self._writer.do(partial(staging.note_read, pipeline=pipeline, at=at, reason=reason, complete=complete))

    # ------------------------------------------------------------ delivery

    async def ready(self, pipeline: str, route: str, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Deliveries that are due and unblocked."""
        return await self._reader.ask(
            partial(deliveries.ready, pipeline=pipeline, route=route, now=now, limit=limit),
        )

    async def newest_deliveries(self, pipeline: str, route: str, keys: Sequence[str]) -> Mapping[str, Delivery]:
        """For each key the delivery of its newest revision."""
        return await self._reader.ask(partial(deliveries.newest, pipeline=pipeline, route=route, keys=keys))

    async def next_due(self, pipeline: str, route: str) -> datetime | None:
        """When the next unblocked delivery falls due."""
        return await self._reader.ask(partial(deliveries.next_due, pipeline=pipeline, route=route))

    async def effects_of(self, delivery_id: int) -> Sequence[EffectRow]:
        """All effects that a delivery planned."""
        return await self._reader.soon(partial(effects.of_delivery, delivery_id=delivery_id))

    async def latest_effects(self, account: str, sink: str, keys: Sequence[str]) -> Mapping[str, EffectRow]:
        """For each key the newest version that is not void."""
        query = partial(effects.latest, account=account, sink=sink, keys=keys)
        return await self._reader.soon(query) if len(keys) <= _FEW else await self._reader.ask(query)

    async def newest_version(self, account: str, sink: str, key: str) -> int:
        """The highest version number ever used for a fact."""
        return await self._reader.soon(partial(effects.newest_version, account=account, sink=sink, key=key))

    async def covering(self, account: str, facts: Sequence[str]) -> Mapping[str, Cover]:
        """For each fact that an effect covers, which."""
        return await self._reader.soon(partial(covered.covering, account=account, facts=facts))

    async def allot_number(self, account: str, sink: str, at: datetime) -> int:
        """A number for a bundle, never used again."""
        return await self._writer.do(partial(bundles.allot, account=account, sink=sink, at=at))

    async def bundle(self, carrier_id: str) -> BundleRow | None:
        """A bundle by the effect that carries it."""
        return await self._reader.ask(partial(bundles.find, carrier_id=carrier_id))

    async def record_raw(self, record_id: int) -> bytes | None:
        """A stored record as JSON."""
        return await self._reader.soon(partial(staging.raw, record_id=record_id))

    async def links(self, near_account: str, far_account: str, ids: Mapping[str, Sequence[str]]) -> Mapping[str, Links]:
        """For each record key the links that touch any of its ids."""
        query = partial(links.find, near_account=near_account, far_account=far_account, ids=ids)
        return await self._reader.soon(query) if len(ids) <= _FEW else await self._reader.ask(query)

    async def apply(self, change: Change) -> None:
        """Write a change."""
        await self._writer.apply(change)

    async def edit_links(self, edits: Sequence[LinkEdit], *, what: str, reason: str, actor: str, at: datetime) -> int:
        """Change links as a person says."""
        return await self._writer.do(
            partial(relinking.edit, edits=edits, what=what, reason=reason, actor=actor, at=at), weight=len(edits)
        )

    async def linked(self, name: str | None = None, *, limit: int = 1000) -> Sequence[LinkRow]:
        """Links with an end of this id, or all of them."""
        return await self._reader.ask(partial(relinking.find, name=name, limit=limit))

    async def link_changes(self, *, limit: int = 1000) -> Sequence[LinkChange]:
        """What persons changed of links."""
        return await self._reader.ask(partial(relinking.changes, limit=limit))

    async def link_change(self, number: int) -> LinkChange | None:
        """One change."""
        return await self._reader.ask(partial(relinking.change, number=number))

    async def note_definition(self, pipeline: str, route: str, fingerprint: str, at: datetime) -> int:
        """Keep what a route is made of; where that changed, what is held or waiting falls due."""
        return await self._writer.do(
            partial(reworking.note_definition, pipeline=pipeline, route=route, fingerprint=fingerprint, at=at)
        )

    async def replay(self, ids: Sequence[int], *, reason: str, actor: str, at: datetime) -> Sequence[DeliverySummary]:
        """Make deliveries due again."""
        query = partial(reworking.replay, ids=ids, reason=reason, actor=actor, at=at)
        return await self._writer.do(query, weight=len(ids))

    async def decision(self, delivery_id: int) -> Decision | None:
        """What a person decided of a delivery."""
        return await self._reader.soon(partial(reworking.decision, delivery_id=delivery_id))

    async def agreed(self, effect_id: str) -> int | None:
        """The changed record that an effect stands for, too."""
        return await self._reader.soon(partial(reworking.agreed, effect_id=effect_id))

    async def resolve(self, delivery_id: int, decided: Decision) -> DeliverySummary:
        """Keep what a person decided, and make it due."""
        return await self._writer.do(partial(reworking.resolve, delivery_id=delivery_id, decided=decided))

    async def missing(self, pipeline: str, route: str, wanted: Selection) -> Sequence[int]:
        """Records whose newest revision has no delivery on a route."""
        return await self._reader.ask(partial(reworking.missing, pipeline=pipeline, route=route, wanted=wanted))

    async def fill(
        self, pipeline: str, route: str, records: Sequence[int], *, reason: str, actor: str, at: datetime
    ) -> int:
        """Give records a delivery on a route that they had none on."""
        query = partial(
            reworking.fill, pipeline=pipeline, route=route, record_ids=records, reason=reason, actor=actor, at=at
        )
        return await self._writer.do(query, weight=len(records))

    async def discard(self, delivery_id: int, *, reason: str, actor: str, at: datetime) -> DeliverySummary:
        """Close a held or dead delivery for good."""
        return await self._writer.do(
            partial(reworking.discard, delivery_id=delivery_id, reason=reason, actor=actor, at=at)
        )

    async def pause(self, pauses: Sequence[Pause]) -> None:
        """Stop pipelines or connections."""
        await self._writer.do(partial(pausing.put, pauses=pauses))

    async def resume(self, pauses: Sequence[Pause]) -> Sequence[bool]:
        """End pauses."""
        return await self._writer.do(partial(pausing.remove, pauses=pauses))

    async def pauses(self) -> Sequence[Pause]:
        """All that is paused."""
        return await self._reader.soon(pausing.find)

    async def claim_alerts(
        self, scopes: Collection[str], issues: Sequence[AlertRow], *, repeat: timedelta, at: datetime
    ) -> Alerts:
        """Take what is to be told now."""
        return await self._writer.do(partial(alerts.claim, scopes=scopes, issues=issues, repeat=repeat, at=at))

    async def give_back_alerts(self, taken: Alerts) -> None:
        """Telling failed."""
        await self._writer.do(partial(alerts.give_back, taken=taken))

    # ------------------------------------------------------------ what people ask

    async def status(self, pipelines: Sequence[str]) -> Sequence[PipelineStatus]:
        """Where these pipelines stand."""
        return await self._reader.ask(partial(status.find, pipelines=pipelines))

    async def deliveries(
        self,
        wanted: Selection | None = None,
        *,
        pipelines: Sequence[str] | None = None,
        states: Sequence[State] | None = None,
        key: str | None = None,
        since: datetime | None = None,
        limit: int = 1000,
    ) -> Sequence[DeliverySummary]:
        """Deliveries by filter, newest first."""
        wanted = wanted or Selection(pipelines=pipelines, states=states, key=key, since=since)
        return await self._reader.ask(partial(deliveries.find, wanted=wanted, limit=limit))

    async def delivery_rows(self, ids: Sequence[int]) -> Sequence[Delivery]:
        """Deliveries in whatever state with their records."""
        return await self._reader.ask(partial(deliveries.rows, ids=ids))

    async def imagined(self, route: str, records: Sequence[int]) -> Sequence[Delivery]:
        """What deliveries of these records on a route would be."""
        return await self._reader.ask(partial(deliveries.imagined, route=route, record_ids=records))

    async def records(
        self, pipeline: str, *, after: str = "", since: datetime | None = None, limit: int = 256
    ) -> Sequence[RecordRow]:
        """The newest revision of each record, page by page."""
        query = partial(walking.records, pipeline=pipeline, after=after, since=since, limit=limit)
        return await self._reader.ask(query)

    async def made(
        self,
        account: str,
        *,
        after: tuple[str, str, int] = ("", "", 0),
        since: datetime | None = None,
        limit: int = 256,
    ) -> Sequence[MadeRow]:
        """The effects of an account, page by page."""
        return await self._reader.ask(partial(walking.made, account=account, after=after, since=since, limit=limit))

    async def delivery(self, delivery_id: int) -> DeliveryStory | None:
        """One delivery with its whole story."""
        return await self._reader.ask(partial(deliveries.story, delivery_id=delivery_id))

    async def trace(self, name: str) -> Trace | None:
        """The story of one business key."""
        return await self._reader.ask(partial(trace.find, text=name))

    async def notices(self, pipelines: Sequence[str] | None = None) -> Sequence[NoticeRow]:
        """What persons should know."""
        return await self._reader.ask(partial(notices.find, pipelines=pipelines))

    async def effect_count(self, pipeline: str) -> int:
        """How many effects a pipeline ever set out to make."""
        return await self._reader.soon(partial(effects.count, pipeline=pipeline))

    # ------------------------------------------------------------ audit

    async def verify_audit(self) -> str | None:
        """None where the chain holds."""
        return (await auditing.verify(self)).fault

    async def audit_head(self) -> AuditHead | None:
        """Where the log ends."""
        return await self._reader.soon(audit.head)

    async def audit_page(self, after: int, upto: int, limit: int) -> Sequence[AuditRow]:
        """Rows of the log."""
        return await self._reader.ask(partial(audit.page, after=after, upto=upto, limit=limit))

    # ------------------------------------------------------------ retention

    async def erase(self, *, before: datetime, at: datetime, after: int = 0, limit: int = 256) -> Erased:
        """Erase the content of settled records."""
        return await self._writer.do(partial(retention.erase, before=before, at=at, after=after, limit=limit))

    async def announce_open(self, *, before: datetime, at: datetime, retained: timedelta) -> int:
        """Keep a notice of what is open longer than content is retained."""
        return await self._writer.do(partial(retention.announce_open, before=before, at=at, retained=retained))

    async def erase_key(self, keys: Sequence[str], *, reason: str, actor: str, at: datetime) -> KeyErased:
        """Erase the content of all records of these keys now."""
        return await self._writer.do(partial(retention.erase_key, keys=keys, reason=reason, actor=actor, at=at))

    # ------------------------------------------------------------ tokens and secrets

    async def load(self, account: str) -> Token | None:
        """The stored token of an account."""
        if account in self._tokens:
            return self._tokens[account]
        return await self._reader.soon(partial(sealed.token, key=self._key, account=account))

    async def save(self, account: str, token: Token) -> None:
        """Keep a token."""
        if self._key is None:
            self._tokens[account] = token
            return
        await self._writer.do(
            partial(sealed.put_token, key=self._key, account=account, token=token, at=self._clock.now())
        )

    @asynccontextmanager
    async def refreshing(self, account: str, length: timedelta = LEASE) -> AsyncIterator[None]:
        """Hold the right to renew an account's token."""
        name, owner = f"token:{account}", holders.new()
        async with self._renewals[account]:  # our own tasks queue here, so that only one of them asks the file
            while not await self._writer.do(
                partial(sealed.take_lease, name=name, owner=owner, now=self._clock.now(), length=length)
            ):
                holder = await self._reader.soon(partial(sealed.lease_holder, name=name))
                if holder is not None and holders.is_gone(holder):  # killed in the midst of it: nobody else will end it
                    await self._writer.do(partial(sealed.drop_lease, name=name, owner=holder))
                else:
                    await self._clock.sleep(_ASK_AGAIN_S)
            try:
                yield
            finally:
                with anyio.CancelScope(shield=True):
                    await self._writer.do(partial(sealed.drop_lease, name=name, owner=owner))

    # ------------------------------------------------------------ drift

    async def note_fields(self, seen: Seen, at: datetime) -> None:
        """Count the fields that a few records of a read had."""
        await self._writer.do(partial(drifting.note, seen=seen, at=at))

    async def drift(self) -> Sequence[FieldRow]:
        """Fields that nobody knows, and known ones that are gone."""
        return await self._reader.ask(drifting.find)

    # ------------------------------------------------------------ credentials

    async def credentials(self, connection: str, material: bytes) -> CredentialRow | None:
        """What is known of a connection's credentials."""
        return await self._reader.soon(partial(credentials.find, key=self._key, name=connection, material=material))

    async def all_credentials(self) -> Sequence[CredentialRow]:
        """What is known of all connections."""
        return await self._reader.soon(credentials.all_of)

    async def vouch(self, row: CredentialRow, material: bytes, at: datetime) -> None:
        """Note that these credentials work."""
        await self._writer.do(partial(credentials.vouch, key=self._key, row=row, material=material, at=at))

    async def refuse(self, row: CredentialRow, material: bytes, refusal: Refusal) -> None:
        """Note that these credentials were refused."""
        await self._writer.do(partial(credentials.refuse, key=self._key, row=row, material=material, refusal=refusal))

    # ------------------------------------------------------------ limits

    async def rent(self, account: str, rate: Rate, ask: Ask, now: datetime) -> Rented:
        """Rent calls of a bucket."""
        return await self._writer.do(partial(limits.rent, account=account, rate=rate, ask=ask, now=now))

    async def correct(self, account: str, rate: Rate, told: Told, now: datetime) -> None:
        """Believe the vendor where it says that fewer calls are left."""
        await self._writer.do(partial(limits.correct, account=account, rate=rate, told=told, now=now))

    async def give_back(self, account: str, rate: Rate, calls: int, now: datetime) -> None:
        """Put back what was rented and not used."""
        await self._writer.do(partial(limits.give_back, account=account, rate=rate, calls=calls, now=now))

    async def quotas(self) -> Sequence[QuotaRow]:
        """Every bucket that was ever used."""
        return await self._reader.soon(partial(limits.quotas, now=self._clock.now()))

    async def outage(self, account: str) -> Outage | None:
        """The outage of an account."""
        return await self._reader.soon(partial(limits.outage, account=account))

    async def outages(self) -> Sequence[Outage]:
        """All outages."""
        return await self._reader.soon(limits.outages)

    async def lost(self, outage: Outage) -> None:
        """Keep an outage."""
        await self._writer.do(partial(limits.put_outage, outage=outage))

    async def restored(self, account: str) -> None:
        """Forget an outage."""
        await self._writer.do(partial(limits.drop_outage, account=account))

    # ------------------------------------------------------------ secrets

    async def put_secret(self, name: str, value: str, at: datetime) -> None:
        """Seal a secret."""
        key = need_key(self._key, f"storing secret {name}")
        await self._writer.do(partial(sealed.put_secret, key=key, name=name, value=value, at=at))

    async def secret(self, name: str) -> str | None:
        """Open a secret."""
        return await self._reader.soon(partial(sealed.secret, key=self._key, name=name))

    async def secret_names(self) -> Mapping[str, datetime]:
        """Names of the stored secrets and when each was set."""
        return await self._reader.soon(sealed.secret_names)

    async def rekey(self, new: Key, *, actor: str, at: datetime) -> int:
        """Seal all secrets and tokens under a new key."""
        sealed_anew = await self._writer.do(partial(sealed.rekey, old=self._key, new=new, actor=actor, at=at))
        self._key = new
        return sealed_anew

    async def remove_secret(self, name: str) -> bool:
        """Forget a secret."""
        return await self._writer.do(partial(sealed.remove_secret, name=name))
