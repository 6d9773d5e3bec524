"""What became of a piece of work on a delivery, and how it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from crossdock.errors import (
    CredentialsError,
    CrossdockError,
    HoldError,
    NothingToDo,
    NotYetError,
    PluginError,
    RejectedError,
    StoreError,
    TransientError,
)
from crossdock.http import LOST, SCARCE
from crossdock.store.rows import OUTCOME_UNKNOWN, State


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state that a delivery goes to, and why."""

    state: State
    code: str | None = None
    reason: str | None = None
    fix: str | None = None
    due_at: datetime | None = None
    retry: bool = False
    """It counts as an attempt, and is due after a back-off (`retry_after` at the earliest)."""
    retry_after: float | None = None
    """Units: seconds. Without `retry` it is due then, and no attempt was made."""
    tried: bool = False
    """Something was sent and answered: it counts as an attempt, too."""
    deadline: datetime | None = None
    alert_at: datetime | None = None
    """From then on a person is told: what waits is held."""


DELIVERED = Verdict(State.DELIVERED)
MADE = Verdict(State.DELIVERED, tried=True)
"""Delivered by sending something."""


PROCESSING = "processing"
"""The code of what the remote system accepted and has not ended yet."""


def skipped(reason: str, code: str = "nothing_to_do") -> Verdict:
    """There is nothing to do."""
    return Verdict(State.SKIPPED, code, reason)


def unknown(reason: str, due_at: datetime) -> Verdict:
    """It may have happened: look again at `due_at`."""
    return Verdict(State.ATTEMPTED, OUTCOME_UNKNOWN, reason, due_at=due_at)


def held_unknown(reason: str, fix: str | None = None) -> Verdict:
    """It may have happened, and looking does not tell: a person decides."""
    look = "look into the remote system and correct what is there: it is looked at again, and never repeated blindly"
    return Verdict(State.HELD, OUTCOME_UNKNOWN, reason, fix or look)


_LONG = timedelta(hours=1)
"""How long a remote system may be at work on something before a person is told."""


def processing(due_at: datetime, *, since: datetime, now: datetime) -> Verdict:
    """The remote system has been at work on it since then, and is asked again at `due_at`.

    After an hour a person is told; it is asked again all the same, and goes on by itself.
    """
    if now - since >= _LONG:
        said = f"the remote system has been at work on it since {since:%Y-%m-%d %H:%M %Z} and does not say how it ended"
        return held_unknown(said, "see there what keeps it; it is asked again by itself, and never sent again blindly")
    return Verdict(State.ATTEMPTED, PROCESSING, "the remote system is still at work on it", due_at=due_at)


def in_progress(due_at: datetime) -> Verdict:
    """Another delivery is at work on the same fact."""
    return Verdict(State.PENDING, "in_progress", "another delivery is at work on the same fact", due_at=due_at)


def half_made(verdict: Verdict) -> Verdict:
    """Some step was done and the next was not: it is gone on with, never planned anew and never given up."""
    if verdict.retry:
        return replace(verdict, state=State.ATTEMPTED)
    return held_unknown(f"a part of it was made, and then: {verdict.reason}", verdict.fix)


def gone_on(key: str) -> Verdict:
    """What was lost of it was carried out after all."""
    why = f"an answer was lost, and what it answered of {key} was carried out; it goes on after it"
    return half_made(Verdict(State.PENDING, "answer_lost", why, retry=True))


def leaf(error: BaseException) -> BaseException:
    """What a group of errors comes to: what ends a program, else one of ours, else whatever came first."""
    leaves = list(_leaves(error))
    ends = (one for one in leaves if not isinstance(one, Exception))
    ours = (one for kind in _FAR_REACHING for one in leaves if isinstance(one, kind))
    return next(ends, None) or next(ours, leaves[0])


def from_error(error: BaseException, *, at_plugin: str) -> Verdict:
    """What an error that asserts that nothing was done means for the delivery.

    Raises: the error itself where it concerns more than this delivery (credentials, the store).
    """
    error = leaf(error)
    match error:
        case CredentialsError() | StoreError():
            raise error
        case NothingToDo():
            return skipped(error.message, error.code)
        case NotYetError():
            waiting = Verdict(State.WAITING, error.code, error.message, error.fix)
            return replace(waiting, deadline=error.deadline, alert_at=error.alert_at)
        case HoldError():
            return Verdict(State.HELD, error.code, error.message, error.fix)
        case RejectedError():
            return Verdict(State.DEAD, error.code, error.message, error.fix)
        case TransientError() if error.code in (LOST, SCARCE):
            # Not even tried: no attempt of this delivery, so that an outage of any length makes nothing dead.
            return Verdict(State.PENDING, error.code, error.message, error.fix, retry_after=error.retry_after)
        case TransientError():
            return Verdict(
                State.PENDING, error.code, error.message, error.fix, retry=True, retry_after=error.retry_after
            )
        case PluginError() | CrossdockError():
            return Verdict(State.HELD, error.code, error.message, error.fix or f"mend {at_plugin}, then replay it")
        case ValidationError():
            return Verdict(State.DEAD, "malformed_record", _shape_faults(error), "mend it at its source")
        case _:
            # Not the message: a plugin's own exception may quote the record.
            reason = f"{at_plugin} failed with {type(error).__name__}{_where(error)}"
            return Verdict(State.HELD, "plugin_fault", reason, f"mend {at_plugin}, then replay it")


def _shape_faults(error: ValidationError) -> str:
    """Name the fields and what is wrong with them, never their values: those may be a buyer's."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    named = [f"{'.'.join(str(part) for part in fault['loc']) or error.title}: {fault['type']}" for fault in faults]
    more = f" and {len(named) - 5} more" if len(named) > 5 else ""
    return f"the record is not as {error.title} expects: {'; '.join(named[:5])}{more}"


_FAR_REACHING = (StoreError, CredentialsError, CrossdockError)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for one in error.exceptions:
        yield from _leaves(one)


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f" at {trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}"
