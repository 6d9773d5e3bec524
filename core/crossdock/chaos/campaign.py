"""All executions: planned by seed, several sites side by side, counted."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from crossdock.chaos.execution import Executor
from crossdock.chaos.plan import Blow, plan
from crossdock.chaos.programs import Nursery, open_nursery
from crossdock.chaos.site import open_site
from crossdock.chaos.tally import Execution, Tally
from crossdock.scenario.model import Scenario

BLOWS = (Blow.KILL, Blow.FREEZE, Blow.FILL, Blow.STEP, Blow.REVOKE)
"""What is possible where the store is a file."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller chose."""

    runs: int
    seed: int
    only: int | None = None
    """One execution alone, to look at it again."""
    sites: int = 2
    sabotage: str | None = None
    store: str | None = None
    """The address of a shared store, in place of the definition's own."""
    processes: int = 1
    """How many run at once; more than one need a shared store."""
    restart: str | None = None
    """The command that restarts the server of a shared store."""

    @property
    def blows(self) -> tuple[Blow, ...]:
        """What can happen to a process: the disk of a server is not ours to fill, nor is every server to restart."""
        if self.store is None:
            return BLOWS
        shared = tuple(blow for blow in BLOWS if blow is not Blow.FILL)
        return (*shared, Blow.RESTART) if self.restart else shared


@dataclass
class Campaign:
    """Executes a scenario, disturbed, as often as it was asked to."""

    scenario: Scenario
    source: Path
    work: Path
    options: Options
    told: Callable[[Execution], None]

    async def run(self) -> Tally:
        """Execute all. Raises: CrossdockError where a simulator or a process could not be started, or died."""
        numbers = [self.options.only] if self.options.only else range(1, self.options.runs + 1)
        tally = Tally(self.options.seed, complete=self.options.only is None)
        todo = iter(numbers)
        async with open_nursery() as nursery:
            try:
                async with anyio.create_task_group() as tasks:
                    for _ in range(min(self.options.sites, len(numbers))):
                        tasks.start_soon(self._work, nursery, todo, tally)
            except BaseExceptionGroup as group:
                raise _first(group) from None
        return tally

    async def _work(self, nursery: Nursery, todo: Iterator[int], tally: Tally) -> None:
        options = self.options
        async with open_site(
            self.scenario, self.source, nursery, options.seed, options.sabotage, options.store
        ) as site:
            executor = Executor(site, options.processes, shlex.split(options.restart or ""))
            for number in todo:
                folder = self.work / f"run-{number}"
                planned = plan(self.scenario, options.seed, number, options.blows, options.sabotage)
                done = await executor.execute(planned, folder, options.seed * 1000 + number)
                tally.add(done, self.command(number))
                self.told(done)
                if done.ok:
                    shutil.rmtree(folder)

    def command(self, number: int) -> str:
        """What executes this one again."""
        words: Sequence[str] = ("crossdock", "chaos", str(self.source), "--seed", str(self.options.seed))
        options = {"sabotage": self.options.sabotage, "restart": self.options.restart}
        more = [word for name, value in options.items() if value for word in (f"--{name}", value)]
        if self.options.store:  # not the address: a password may be in it
            more += ["--store", "URL", "--processes", str(self.options.processes)]
        return shlex.join([*words, "--run", str(number), *more])


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
