"""Stopping with grace: the first signal ends the work in order, the second one at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import anyio
import click

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[ResultT]):
    """What work came to: its result, or the signal that stopped it before there was one."""

    result: ResultT | None
    signal: signal.Signals | None = None


async def run_until_stopped(work: Callable[[], Awaitable[ResultT]]) -> Outcome[ResultT]:
    """Do the work; SIGINT or SIGTERM cancels it once, which lets it finish what must be finished."""
    watch = _Watch()
    result: ResultT | None = None
    failure: Exception | None = None
    done = False
    async with anyio.create_task_group() as tasks:
        await tasks.start(watch.run)
        with watch.scope:
            try:
                result = await work()
                done = True
            except Exception as error:  # noqa: BLE001  raised again below, outside of the group that would wrap it
                failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return Outcome(result, None if done else watch.received)


class _Watch:
    def __init__(self) -> None:
        self.scope = anyio.CancelScope()
        self.received: signal.Signals | None = None

    async def run(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            task_status.started()
            async for number in signals:
                if self.received is not None:
                    os._exit(128 + number)
                self.received = number
                click.echo("stopping: what was begun is being finished; a second signal ends it at once", err=True)
                self.scope.cancel()
