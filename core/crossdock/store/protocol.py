"""What the engine and the command line ask of a store: one SQLite file, or a PostgreSQL server that several share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, Self

from crossdock.contract.values import Links
from crossdock.http.buckets import Ask, Rented, Told
from crossdock.http.circuit import Outage
from crossdock.http.types import Rate, Token
from crossdock.store.chain import AuditHead, AuditRow
from crossdock.store.cipher import Key
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
    Runner,
    Seen,
    Selection,
    Staged,
    State,
    Trace,
)


class Store(Protocol):
    """Durable state. Every write returns only after it is on disk; a write that fails leaves nothing behind."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc: object) -> None: ...

    # ------------------------------------------------------------ runs
    def running(
        self, pipelines: Sequence[str], longest_request: timedelta = ...
    ) -> AbstractAsyncContextManager[Mapping[str, str]]:
        """Own pipelines; only `run` and `serve` do. Yields who runs those of them that another process owns.

        A shared store gives each for three times the longest request (its deadline), renewed as long as the process
        lives and is not frozen. Where an SQLite store is found to have been put back by hand, it is marked as restored
        first (`mark_restored`). Raises: StoreError naming the other process where none of them is free.
        """
        ...

    def owned(self, pipeline: str) -> Store:
        """The same store for the work on one pipeline that this process runs.

        Its writes raise LeaseLost, and write nothing, once another process took the pipeline over.
        """
        ...

    # ------------------------------------------------------------ backups
    async def backup(self, target: Path, *, at: datetime, actor: str) -> int:
        """Copy the store, as it is at one moment, into a new file of mode 0600 while others work on it; its size.

        The copy is checked (integrity, audit chain) before it gets its name, and says of itself that it is a backup.
        The audit log of the store notes it as `store.backed_up`.

        Raises: StoreError where the target exists, or the copy is damaged; where the backend has better means of its
        own (PostgreSQL: `pg_dump`), code "backup_elsewhere", naming them.
        """
        ...

    async def mark_restored(self, *, at: datetime, backup_at: datetime | None, actor: str) -> datetime:
        """Note that this store was put back from a backup: `doubt` says so from now on. What it took for `backup_at`.

        Without `backup_at`, the time of the newest audit row counts. One audit row `store.restored`, with `backup_at`.
        """
        ...

    async def doubt(self, pipeline: str) -> Doubt | None:
        """What is doubtful since the store was put back; None where it never was.

        `read_ended(complete=True)` ends, once per restore, what is doubtful of the records that come later: it keeps
        the highest record id of that moment as `last_record`.
        """
        ...

    # ------------------------------------------------------------ intake
    async def cursor(self, pipeline: str) -> CursorRow | None:
        """Where the source stands; None before its first complete read."""
        ...

    async def stage(self, intake: Intake) -> Staged:
        """Store a batch: records, deliveries, supersession, cursor and one audit row, in one transaction."""
        ...

    async def read_ended(self, pipeline: str, at: datetime, reason: str | None, *, complete: bool) -> None:
        """Note how a read ended: `reason` says why it brought nothing, or how it failed."""
        ...

    # ------------------------------------------------------------ delivery
    async def ready(self, pipeline: str, route: str, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Deliveries that are due, oldest due first, at most the first of each ordering key.

        An older delivery of the same route and ordering key that is pending, attempted or waiting, or held with an
        unknown outcome, blocks the younger ones.
        """
        ...

    async def newest_deliveries(self, pipeline: str, route: str, keys: Sequence[str]) -> Mapping[str, Delivery]:
        """For each key the delivery of its newest revision on that route, in whatever state; none where none is."""
        ...

    async def next_due(self, pipeline: str, route: str) -> datetime | None:
        """When the next unblocked delivery that is pending or attempted falls due.

        What waits for something else, or is held, does not count: nobody knows when that will be.
        """
        ...

    async def effects_of(self, delivery_id: int) -> Sequence[EffectRow]:
        """All effects that a delivery planned, oldest first, with steps."""
        ...

    async def latest_effects(self, account: str, sink: str, keys: Sequence[str]) -> Mapping[str, EffectRow]:
        """For each key the newest version that is not void, with steps; from whatever pipeline."""
        ...

    async def newest_version(self, account: str, sink: str, key: str) -> int:
        """The highest version number ever used for a fact, void ones included; 0 for none."""
        ...

    async def covering(self, account: str, facts: Sequence[str]) -> Mapping[str, Cover]:
        """For each of these facts that an effect of the account covers, which; void ones cover nothing."""
        ...

    async def allot_number(self, account: str, sink: str, at: datetime) -> int:
        """A number for a bundle that none of this store ever had, or will have."""
        ...

    async def bundle(self, carrier_id: str) -> BundleRow | None:
        """A bundle by the effect that carries it."""
        ...

    async def record_raw(self, record_id: int) -> bytes | None:
        """A stored record as JSON; None after retention took it."""
        ...

    async def links(self, near_account: str, far_account: str, ids: Mapping[str, Sequence[str]]) -> Mapping[str, Links]:
        """For each record key the links between the two accounts that touch any of its ids, seen from `near_account`.

        `ids` maps a record key to the identifiers to look for.
        """
        ...

    async def apply(self, change: Change) -> None:
        """Write a change; many callers share one commit.

        A caller that is cancelled, by a deadline of its own too, stays until it is known whether the change is
        written; the cancellation reaches it where it waits next.
        """
        ...

    async def edit_links(self, edits: Sequence[LinkEdit], *, what: str, reason: str, actor: str, at: datetime) -> int:
        """Change links as a person says, all or none, with who and why in the log; the number of the change.

        What is held or waits for their ends falls due. Where a link goes on which an adoption rests, the adoption is
        void, and its delivery is due again: looked for first.

        Raises: StoreError `link_changed` where a link is not as `before` says.
        """
        ...

    async def linked(self, name: str | None = None, *, limit: int = 1000) -> Sequence[LinkRow]:
        """Links with an end of this id, or all of them; the newest first."""
        ...

    async def link_changes(self, *, limit: int = 1000) -> Sequence[LinkChange]:
        """What persons changed of links, the newest first."""
        ...

    async def link_change(self, number: int) -> LinkChange | None:
        """One change."""
        ...

    async def note_definition(self, pipeline: str, route: str, fingerprint: str, at: datetime) -> int:
        """Keep what a route is made of; where that changed, what is held or waiting falls due. How many did."""
        ...

    async def replay(self, ids: Sequence[int], *, reason: str, actor: str, at: datetime) -> Sequence[DeliverySummary]:
        """Make deliveries due again, with who and why in the log; what they were before. All or none.

        Of what was delivered or skipped it is kept that what is planned now is compared with what was sent.

        Raises: StoreError where one is under way or was discarded, or where a newer revision took its place.
        """
        ...

    async def decision(self, delivery_id: int) -> Decision | None:
        """What a person decided of a delivery."""
        ...

    async def agreed(self, effect_id: str) -> int | None:
        """The changed record that an effect stands for, too, since a person agreed."""
        ...

    async def resolve(self, delivery_id: int, decided: Decision) -> DeliverySummary:
        """Keep what a person decided of a held or dead delivery, and make it due; what it was before.

        Raises: StoreError where it is neither.
        """
        ...

    async def missing(self, pipeline: str, route: str, wanted: Selection) -> Sequence[int]:
        """Records, oldest first, whose newest revision has no delivery on a route; by key and time of reading."""
        ...

    async def fill(
        self, pipeline: str, route: str, records: Sequence[int], *, reason: str, actor: str, at: datetime
    ) -> int:
        """Give records a delivery on a route that they had none on, with who and why in the log. How many got one.

        They are looked for before they are made, as in a back-fill.
        """
        ...

    async def discard(self, delivery_id: int, *, reason: str, actor: str, at: datetime) -> DeliverySummary:
        """Close a held or dead delivery for good, with who and why in the log; what it was before.

        Raises: StoreError where it is neither.
        """
        ...

    async def pause(self, pauses: Sequence[Pause]) -> None:
        """Stop pipelines or connections until they are resumed, with who and why in the log."""
        ...

    async def resume(self, pauses: Sequence[Pause]) -> Sequence[bool]:
        """End pauses, by kind and name, with who and why in the log; for each whether there was one."""
        ...

    async def pauses(self) -> Sequence[Pause]:
        """All that is paused, oldest first."""
        ...

    async def claim_alerts(
        self, scopes: Collection[str], issues: Sequence[AlertRow], *, repeat: timedelta, at: datetime
    ) -> Alerts:
        """Take what a person is to be told now, so that no other process tells it, and what is over of these scopes."""
        ...

    async def give_back_alerts(self, taken: Alerts) -> None:
        """Telling failed: the next that asks tells it."""
        ...

    # ------------------------------------------------------------ what people ask
    async def status(self, pipelines: Sequence[str]) -> Sequence[PipelineStatus]:
        """Where these pipelines stand, in that order; ones never run have zeros."""
        ...

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
        """Deliveries by filter, newest first: a selection, or its commonest parts."""
        ...

    async def delivery_rows(self, ids: Sequence[int]) -> Sequence[Delivery]:
        """Deliveries in whatever state with their records, to plan them without working on them."""
        ...

    async def imagined(self, route: str, records: Sequence[int]) -> Sequence[Delivery]:
        """What deliveries of these records on a route would be; nothing is stored."""
        ...

    async def records(
        self, pipeline: str, *, after: str = "", since: datetime | None = None, limit: int = 256
    ) -> Sequence[RecordRow]:
        """The newest revision of each record with a key after that one, read since then, in the order of keys.

        All that is given at once is of one moment.
        """
        ...

    async def made(
        self,
        account: str,
        *,
        after: tuple[str, str, int] = ("", "", 0),
        since: datetime | None = None,
        limit: int = 256,
    ) -> Sequence[MadeRow]:
        """The effects of an account that are not void, planned since then by whatever pipeline, without their steps.

        They come in the order of sink, key and version, and begin after that one.
        """
        ...

    async def delivery(self, delivery_id: int) -> DeliveryStory | None:
        """One delivery with its whole story."""
        ...

    async def trace(self, name: str) -> Trace | None:
        """The story of the business key that bears this name, across pipelines; None where nothing does.

        A name is a record's key or identifier, either end of a link (so whatever a receipt named), or an effect's key.

        Raises: StoreError where so many things share the name that it names none.
        """
        ...

    async def notices(self, pipelines: Sequence[str] | None = None) -> Sequence[NoticeRow]:
        """What persons should know, oldest first."""
        ...

    async def effect_count(self, pipeline: str) -> int:
        """How many effects a pipeline ever set out to make; 0 means that it never acted. Adopted ones do not count."""
        ...

    # ------------------------------------------------------------ audit
    async def verify_audit(self) -> str | None:
        """None where the chain holds; else what is wrong at which row. (`store.auditing.verify` says more.)"""
        ...

    async def runners(self) -> Sequence[Runner]:
        """Who owns runs now, or owned them and ended without giving them back. Takes nothing, and hinders nobody."""
        ...

    async def schema_version(self) -> int:
        """The version of the schema that the store has."""
        ...

    async def audit_head(self) -> AuditHead | None:
        """Where the log ends, as it is kept apart from the rows; None where somebody removed that."""
        ...

    async def audit_page(self, after: int, upto: int, limit: int) -> Sequence[AuditRow]:
        """Rows with `after` < seq <= `upto`, in order, at most `limit`, each with its parts of the same moment.

        They come as they are stored, also where somebody tampered with them: `store.chain.Walk` judges them. A part
        that was erased has neither salt nor value.
        """
        ...

    # ------------------------------------------------------------ retention
    async def erase(self, *, before: datetime, at: datetime, after: int = 0, limit: int = 256) -> Erased:
        """Erase the content of settled records, oldest first, in one short transaction.

        It looks at up to `limit` records with an id above `after` that have content still. Erased is a record all of
        whose deliveries are delivered or skipped since before `before`, none of whose effects is unfinished: its
        payload with the salt of its digest, and its effects' requests, answers and the queries of their URLs. Effects
        stay, marked `erased`; so do links, names and the audit log, which gets one row `payloads.erased`.
        """
        ...

    async def announce_open(self, *, before: datetime, at: datetime, retained: timedelta) -> int:
        """Keep a notice `payload_due` for each pipeline with deliveries read before `before` that are open or dead.

        Their content is not erased. Notices of pipelines that have none any more are removed. How many are open.
        """
        ...

    async def erase_key(self, keys: Sequence[str], *, reason: str, actor: str, at: datetime) -> KeyErased:
        """Erase the content of all records of these keys now, and the reasons in the audit log that are about them.

        One audit row `key.erased`, whose `detail.texts` counts the reasons, so that the log still verifies.

        Raises: StoreError code "key_open" where a delivery is not settled, or an effect unfinished; then nothing is
        erased.
        """
        ...

    async def tidy(self) -> None:
        """Give back the room that erased content leaves, and let nothing of it stay in a log of the backend's own."""
        ...

    # ------------------------------------------------------------ tokens (sealed, as secrets are; see store.cipher)
    async def load(self, account: str) -> Token | None:
        """The stored token of an account. (`load`, `save` and `refreshing` make a store a TokenStore.)"""
        ...

    async def save(self, account: str, token: Token) -> None:
        """Keep a token: sealed where there is a key, else in memory only."""
        ...

    def refreshing(self, account: str, length: timedelta = ...) -> AbstractAsyncContextManager[None]:
        """Hold the right to renew an account's token, across processes; at most that long, should its holder freeze."""
        ...

    # ------------------------------------------------------------ drift
    async def note_fields(self, seen: Seen, at: datetime) -> None:
        """Count the fields that a few records of a read had."""
        ...

    async def drift(self) -> Sequence[FieldRow]:
        """Fields that nobody knows, and known ones that are gone."""
        ...

    # ------------------------------------------------------------ credentials
    async def credentials(self, connection: str, material: bytes) -> CredentialRow | None:
        """What is known of a connection's credentials, and whether these are the same; None before any worked."""
        ...

    async def all_credentials(self) -> Sequence[CredentialRow]:
        """What is known of all connections."""
        ...

    async def vouch(self, row: CredentialRow, material: bytes, at: datetime) -> None:
        """Note that these credentials work, and whose they are. Only a keyed digest of `material` is kept."""
        ...

    async def refuse(self, row: CredentialRow, material: bytes, refusal: Refusal) -> None:
        """Note that these credentials were refused. Resuming the connection forgets it."""
        ...

    # ------------------------------------------------------------ limits (as a QuotaStore and a CircuitStore)
    async def rent(self, account: str, rate: Rate, ask: Ask, now: datetime) -> Rented:
        """Rent calls of a bucket, in one transaction, whoever else does."""
        ...

    async def correct(self, account: str, rate: Rate, told: Told, now: datetime) -> None:
        """Believe the vendor where it says that fewer calls are left than we count."""
        ...

    async def give_back(self, account: str, rate: Rate, calls: int, now: datetime) -> None:
        """Put back what was rented and not used."""
        ...

    async def quotas(self) -> Sequence[QuotaRow]:
        """Every bucket that was ever used, with what is left of it."""
        ...

    async def outage(self, account: str) -> Outage | None:
        """The outage of an account; None where it can be reached."""
        ...

    async def outages(self) -> Sequence[Outage]:
        """All outages, the longest first."""
        ...

    async def lost(self, outage: Outage) -> None:
        """Keep an outage, or how it goes on."""
        ...

    async def restored(self, account: str) -> None:
        """Forget an outage."""
        ...

    # ------------------------------------------------------------ secrets
    async def put_secret(self, name: str, value: str, at: datetime) -> None:
        """Seal a secret. Raises: ConfigError where there is no key."""
        ...

    async def secret(self, name: str) -> str | None:
        """Open a secret. Raises: ConfigError where the key is missing or wrong, naming which key it needs."""
        ...

    async def secret_names(self) -> Mapping[str, datetime]:
        """Names of the stored secrets and when each was set; needs no key."""
        ...

    async def rekey(self, new: Key, *, actor: str, at: datetime) -> int:
        """Seal all secrets and tokens under a new key, in one transaction; how many were not sealed under it already.

        One audit row `secrets.rekeyed`. Raises: ConfigError naming the row and the key that it needs, where a row does
        not open; then nothing is changed.
        """
        ...

    async def remove_secret(self, name: str) -> bool:
        """Forget a secret; False where there was none."""
        ...


LONGEST_REQUEST = timedelta(seconds=30)
"""The deadline of a request where a connection says none."""

LEASE = timedelta(seconds=90)
"""How long a right to renew a token is held at most, should its holder freeze, where nobody says."""
