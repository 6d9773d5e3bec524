"""One execution of a scenario: disturbed by its plan, then calm until all is settled, then judged."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import anyio

from crossdock import jsonio
from crossdock.chaos import answers
from crossdock.chaos.plan import DURING, Blow, Plan, Strike, Turn
from crossdock.chaos.programs import Ended, Program
from crossdock.chaos.site import Site
from crossdock.chaos.tally import Execution
from crossdock.errors import CrossdockError
from crossdock.jsonio import Json
from crossdock.scenario import Play
from crossdock.scenario.model import Post
from crossdock.scenario.playing import TROUBLED
from crossdock.scenario.processes import GONE

_PAUSES_S = (0.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 2400.0)
"""How long the runs of the calm are apart: what is far in the future, as after a step of the clock, comes at last."""
_FROZEN_S = (900.0, 60.0)
"""Beyond every lease and token; and once more, for what the other process took up in the first run."""
_QUIET_S = 60.0
_QUIET_RUNS = 8
_LOOK_S = 0.01

_OPEN = ("pending", "attempted")


class Executor:
    """Executes plans at one site."""

    def __init__(self, site: Site, say: Callable[[str], None]) -> None:
        self._site = site
        self._say = say
        self._blows: dict[Blow, Callable[[Program, Strike], Awaitable[Ended]]] = {
            Blow.KILL: self._kill,
            Blow.FREEZE: self._freeze,
            Blow.FILL: self._fill,
            Blow.STEP: self._step_clock,
            Blow.REVOKE: self._revoke,
        }

    async def execute(self, plan: Plan, folder: Path, seed: int) -> Execution:
        """Execute a plan in a new folder. Raises: CrossdockError where that is not possible at all."""
        self._done = Execution(plan)
        site, turns = self._site, iter(plan.turns)
        await site.begin(folder, seed)
        play = Play(site.scenario, folder, self._say, env=site.env, controls=dict(site.controls))
        for step in site.scenario.steps_of("chaos"):
            if self._done.trouble:
                break
            if step.post:
                await self._post(play, step.post)
            if step.run:
                await self._turn(step.run.pipelines, next(turns))
        if not self._done.trouble:
            await self._quieten()
        self._done.verdict = await play.judge(await self._troubled())
        await self._audit()
        self._done.hits += site.hits()
        return self._done

    async def _post(self, play: Play, post: Post) -> None:
        """Let something happen; a simulator that refuses it has not seen what it rests on, or has seen it twice."""
        try:
            await play.post(post)
        except CrossdockError as error:
            if error.code == GONE:
                raise
            self._done.trouble.append(error.message)

    # ------------------------------------------------------------ a disturbed run, and what follows it

    async def _turn(self, pipelines: Sequence[str], turn: Turn) -> None:
        site = self._site
        await site.pass_time(site.scenario.chaos.age.total_seconds())
        for simulator, fault in turn.faults:
            await site.controls[simulator].post("/_sim/faults", fault)
            self._done.faults[answers.name(fault)] += 1
        since: float | None = None
        for strike in turn.strikes:
            if await self._strike(pipelines, strike):
                since = site.time if since is None or strike.blow is Blow.KILL else since
        for control in site.controls.values():
            await control.delete("/_sim/faults")
        site.step_clock(0.0)
        await site.pass_time(turn.rest_s)
        await self._settle(pipelines)
        if since is not None:
            self._done.recoveries_s.append(site.time - since)

    async def _settle(self, pipelines: Sequence[str]) -> None:
        """Run until nothing is on its way any more, as the next scheduled runs would."""
        for pause_s in _PAUSES_S:
            await self._site.pass_time(pause_s)
            standing = await self._run(pipelines)
            if self._done.trouble or not any(one[state] for one in standing for state in _OPEN):
                return
        self._done.trouble.append(f"it never settled: {_said(standing)}")

    async def _quieten(self) -> None:
        """Run everything until a run changes nothing."""
        before: Json = None
        for _ in range(_QUIET_RUNS):
            await self._site.pass_time(_QUIET_S)
            standing = [{**one, "last_success": None, "reason": None} for one in await self._run([])]
            if self._done.trouble or standing == before:
                return
            before = standing
        self._done.trouble.append(f"it never came to rest: {_said(before)}")

    async def _run(self, pipelines: Sequence[str]) -> list[Json]:
        """An undisturbed run; where its pipelines stand then."""
        ended = await self._site.command("run", *pipelines, "--json")
        if ended.code not in (0, 1) or not ended.out:  # 1: something is held; a crash prints nothing
            self._done.trouble.append(f"an undisturbed run ended with {ended.code}: {ended.err[-400:].strip()}")
            return []
        standing: list[Json] = jsonio.loads(ended.out.encode())["pipelines"]
        if ended.code and not any(one["held"] or one["dead"] for one in standing):
            reasons = "; ".join(f"{one['name']}: {one['reason']}" for one in standing if one["reason"])
            self._done.trouble.append(f"an undisturbed run failed: {reasons}")
        return standing

    async def _troubled(self) -> list[Json]:
        ended = await self._site.command(*TROUBLED, "--json")
        if not ended.out:
            raise CrossdockError(f"`crossdock deliveries` ended with {ended.code}: {ended.err[-400:].strip()}")
        listed: list[Json] = jsonio.loads(ended.out.encode())["deliveries"]
        return listed

    async def _audit(self) -> None:
        """The log must hold, whatever it was torn from."""
        ended = await self._site.command("audit", "verify")
        if ended.code:
            self._done.trouble.append(f"the log of what was done is not whole: {(ended.out + ended.err)[-400:].strip()}")

    # ------------------------------------------------------------ blows

    async def _strike(self, pipelines: Sequence[str], strike: Strike) -> bool:
        """Start a run and strike it at its moment; False where it never got there."""
        if strike.moment == DURING:
            program = await self._caught_sending(pipelines, strike)
        else:
            program = await self._site.start("run", *pipelines, "--json", watch=f"{strike.moment}#{strike.hit}:stop")
            if not await program.halted():
                self._check(await program.end(), "a run in the midst of faults")
                return False
        if program is None:
            return False
        self._done.struck.append((strike.moment, strike.blow.value))
        self._done.told.append(f"{strike} in `run {' '.join(pipelines)}`".replace("run `", "run`"))
        self._site.note(await self._blows[strike.blow](program, strike))
        return True

    async def _caught_sending(self, pipelines: Sequence[str], strike: Strike) -> Program | None:
        """A run that stands still while the answer to a write is held back; None where it came to none."""
        site = self._site
        held_back = {"write": True, "skip": strike.hit - 1, "delay_s": 1.0}
        open_faults = {}
        for name, control in site.controls.items():
            made = await control.post("/_sim/faults", held_back)
            open_faults[name] = made["faults"][0]["id"]
        program = await site.start("run", *pipelines, "--json")
        while program.outcome is None:
            for name, number in open_faults.items():
                left = (await site.controls[name].get("/_sim/faults"))["faults"]
                if not any(one["id"] == number for one in left):
                    if not await program.stop():
                        return None
                    self._done.hits[DURING] += 1
                    return program
            await anyio.sleep(_LOOK_S)
        self._check(await program.end(), "a run in the midst of faults")
        return None

    async def _kill(self, program: Program, strike: Strike) -> Ended:
        return await program.kill()

    async def _freeze(self, program: Program, strike: Strike) -> Ended:
        """Frozen past every lease and token; another process tries to go on meanwhile."""
        for pause_s in _FROZEN_S:
            await self._site.pass_time(pause_s)
            other = self._check(await self._site.command("run", "--json"), "a run beside a frozen one", 2)
            if other.code == 2:  # refused: one file, one process
                break
            if not self._site.sabotage:
                self._done.trouble.append("a second process worked beside a frozen one")
        await program.go_on()
        return self._check(await program.end(), "a run that was frozen")

    async def _fill(self, program: Program, strike: Strike) -> Ended:
        """The disk is full from now on, or nearly."""
        await program.leave_room(self._site.largest_file() + int(strike.seconds * 1024) if strike.seconds else 0)
        await program.go_on()
        return self._check(await program.end(), "a run without room on its disk", 2)

    async def _step_clock(self, program: Program, strike: Strike) -> Ended:
        """The program's clock is set, and set right again after its end."""
        self._site.step_clock(strike.seconds)
        await program.go_on()
        return self._check(await program.end(), "a run whose clock was set")

    async def _revoke(self, program: Program, strike: Strike) -> Ended:
        for control in self._site.controls.values():
            await control.post("/_sim/expire-tokens", {})
        await program.go_on()
        return self._check(await program.end(), "a run whose tokens were revoked")

    def _check(self, ended: Ended, what: str, *also: int) -> Ended:
        """A disturbed run may fail, in order: with a code and a sentence, never with a crash."""
        if ended.code not in (0, 1, 3, *also) or "failed unexpectedly" in ended.err:
            told = (
                f"it was ended by {signal.Signals(-ended.code).name}"
                if ended.code < 0
                else f"it ended with {ended.code}"
            )
            self._done.trouble.append(f"{what} crashed: {told}: {ended.err[-600:].strip()}")
        return ended


def _said(standing: Json) -> str:
    counted = ("pending", "attempted", "waiting", "held")
    return "; ".join(f"{one['name']} {', '.join(f'{one[state]} {state}' for state in counted)}" for one in standing)
