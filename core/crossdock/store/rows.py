"""What goes into the store and comes out of it: plain values, the same for every backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeVar, dataclass_transform

from crossdock.contract.values import Link, Notice, Receipt, Record
from crossdock.jsonio import Json

ClassT = TypeVar("ClassT")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def row(cls: type[ClassT]) -> type[ClassT]:
    """A value with slots that nobody changes: the type checker sees to that.

    Making Python see to it as well triples the cost of making one, and a delivery makes thirty.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


class State(StrEnum):
    """Where a delivery stands (see the glossary)."""

    PENDING = "pending"
    ATTEMPTED = "attempted"
    WAITING = "waiting"
    HELD = "held"
    DELIVERED = "delivered"
    SKIPPED = "skipped"
    DEAD = "dead"


class EffectState(StrEnum):
    """Where an effect stands."""

    ATTEMPTED = "attempted"  # stored, and perhaps sent: only an answer or a probe can tell
    DONE = "done"
    ADOPTED = "adopted"  # it was there already; nothing was sent
    VOID = "void"  # it was shown not to have happened


OUTCOME_UNKNOWN = "outcome_unknown"
"""The code of a held delivery whose effect may have happened: it is never superseded and blocks its ordering key."""


# ---------------------------------------------------------------- intake


@row
class Intake:
    """One batch to stage in one transaction."""

    pipeline: str
    account: str
    """Identity of the source's connection."""
    entity: str
    every: bool
    routes: Sequence[str]
    records: Sequence[Record]
    at: datetime
    backfill: bool = False
    sweep: bool = False
    cursor: Json = None
    """The new cursor, or None to leave it where it is."""
    swept: bool = False
    """The window that this batch ends was a sweep."""


@row
class Staged:
    """What a batch came to."""

    new: int = 0
    """Keys never seen before."""
    revised: int = 0
    unchanged: int = 0
    outdated: int = 0
    """Older than the newest stored revision by the vendor's own version."""
    superseded: int = 0
    """Deliveries that a newer revision made pointless."""


@row
class CursorRow:
    """Where a pipeline's source stands."""

    value: Json
    advanced_at: datetime
    swept_at: datetime | None


# ---------------------------------------------------------------- delivery


@row
class Delivery:
    """One record on one route, ready to be worked on."""

    id: int
    pipeline: str
    route: str
    record_id: int
    key: str
    ordering_key: str
    revision: int
    state: State
    code: str | None
    attempts: int
    since: datetime
    """When it entered its state."""
    read_at: datetime
    backfill: bool
    account: str
    identifiers: Mapping[str, str]
    raw: bytes | None
    """The record as JSON; None after retention took it."""


COMPARE = "compare"
"""A decision: what was settled already is planned again, and compared with what was sent, not with today's mapping."""


@row
class Decision:
    """What a person decided of a delivery; the next run does it."""

    choice: str
    """`COMPARE`, one of `crossdock.contract.holds`, or a word that a component declared."""
    actor: str
    reason: str
    at: datetime
    ref: str | None = None
    """What exists there, by the person's word."""
    insist: bool = False
    """The person's word counts where a look cannot tell."""


@row
class StepRow:
    """One request of an effect and what became of it. Headers bear no token."""

    position: int
    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    attempted_at: datetime | None = None
    answered_at: datetime | None = None
    lost: bool = False
    """Its answer is lost, or nobody lived to journal it."""
    status: int | None = None
    followed: bool = False
    """It was not planned: it followed from the answers before it."""
    answer_headers: Sequence[tuple[str, str]] = ()
    answer: bytes | None = None

    def attempted(self, at: datetime) -> StepRow:
        """The same step, (again) on its way since then."""
        return StepRow(
            self.position, self.method, self.url, self.headers, self.body, at, self.answered_at, self.lost,
            self.status, self.followed, self.answer_headers, self.answer,
        )  # fmt: skip

    def answered(self, at: datetime, status: int, headers: Sequence[tuple[str, str]], answer: bytes) -> StepRow:
        """The same step with its answer."""
        return StepRow(
            self.position, self.method, self.url, self.headers, self.body, self.attempted_at, at, self.lost,
            status, self.followed, headers, answer,
        )  # fmt: skip


@row
class EffectRow:
    """A stored effect with its steps."""

    id: str
    account: str
    sink: str
    key: str
    version: int
    state: EffectState
    delivery_id: int
    record_id: int
    pipeline: str
    route: str
    content: Json
    """What a sink named as content; None where the requests themselves are compared."""
    memo: Json
    facts: Sequence[str]
    steps: Sequence[StepRow]
    receipt: Receipt | None
    planned_at: datetime
    settled_at: datetime | None
    """Of one that is unfinished: when it was last shown to be absent, after the store was put back."""
    erased: bool = False
    """Retention took its requests and answers; content, memo and receipt stay."""
    carrier_id: str | None = None
    """The effect that it went with, as one of a bundle: that one has the steps, and 0 for delivery and record."""


@row
class NewBundle:
    """Which of the effects of a change go together."""

    carrier_id: str
    member_ids: Sequence[str]


@row
class BundleRow:
    """A stored bundle. The version of the carrier is its number."""

    carrier: EffectRow
    members: Sequence[EffectRow]
    """In the order in which they were bundled."""


@row
class CarrierRow:
    """What carried an effect that went with a bundle."""

    effect: EffectRow
    members: int
    """How many effects went with it."""


@row
class Cover:
    """The effect that covers a fact."""

    effect_id: str
    sink: str
    key: str
    state: EffectState
    delivery_id: int
    pipeline: str


@row
class NewEffect:
    """An effect to store before its first byte leaves. The store checks that (account, sink, key, version) is free,
    and so is each of its facts in the account.
    """

    id: str
    account: str
    sink: str
    key: str
    version: int
    state: EffectState
    delivery_id: int
    record_id: int
    pipeline: str
    route: str
    content: Json
    memo: Json
    facts: Sequence[str]
    steps: Sequence[StepRow]
    at: datetime
    receipt: Receipt | None = None


@row
class StepUpdate:
    """A step was attempted (again), answered, or its answer was lost.

    A step that is not stored yet is added; the request of one that followed from answers is replaced.
    """

    effect_id: str
    step: StepRow


@row
class EffectUpdate:
    """An effect is settled."""

    id: str
    state: EffectState
    at: datetime
    receipt: Receipt | None = None


@row
class DeliveryUpdate:
    """A delivery changes state. `since` is kept where the state and code stay the same.

    A delivery that is delivered, skipped or dead already (a newer revision superseded it meanwhile) is left alone: the
    whole change fails with StoreError code "delivery_settled".
    """

    id: int
    state: State
    at: datetime
    code: str | None = None
    reason: str | None = None
    fix: str | None = None
    due_at: datetime | None = None
    """When to work on it again; None: never by itself."""
    deadline: datetime | None = None
    attempts: int | None = None
    """The new count; None leaves it."""
    yields: bool = False
    """Where a newer revision of its record is stored already, and nothing is unknown, it is skipped as superseded."""


@row
class AuditEvent:
    """One row of the append-only log. `detail` holds no payload and no personal data, only digests."""

    kind: str
    pipeline: str | None
    ref: str
    """What it is about: a record's key, a connection, a delivery."""
    at: datetime
    actor: str = "crossdock"
    detail: Mapping[str, Json] = field(default_factory=dict)


@row
class Change:
    """Everything that one step of the engine writes, in one transaction. Its parts are applied in this order."""

    deliveries: Sequence[DeliveryUpdate] = ()
    effects: Sequence[NewEffect] = ()
    bundles: Sequence[NewBundle] = ()
    steps: Sequence[StepUpdate] = ()
    settled: Sequence[EffectUpdate] = ()
    links: Sequence[tuple[str | None, Link]] = ()
    """(effect id, link)."""
    notices: Sequence[tuple[str, Notice]] = ()
    """(pipeline, notice); one per pipeline, code and subject."""
    agreed: Sequence[tuple[str, int]] = ()
    """(effect id, record id): a person agreed that the effect stands for this record, too."""
    audit: Sequence[AuditEvent] = ()


@dataclass(frozen=True, slots=True)
class Erased:
    """What retention took in one go."""

    records: int
    """How many records lost their content, and what was sent and answered because of them."""
    last: int | None
    """The record up to which it looked; None where there is nothing left that is old enough."""


Sign = Literal["running", "silent", "gone"]


@dataclass(frozen=True, slots=True)
class Runner:
    """A process that is said to run pipelines: all of the store's where none is named.

    `running`: it is there. `silent`: it is there, and its lease ran out. `gone`: it ended, or cannot be seen from here.
    """

    owner: str
    sign: Sign
    pipelines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyErased:
    """What was erased of one business key."""

    records: int
    texts: int
    """Reasons in the audit log."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The store was put back from a backup: what happened after that may be in effect without the store knowing."""

    restored_at: datetime
    """Nothing that the store lost was sent later."""
    backup_at: datetime
    """Up to then the store knows."""
    last_record: int | None
    """The newest record when the pipeline had been read once since; None: it was not read yet."""

    def concerns(self, record_id: int) -> bool:
        """Whether what comes of a record may have been done in the time that was lost."""
        return self.last_record is None or record_id <= self.last_record


# ---------------------------------------------------------------- links by hand


@dataclass(frozen=True, slots=True)
class LinkEdit:
    """One link that a person sets, changes or takes away: what must be there now, and what is to be there then.

    Ends are not edited: a link that is to lead elsewhere is one that goes and one that comes.
    """

    before: Link | None
    after: Link | None

    @property
    def link(self) -> Link:
        """Whichever there is: both have the same ends."""
        link = self.after or self.before
        assert link is not None  # noqa: S101  (an edit of nothing)
        return link


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What a person changed of links at once; all of it was done."""

    number: int
    at: datetime
    actor: str
    what: str
    """ "added", "removed", "lines", "imported" or "undone"."""
    reason: str
    edits: Sequence[LinkEdit]


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link as lists show it."""

    link: Link
    at: datetime
    made: EffectState | None
    """How the effect that it belongs to came about; None where no effect made it: a person did."""


# ---------------------------------------------------------------- what people ask


@row
class Selection:
    """Which deliveries are meant; what is None does not matter."""

    ids: Sequence[int] | None = None
    pipelines: Sequence[str] | None = None
    routes: Sequence[str] | None = None
    states: Sequence[State] | None = None
    codes: Sequence[str] | None = None
    key: str | None = None
    since: datetime | None = None
    """In their state since then at the earliest; of records that were never delivered: read since then."""
    until: datetime | None = None
    newest: bool = False
    """Only those of the newest revision on their route, which were not discarded: what can be taken up again."""


@row
class PipelineStatus:
    """Where a pipeline stands."""

    name: str
    last_read: datetime | None
    """When its source was last read to the end."""
    last_success: datetime | None
    """When a delivery last settled well, or a complete read found nothing to do."""
    read: int
    counts: Mapping[State, int]
    oldest_open: datetime | None
    reason: str | None
    """Why the last read brought nothing, or how it failed."""


@row
class DeliverySummary:
    """A delivery as lists show it."""

    id: int
    pipeline: str
    route: str
    key: str
    revision: int
    state: State
    code: str | None
    reason: str | None
    fix: str | None
    attempts: int
    since: datetime
    due_at: datetime | None
    deadline: datetime | None


@row
class RecordRow:
    """The newest revision of a record, and where it stands."""

    id: int
    pipeline: str
    key: str
    revision: int
    account: str
    identifiers: Mapping[str, str]
    read_at: datetime
    raw: bytes | None
    """The record as JSON; None after retention took it."""
    standing: Sequence[DeliverySummary]
    """Its deliveries: the newest on each route, and older ones that are still open or dead."""


@row
class MadeRow:
    """An effect, without its steps, and the record that it was made for."""

    effect: EffectRow
    record_key: str


@row
class DeliveryStory:
    """One delivery with everything that was done for it."""

    summary: DeliverySummary
    read_at: datetime
    effects: Sequence[EffectRow]
    audit: Sequence[AuditEvent]
    carriers: Mapping[str, CarrierRow] = field(default_factory=dict)
    """What carried those of the effects that went with bundles, by id."""


@row
class AlertRow:
    """Something of which a person is told out of band, once."""

    issue: str
    """What it is, the same as long as it lasts: "delivery:17", "read:orders", "connection:walmart_us"."""
    scope: str
    """What must have been looked at to know that it is over: a pipeline or a connection."""
    mark: str
    """Changes when it got worse."""
    about: Mapping[str, Json]
    """What to tell; no payload and no personal data."""


@row
class Alerts:
    """What is to be told now."""

    new: Sequence[AlertRow]
    """Never told, worse than when it was told, or told so long ago that it is told again."""
    over: Sequence[AlertRow]
    """Told, and no more."""


@row
class NoticeRow:
    """Something a person should know, since when."""

    pipeline: str
    notice: Notice
    first_at: datetime
    count: int


@row
class Pause:
    """A pipeline or a connection that a person stopped for a while."""

    kind: str
    """ "pipeline" or "connection"."""
    name: str
    at: datetime
    actor: str
    reason: str | None


@row
class Refusal:
    """That an account refused credentials."""

    at: datetime
    code: str
    reason: str
    fix: str | None


@row
class CredentialRow:
    """What is known of the credentials of a connection."""

    connection: str
    account: str
    """The connection's identity when they last worked."""
    host: str
    owner: str | None
    """Whom the remote system said they belong to; None where it does not tell."""
    worked_at: datetime | None = None
    refusal: Refusal | None = None
    same: bool = False
    """Whether the ones that were asked about are these."""


@row
class Seen:
    """The fields that a few records of one read had: how often each, and whether it is known."""

    component: str
    samples: int
    fields: Mapping[str, tuple[int, bool]]


@row
class FieldRow:
    """A field of a remote system's answers that nobody knows, or a known one that is gone."""

    component: str
    path: str
    gone: bool
    seen: int
    first_at: datetime
    last_at: datetime


@row
class QuotaRow:
    """A bucket of calls of an account, and how many should be left."""

    account: str
    name: str
    calls: int
    per_s: float
    burst: int
    left: int
    full_at: datetime
    """When it is full again; in the past where it is."""


@row
class Identifier:
    """One name of a thing in one account: its kind there, or what the source calls it."""

    name: str
    value: str
    connection: str


@row
class TraceEvent:
    """Something that happened to a key. `detail` holds no payload; digests only."""

    at: datetime
    pipeline: str | None
    kind: str
    connection: str | None
    """Identity of the account that it happened in, where it did in one."""
    ref: str
    """The record's key, the delivery's number, the effect's key, or the far id of a link."""
    detail: Mapping[str, Json]


@row
class Trace:
    """The story of one business key across pipelines, in order of time."""

    key: str
    """That of the record that was read first."""
    identifiers: Sequence[Identifier]
    events: Sequence[TraceEvent]
    standing: Sequence[DeliverySummary]
    """Where it stands now: the newest revision on each route, and older ones that are still open."""
