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


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller chose."""

    runs: int
    seed: int
    only: int | None = None
    """One execution alone, to look at it again."""
    sites: int = 2
    sabotage: str | None = None


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
        sabotage = [options.sabotage] if options.sabotage else []
        async with open_site(self.scenario, self.source, nursery, options.seed, sabotage) as site:
            executor = Executor(site, _silent)
            for number in todo:
                folder = self.work / f"run-{number}"
                planned = plan(self.scenario, options.seed, number, BLOWS, options.sabotage)
                done = await executor.execute(planned, folder, options.seed * 1000 + number)
                tally.add(done, self.command(number))
                self.told(done)
                if done.ok:
                    shutil.rmtree(folder)

    def command(self, number: int) -> str:
        """What executes this one again."""
        words: Sequence[str] = ("crossdock", "chaos", str(self.source), "--seed", str(self.options.seed))
        more = ("--sabotage", self.options.sabotage) if self.options.sabotage else ()
        return shlex.join([*words, "--run", str(number), *more])


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


def _silent(line: str) -> None:
    pass
