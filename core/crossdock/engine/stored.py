"""Between planned effects and stored ones: requests become rows and rows become requests again."""

from __future__ import annotations

import os
import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from crossdock import jsonio
from crossdock.contract.sink import Sink
from crossdock.contract.values import Answers, Effect, SettledEffect
from crossdock.errors import RejectedError
from crossdock.http import Request, Response
from crossdock.jsonio import Json
from crossdock.store.rows import Delivery, EffectRow, EffectState, NewEffect, StepRow, StepUpdate


def new_id(at: datetime) -> str:
    """A fresh effect id: ordered by time, so that indexes grow at their end."""
    return f"{int(at.timestamp() * 1000):012x}{os.urandom(10).hex()}"


def correlation_id(effect_id: str, position: int) -> str:
    """The id that a step's request bears, the same over all its repeats."""
    if position == 0:  # most of them; a UUID's text without the UUID
        return "-".join((effect_id[:8], effect_id[8:12], effect_id[12:16], effect_id[16:20], effect_id[20:]))
    return str(uuid.uuid5(uuid.UUID(hex=effect_id), str(position)))


def to_step(position: int, request: Request, attempted_at: datetime | None = None) -> StepRow:
    """The row of a request that bears no token yet."""
    return StepRow(
        position=position,
        method=request.method,
        url=str(request.url),
        headers=tuple((name.decode("ascii"), value.decode("utf-8")) for name, value in request.headers.raw),
        body=request.content,
        attempted_at=attempted_at,
    )


def to_request(step: StepRow) -> Request:
    """The request that a row keeps, byte for byte."""
    return Request(step.method, step.url, headers=list(step.headers), content=step.body)


def to_response(step: StepRow) -> Response:
    """The answer that a row keeps."""
    headers = [(name, value) for name, value in step.answer_headers if name.lower() not in _FRAMING]
    return Response(step.status or 0, headers=headers, content=step.answer or b"", request=to_request(step))


def kept(step: StepRow, response: Response, at: datetime) -> StepRow:
    """A step with its answer, as it is kept."""
    raw = ((name.lower(), name, value) for name, value in response.headers.raw)
    headers = tuple((name.decode("ascii"), value.decode("latin-1")) for lower, name, value in raw if lower in _KEPT)
    return step.answered(at, response.status_code, headers, response.content)


# What a receipt may need when it is read again; the rest (cookies, traces) is not kept.
_KEPT = frozenset({b"content-type", b"location", b"retry-after", b"etag", b"date"})

# The body is kept decoded and whole: headers that speak of its coding on the wire would make httpx decode it again.
_FRAMING = frozenset({"content-encoding", "transfer-encoding", "content-length"})


def to_effect(row: EffectRow | NewEffect) -> Effect:
    """The effect as it was planned."""
    return Effect(
        key=row.key,
        steps=tuple(to_request(step) for step in row.steps if not step.followed),
        content=row.content,
        memo=row.memo,
        facts=tuple(row.facts),
    )


def loads_record(delivery: Delivery) -> Json:
    """The raw record of a delivery. Raises: RejectedError where retention took it."""
    if delivery.raw is None:
        raise RejectedError("its record was erased by retention", code="payload_erased")
    return jsonio.loads(delivery.raw)


def to_settled(row: EffectRow) -> SettledEffect:
    """What `plan` may know of a fact that is in effect."""
    assert row.receipt is not None  # noqa: S101  (an effect in effect has a receipt)
    return SettledEffect(row.key, row.version, row.content, row.memo, row.receipt)


def is_unknown(row: EffectRow) -> bool:
    """Whether some request of a stored effect may have had its effect without our knowing."""
    return row.state is EffectState.ATTEMPTED and any(
        step.attempted_at and (step.lost or not step.answered_at) for step in row.steps
    )


def is_done(step: StepRow) -> bool:
    """Whether a write was answered well: it is never sent again."""
    return bool(_answered(step) and 200 <= (step.status or 0) < 300)


def is_partial(row: EffectRow) -> bool:
    """Whether some request of an unfinished effect was answered well: it must be gone on with, or looked for."""
    return row.state is EffectState.ATTEMPTED and any(map(is_done, row.steps))


def remaining(row: EffectRow | NewEffect, not_done: Collection[int]) -> tuple[int, list[StepRow]]:
    """Where to go on, and all steps: those answered for good as they are, the others unsent.

    Of those that followed from answers only the one is kept that comes next; the others follow anew.
    """
    if not any(
        step.attempted_at or step.answered_at or step.followed for step in row.steps
    ):  # as it was planned a moment ago
        return 0, list(row.steps)
    said = [bool(_answered(step)) and step.status not in not_done for step in row.steps]
    first = max((place + 1 for place, good in enumerate(said) if good), default=0)
    rest = [
        replace(step, attempted_at=None, answered_at=None, lost=False, status=None, answer_headers=(), answer=None)
        for place, step in enumerate(row.steps[first:])
        if not step.followed or (place == 0 and first > 0)
    ]
    return first, [*row.steps[:first], *rest]


def forgotten(steps: Sequence[StepRow]) -> tuple[StepRow, ...]:
    """The steps of an effect that was shown to be absent: what was answered well stays, the rest is to be sent."""
    kept = max((place + 1 for place, step in enumerate(steps) if is_done(step)), default=0)
    return (*steps[:kept], *(replace(step, attempted_at=None, lost=False) for step in steps[kept:]))


def lost_step(row: EffectRow) -> StepRow | None:
    """The request whose answer is lost; None where all that were sent are answered."""
    unclear = (step for step in row.steps if step.attempted_at and (step.lost or not step.answered_at))
    return next(unclear, None)


def next_step(row: EffectRow, sink: Sink[Any, Any]) -> StepRow | None:
    """The request that an effect would go on with now; None where nothing is to be sent at once."""
    position, steps = remaining(row, sink.not_done)
    if position < len(steps):
        return steps[position]
    try:
        answers = Answers(tuple(to_response(step) for step in steps if step.answered_at and not step.lost))
        following = sink.follow(to_effect(row), answers)
    except Exception:  # noqa: BLE001  sending it will tell
        return None
    return replace(to_step(position, following), followed=True) if isinstance(following, Request) else None


def updates(row: EffectRow, steps: Sequence[StepRow]) -> tuple[StepUpdate, ...]:
    """What journals steps of an effect."""
    return tuple(StepUpdate(row.id, step) for step in steps)


def _answered(step: StepRow) -> bool:
    return bool(step.attempted_at and step.answered_at and not step.lost)


def last_attempt(row: EffectRow) -> datetime:
    """When the newest request of a stored effect may have left."""
    return max((step.attempted_at for step in row.steps if step.attempted_at), default=row.planned_at)


def substance(content: Json, steps: Sequence[StepRow]) -> bytes:
    """What is compared to judge whether a fact changed: the sink's content, else method, URL and body of its steps."""
    if content is not None:
        return jsonio.canonical(content)
    return b"\x00".join(part for step in steps for part in (step.method.encode(), step.url.encode(), step.body))
