"""One execution of a scenario: disturbed by its plan, then calm until all is settled, then judged."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import anyio

from crossdock import jsonio
from crossdock.chaos import answers
from crossdock.chaos.plan import DURING, Blow, Plan, Strike, Turn
from crossdock.chaos.programs import Ended, Program, first_halted
from crossdock.chaos.site import Site
from crossdock.chaos.tally import Execution
from crossdock.errors import CrossdockError
from crossdock.jsonio import Json
from crossdock.scenario import Play
from crossdock.scenario.model import Command, Post
from crossdock.scenario.playing import TROUBLED, unexpected
from crossdock.scenario.processes import GONE

_PAUSES_S = (0.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 2400.0, *(10.0,) * 12)
"""How long the runs of the calm are apart: what is far in the future, as after a step of the clock, comes at last.

Then some more: what goes one after another, each when the remote system has done the one before, takes a run for each.
"""
_FROZEN_S = 900.0
"""How long a frozen process stands still: beyond every token, and every lease that is timed by clocks of ours."""
_LEASE_S = 60.0
"""How long other processes ask for what a frozen one has leased, by a server's clock that nobody moves."""
_ASK_S = 0.5
_QUIET_S = 60.0
_QUIET_RUNS = 8
_LOOK_S = 0.01

_OPEN = ("pending", "attempted")
IN_USE = 2
"""What a run ends with that is refused, since another one has the store or its pipelines."""


class Executor:
    """Executes plans at one site."""

    def __init__(self, site: Site, processes: int = 1, restart: Sequence[str] = ()) -> None:
        self._site = site
        self._processes = processes
        self._restart = restart
        self._blows: dict[Blow, Callable[[Program, Strike], Awaitable[Ended]]] = {
            Blow.KILL: self._kill,
            Blow.FREEZE: self._freeze,
            Blow.FILL: self._fill,
            Blow.STEP: self._step_clock,
            Blow.REVOKE: self._revoke,
            Blow.RESTART: self._restart_store,
        }

    async def execute(self, plan: Plan, folder: Path, seed: int) -> Execution:
        """Execute a plan in a new folder. Raises: CrossdockError where that is not possible at all."""
        self._done = Execution(plan)
        site, turns = self._site, iter(plan.turns)
        await site.begin(folder, seed)
        play = Play(site.scenario, folder, _silent, env=site.env, controls=dict(site.controls))
        for step in site.scenario.steps_of("chaos"):
            if self._done.trouble:
                break
            if step.later:
                await site.pass_time(step.later.total_seconds())
            if step.post:
                await self._post(play, step.post)
            if step.run:
                await self._turn(step.run.pipelines, next(turns))
            if step.command:
                await self._command(step.command)
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

    async def _command(self, command: Command) -> None:
        """Ask, undisturbed, what the scenario asks; it must end as it says."""
        ended = await self._site.command(*command.words)
        if ended.code != command.exit:
            told = (ended.out + ended.err).strip()
            self._done.trouble.append(unexpected(command, ended.code, told, "").message)

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
            self._done.trouble.append(
                f"the log of what was done is not whole: {(ended.out + ended.err)[-400:].strip()}"
            )

    # ------------------------------------------------------------ blows

    async def _strike(self, pipelines: Sequence[str], strike: Strike) -> bool:
        """Start runs and strike the one that comes to the moment first; False where none got there."""
        site = self._site
        open_faults = await self._hold_back(strike) if strike.moment == DURING else {}
        watch = "" if open_faults else f"{strike.moment}#{strike.hit}:stop"
        programs = [await site.start("run", *pipelines, "--json", watch=watch) for _ in range(self._processes)]
        struck = await (self._caught_sending(programs, open_faults) if open_faults else first_halted(programs))
        others = [program for program in programs if program is not struck]
        if struck is not None:
            await self._hit(struck, pipelines, strike)
        for other in others:
            self._check(site.note(await other.end()), "a run in the midst of faults")
        return struck is not None

    async def _hit(self, program: Program, pipelines: Sequence[str], strike: Strike) -> None:
        """Let a run that stands still feel it."""
        self._done.struck.append((strike.moment, strike.blow.value))
        self._done.told.append(f"{strike} in `run {' '.join(pipelines)}`".replace("run `", "run`"))
        ended = self._site.note(await self._blows[strike.blow](program, strike))
        if strike.blow is not Blow.KILL:
            self._check(ended, f"a run, {strike.blow.value},")

    async def _hold_back(self, strike: Strike) -> dict[str, int]:
        """Let each side hold back the answer to one write; the numbers of these faults."""
        fault = {"write": True, "skip": strike.hit - 1, "delay_s": 1.0}
        made = {name: await control.post("/_sim/faults", fault) for name, control in self._site.controls.items()}
        return {name: one["faults"][0]["id"] for name, one in made.items()}

    async def _caught_sending(self, programs: Sequence[Program], faults: Mapping[str, int]) -> Program | None:
        """Wait until a write came whose answer is held back, and stop the run that works; None where none came."""
        while working := [program for program in programs if program.outcome is None]:
            for name, number in faults.items():
                left = (await self._site.controls[name].get("/_sim/faults"))["faults"]
                if not any(one["id"] == number for one in left):
                    stopped = await working[0].stop()
                    self._done.hits[DURING] += stopped
                    return working[0] if stopped else None
            await anyio.sleep(_LOOK_S)
        return None

    async def _kill(self, program: Program, strike: Strike) -> Ended:
        return await program.kill()

    async def _freeze(self, program: Program, strike: Strike) -> Ended:
        """Frozen past every lease and token; another process tries to go on meanwhile."""
        await self._site.pass_time(_FROZEN_S)
        other = await self._beside(program.arguments)
        if self._site.renew_store is None:
            if other.code != IN_USE and not self._site.sabotage:
                self._done.trouble.append(f"a second process worked beside a frozen one and ended with {other.code}")
        elif other.code == IN_USE:
            self._done.trouble.append("no other process could take over from a frozen one")
        await program.go_on()
        return await program.end()

    async def _beside(self, arguments: Sequence[str]) -> Ended:
        """What becomes of other such runs, until one is let in and has done what can be done; on a file none is.

        They run the same pipelines: others would do what the scenario has not come to yet.
        """
        ended = await self._site.command(*arguments)
        with anyio.move_on_after(_LEASE_S if self._site.renew_store is not None else 0):
            while ended.code == IN_USE:
                await anyio.sleep(_ASK_S)
                ended = await self._site.command(*arguments)
        if ended.code != IN_USE:  # what the first took up is due again a moment later
            await self._site.pass_time(_QUIET_S)
            ended = await self._site.command(*arguments)
        return self._check(ended, "a run beside a frozen one")

    async def _fill(self, program: Program, strike: Strike) -> Ended:
        """The disk is full from now on, or nearly."""
        await program.leave_room(self._site.largest_file() + int(strike.seconds * 1024) if strike.seconds else 0)
        await program.go_on()
        return await program.end()

    async def _step_clock(self, program: Program, strike: Strike) -> Ended:
        """The program's clock is set, and set right again after its end."""
        self._site.step_clock(strike.seconds)
        await program.go_on()
        return await program.end()

    async def _revoke(self, program: Program, strike: Strike) -> Ended:
        for control in self._site.controls.values():
            await control.post("/_sim/expire-tokens", {})
        await program.go_on()
        return await program.end()

    async def _restart_store(self, program: Program, strike: Strike) -> Ended:
        """The store's server is restarted while the process stands still."""
        done = await anyio.run_process(list(self._restart), check=False)
        if done.returncode:
            said = (done.stdout + done.stderr).decode(errors="replace")[-300:].strip()
            raise CrossdockError(f"the store could not be restarted: {said}", fix="see what follows --restart")
        await program.go_on()
        return await program.end()

    def _check(self, ended: Ended, what: str) -> Ended:
        """A disturbed run may fail, in order: with a code and a sentence, never with a crash."""
        if ended.code not in (0, 1, 2, 3) or "failed unexpectedly" in ended.err:
            told = (
                f"it was ended by {signal.Signals(-ended.code).name}"
                if ended.code < 0
                else f"it ended with {ended.code}"
            )
            self._done.trouble.append(f"{what} crashed: {told}: {ended.err[-600:].strip()}")
        return ended


def _silent(line: str) -> None:
    pass


def _said(standing: Json) -> str:
    counted = ("pending", "attempted", "waiting", "held")
    return "; ".join(f"{one['name']} {', '.join(f'{one[state]} {state}' for state in counted)}" for one in standing)
