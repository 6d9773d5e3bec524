"""The values that pass between core and plugins. All are frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crossdock.http.types import Request, Response
from crossdock.jsonio import Json

# ---------------------------------------------------------------- what sources read


@dataclass(frozen=True, slots=True)
class Record:
    """A raw vendor item as it was read.

    `key` names the thing for ever (a purchase order id). `version` is the vendor's own version or time of modification,
    if it has one: an older one than the newest stored is skipped; without it core counts up whenever the content
    differs from the newest stored. Records of one `ordering_key` (default: the key) are delivered one after another.
    `identifiers` are the names that other systems know it by; links are looked up by them, and `trace` finds it.
    """

    key: str
    raw: Json
    version: int | datetime | None = None
    ordering_key: str | None = None
    identifiers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of the vendor's time. `start` is None where nothing was read before and nothing limits it."""

    start: datetime | None
    end: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where to resume. `value` is what the last complete read left, None at first; `now` is the vendor's clock.

    `sweep` asks for the whole open window again (once a day): what only a sweep finds is counted and shown.
    """

    value: Json
    now: datetime
    sweep: bool = False

    def window(self, *, overlap: timedelta, since: datetime | None = None) -> Window:
        """The span to read for a source whose cursor is `Batch.end(window)`: from there less `overlap`, until now."""
        start = datetime.fromisoformat(self.value) - overlap if isinstance(self.value, str) else since
        return Window(start=start, end=self.now)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are stored in one transaction, with the cursor if this is the last batch of a window.

    `backfill` marks a read of the past: its effects are probed for before they are first made. `note` says why there
    are no records, where it is not simply that nothing is new.
    """

    records: Sequence[Record] = ()
    cursor: Json = None
    backfill: bool = False
    note: str | None = None

    @classmethod
    def end(cls, cursor: Json | Window, *, note: str | None = None) -> Batch:
        """The end of a read window: only now may the cursor move."""
        return cls(cursor=cursor.end.isoformat() if isinstance(cursor, Window) else cursor, note=note)


# ---------------------------------------------------------------- links


@dataclass(frozen=True, slots=True)
class Ref:
    """One identifier of one thing in one remote account."""

    account: str
    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Link:
    """Two identifiers of one thing: `near` on the side of this route's source, `far` on the side of its sink.

    `lines` gives, for each line number of `near`, the far line's id and whatever the sink's receipt put beside it.
    `also` names more on the near side when it is written; each then has a link of its own.
    """

    near: Ref
    far: Ref
    lines: Mapping[str, Json] = field(default_factory=dict)
    detail: Json = None
    also: Sequence[Ref] = ()


class Links(Sequence[Link]):
    """The links of the record at hand, between the two accounts of its route."""

    def __init__(self, links: Iterable[Link] = ()) -> None:
        self._links = tuple(links)

    def __getitem__(self, index: Any) -> Any:
        return self._links[index]

    def __len__(self) -> int:
        return len(self._links)

    def near(self, kind: str) -> Link | None:
        """The link whose near side is of that kind, if there is one."""
        return next((link for link in self._links if link.near.kind == kind), None)

    def far(self, kind: str) -> Link | None:
        """The link whose far side is of that kind, if there is one."""
        return next((link for link in self._links if link.far.kind == kind), None)


# ---------------------------------------------------------------- what mappers get


@dataclass(frozen=True, slots=True)
class Context:
    """What a mapper may know beside the document; reading it keeps the mapper pure.

    `adopting` says that nothing is going to be made: what exists already is looked for, which may have been made when
    more of it was still to be done than today.
    """

    key: str
    pipeline: str
    customer: str | None = None
    links: Links = field(default_factory=Links)
    adopting: bool = False
    notices: list[Notice] = field(default_factory=list)
    choice: str | None = None
    """What a person chose of the ways out that the component's `holds` declare, for this one delivery."""

    def notice(self, code: str, subject: str, message: str, *, fix: str) -> None:
        """Report something a person should know, once per code and subject, without stopping the delivery."""
        self.notices.append(Notice(code, subject, message, fix))


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know."""

    code: str
    subject: str
    message: str
    fix: str


# ---------------------------------------------------------------- what sinks plan and say


@dataclass(frozen=True, slots=True)
class Effect:
    """One fact to be made true in one remote account, planned before it is made.

    `key` names the business fact and bears neither configuration nor revision. `steps` are the requests, in order: one
    that was answered well is never sent again; after a refused write the next is sent only if `receipt` accepts that.
    `content` is what is compared to judge whether the fact changed (default: method, URL and body of the steps).
    An effect of a sink that bundles has no steps of its own, and says its `content`. `memo` is what `receipt`, `probe`
    and `follow` need beside the requests: it is stored with the effect, since they never see a document. Both outlive
    `retain_payload`, so that nothing is made twice: they bear no name, address, phone or mail. `facts` names what it
    covers (the lines of an order, a day's totals): a fact is never covered by two effects of one account.
    """

    key: str
    steps: Sequence[Request]
    content: Json = None
    memo: Json = None
    facts: Sequence[str] = ()
    lost: Request | None = None
    """Only where `probe` is asked after a lost answer: the request that it would have answered."""


@dataclass(frozen=True, slots=True)
class Later:
    """A request that follows, but not at once: the remote system is still at work on what was asked of it.

    Core waits, across restarts too, and meanwhile counts nothing as lost. The same request again takes the place of its
    earlier answer, so that polling leaves one answer, the newest.
    """

    request: Request
    after: timedelta


@dataclass(frozen=True, slots=True)
class Bundle:
    """Effects of one sink that go together. `number` is never used again in this store.

    `token` is five random letters and digits that tell it from the bundles of any other store, a restored one included;
    with the number it makes a name for the batch in the remote system. `at` is when it was put together.
    """

    number: int
    token: str
    at: datetime
    effects: Sequence[Effect]


@dataclass(frozen=True, slots=True)
class Attention:
    """Why something that was done still needs a person: it was created, but the other side rejected it."""

    code: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """It is done: what now exists there. Core writes the links from it.

    `kind` and `id` name the thing in the sink's account ("sale_order", its UUID); `identifiers` are its other names.
    `lines` maps the source's line numbers to the far side's line ids (or an object that bears them). With `attention`
    the delivery is held although the effect is there; core probes again until a receipt comes without it. `concerns`
    names, by kind and id, what else on the source's side it is about (the order that a return belongs to): it is linked
    to that, too.
    """

    kind: str
    id: str
    identifiers: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, Json] = field(default_factory=dict)
    note: str | None = None
    attention: Attention | None = None
    concerns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answers(Sequence[Response]):
    """The complete answers to an effect's steps, in order."""

    responses: Sequence[Response]

    def __getitem__(self, index: Any) -> Any:
        return self.responses[index]

    def __len__(self) -> int:
        return len(self.responses)

    @property
    def last(self) -> Response:
        """The answer to the newest step."""
        return self.responses[-1]


@dataclass(frozen=True, slots=True)
class SettledEffect:
    """The newest version of a fact that is in effect."""

    key: str
    version: int
    content: Json
    memo: Json
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Known:
    """What `plan` may know: links, the latest settled effect of this fact, and what `observe` saw just before.

    `choice` is what a person chose of the ways out that the sink's `holds` declare, for this one delivery.
    """

    links: Links = field(default_factory=Links)
    latest: SettledEffect | None = None
    observed: Any = None
    choice: str | None = None


# ---------------------------------------------------------------- what a probe says


@dataclass(frozen=True, slots=True)
class Done:
    """It is there, as the effect wanted it."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Absent:
    """It is not there."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The request whose answer was lost was carried out, and there is more to do: it is gone on with after it.

    `answer` stands for the lost one, where what follows needs it.
    """

    answer: Response | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something else is there under that name."""

    differences: Sequence[str]


@dataclass(frozen=True, slots=True)
class CannotTell:
    """It could not be found out; `ever`: nor can it be, whoever looks and however often.

    What can never be looked for is held where it may have been made without our knowing (in a back-fill, or since a
    backup that was put back): a person then says whether it is to be made.
    """

    reason: str
    ever: bool = False


Probe = Done | Begun | Absent | Conflict | CannotTell


@dataclass(frozen=True, slots=True)
class Push:
    """A webhook as it arrived: the raw body, for its signature."""

    endpoint: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """What a source makes of a push: records to store, keys to fetch, or nothing; `event_id` drops repeats."""

    event_id: str | None = None
    records: Sequence[Record] = ()
    fetch: Sequence[str] = ()


ASGIApp = Callable[..., Any]
