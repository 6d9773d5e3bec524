"""Executing a scenario: simulators up, steps in order, both sides compared."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from crossdock.contract.durations import format_duration
from crossdock.errors import CrossdockError
from crossdock.jsonio import Json
from crossdock.scenario.model import Command, Post, Run, Scenario
from crossdock.scenario.processes import Control, crossdock, crossdock_json, simulator
from crossdock.scenario.time import CommonTime
from crossdock.scenario.verdict import Verdict, compare

Say = Callable[[str], None]

TROUBLED = ("deliveries", "--state", "held", "--state", "dead")
"""What lists the deliveries that a verdict looks at."""


@dataclass
class Play:
    """A scenario on its way."""

    scenario: Scenario
    folder: Path
    """Where the definition and the store are."""
    say: Say
    env: dict[str, str] = field(default_factory=dict)
    controls: dict[str, Control] = field(default_factory=dict)
    saved: dict[str, list[str]] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """Where the logs of all runs go."""
        return self.folder / "crossdock.log"

    async def post(self, post: Post) -> None:
        """Call a control plane, once or for each saved id."""
        calls = [(post.path, post.body)]
        if post.each:
            ids = [key for name in post.each for key in self.saved[name]]
            calls = [(_named(post.path, key), _named(post.body, key)) for key in ids]
        for path, body in calls:
            made = await self.controls[post.to].post(path, body)
            if post.save:
                self.saved.setdefault(post.save, []).extend(_ids(made))

    async def run(self, run: Run) -> None:
        """Start a `crossdock run` and wait for its end. Raises: CrossdockError where it could not work at all."""
        arguments = ["-c", self.scenario.definition, "--log-format", "json", "run", *run.pipelines]
        arguments += ["--wait", format_duration(run.wait), "--json"]
        code, output = await crossdock(arguments, folder=self.folder, env=self.env, log=self.log)
        if code not in (0, 1) or not output:  # 1 is also what a crash ends with, but that prints no outcome
            raise CrossdockError(f"`crossdock run` ended with {code}", fix=f"its log is {self.log}")

    async def command(self, command: Command) -> None:
        """Run any other command. Raises: CrossdockError where it does not end as the scenario says."""
        arguments = ["-c", self.scenario.definition, *command.words]
        code, output = await crossdock(arguments, folder=self.folder, env=self.env, log=self.log)
        told = output.decode(errors="replace").rstrip()
        for line in told.splitlines()[: command.show]:
            self.say(f"  {line}".rstrip())
        if code != command.exit:
            raise unexpected(command, code, told, f"its log is {self.log}")

    async def verdict(self) -> Verdict:
        """Compare both sides with what must be true."""
        arguments = ["-c", self.scenario.definition, *TROUBLED]
        listed = await crossdock_json(arguments, folder=self.folder, env=self.env, log=self.log)
        return await self.judge(listed["deliveries"])

    async def judge(self, troubled: Sequence[Json]) -> Verdict:
        """Compare both sides with what must be true, given the deliveries that are held or dead."""
        facts = {name: await control.get("/_sim/facts") for name, control in self.controls.items()}
        return compare(self.scenario, facts, self.saved, troubled)


async def play(scenario: Scenario, source: Path, work: Path, say: Say, *, seed: int = 1) -> Verdict:
    """Execute a scenario of the folder `source` in the folder `work`, which keeps store, log and definition.

    Raises: CrossdockError where something could not be started or refused a step.
    """
    shutil.copytree(source, work, dirs_exist_ok=True)
    async with AsyncExitStack() as stack:
        playing = Play(scenario, work, say, env=environment(scenario))
        for number, (name, simulated) in enumerate(scenario.simulators.items()):
            url = await stack.enter_async_context(simulator(simulated.use, seed + number))
            control = await Control.open(name, url, stack, simulated.use)
            await control.post("/_sim/settings", simulated.settings)
            playing.controls[name] = control
            playing.env[simulated.env] = url
            say(f"{name} is up at {url}")
        time = CommonTime(work / "clock", playing.controls)
        await time.begin(scenario.starts)
        playing.env["CROSSDOCK_CLOCK"] = str(time.file)
        await _keep_secrets(playing)
        for step in scenario.steps_of("demo"):
            if step.say:
                say(step.say)
            if step.later:
                await time.go_by(step.later.total_seconds())
            if step.post:
                await playing.post(step.post)
            if step.run:
                await playing.run(step.run)
            if step.command:
                await playing.command(step.command)
        return await playing.verdict()


def unexpected(command: Command, code: int, told: str, fix: str) -> CrossdockError:
    """A command of the scenario ended otherwise than it says."""
    words = " ".join(command.words)
    return CrossdockError(f"`crossdock {words}` ended with {code}, not {command.exit}: {told[-400:]}", fix=fix)


def environment(scenario: Scenario) -> dict[str, str]:
    """What the processes of a scenario find in their environment, beside the addresses of its simulators."""
    key = base64.b64encode(os.urandom(32)).decode()  # a fresh one: the secrets of a scenario live as long as it
    return {"CROSSDOCK_KEY": key, **scenario.env}


async def _keep_secrets(playing: Play) -> None:
    """Put the scenario's secrets into the store, as an operator does."""
    for name, value in playing.scenario.secrets.items():
        arguments = ["-c", playing.scenario.definition, "secrets", "set", name]
        code, _ = await crossdock(
            arguments, folder=playing.folder, env=playing.env, stdin=value.encode(), log=playing.log
        )
        if code:
            raise CrossdockError(f"`crossdock secrets set {name}` ended with {code}", fix=f"see {playing.log}")


def _named(value: Json, key: str) -> Json:
    """The value with an id in place of each `{id}`."""
    match value:
        case str():
            return value.replace("{id}", key)
        case dict():
            return {name: _named(one, key) for name, one in value.items()}
        case list():
            return [_named(one, key) for one in value]
    return value


def _ids(made: Json) -> list[str]:
    """The ids in what a control plane says it made: `{"ids": […]}`, or a list under any name of texts or objects."""
    if isinstance(made, dict):
        for value in (made.get("ids"), *made.values()):
            if isinstance(value, list):
                return [one if isinstance(one, str) else str(one.get("id") or one.get("key")) for one in value]
    return []
