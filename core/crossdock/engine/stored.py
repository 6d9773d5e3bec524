"""Between planned effects and stored ones: requests become rows and rows become requests again."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from datetime import datetime

from crossdock import jsonio
from crossdock.contract.values import Answers, Effect, SettledEffect
from crossdock.http import Request, Response
from crossdock.jsonio import Json
from crossdock.store.rows import EffectRow, EffectState, NewEffect, StepRow


def new_id(at: datetime) -> str:
    """A fresh effect id: ordered by time, so that indexes grow at their end."""
    return f"{int(at.timestamp() * 1000):012x}{os.urandom(10).hex()}"


def correlation_id(effect_id: str, position: int) -> str:
    """The id that a step's request bears, the same over all its repeats."""
    base = uuid.UUID(hex=effect_id)
    return str(base if position == 0 else uuid.uuid5(base, str(position)))


def to_step(position: int, request: Request, attempted_at: datetime | None = None) -> StepRow:
    """The row of a request that bears no token yet."""
    return StepRow(
        position=position,
        method=request.method,
        url=str(request.url),
        headers=tuple(request.headers.items()),
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


# The body is kept decoded and whole: headers that speak of its coding on the wire would make httpx decode it again.
_FRAMING = frozenset({"content-encoding", "transfer-encoding", "content-length"})


def to_effect(row: EffectRow | NewEffect) -> Effect:
    """The effect as it was planned."""
    return Effect(
        key=row.key,
        steps=tuple(to_request(step) for step in row.steps),
        content=row.content,
        memo=row.memo,
        facts=tuple(row.facts),
    )


def to_answers(steps: Sequence[StepRow]) -> Answers:
    """The complete answers of the steps that have one."""
    return Answers(tuple(to_response(step) for step in steps if step.answered_at and not step.lost))


def to_settled(row: EffectRow) -> SettledEffect:
    """What `plan` may know of a fact that is in effect."""
    assert row.receipt is not None  # noqa: S101  (an effect in effect has a receipt)
    return SettledEffect(row.key, row.version, row.content, row.memo, row.receipt)


def is_unknown(row: EffectRow) -> bool:
    """Whether some request of a stored effect may have had its effect without our knowing."""
    return row.state is EffectState.ATTEMPTED and any(
        step.attempted_at and (step.lost or not step.answered_at) for step in row.steps
    )


def last_attempt(row: EffectRow) -> datetime:
    """When the newest request of a stored effect may have left."""
    return max((step.attempted_at for step in row.steps if step.attempted_at), default=row.planned_at)


def substance(content: Json, steps: Sequence[StepRow]) -> bytes:
    """What is compared to judge whether a fact changed: the sink's content, else method, URL and body of its steps."""
    if content is not None:
        return jsonio.canonical(content)
    return b"\x00".join(part for step in steps for part in (step.method.encode(), step.url.encode(), step.body))
