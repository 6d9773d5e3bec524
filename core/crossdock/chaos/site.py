"""Where a scenario is executed again and again: simulators that stay, a folder and a store that do not, one time."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from anyio import to_thread

from crossdock.chaos.programs import Ended, Nursery, Program
from crossdock.errors import CrossdockError
from crossdock.scenario.model import Scenario
from crossdock.scenario.playing import environment
from crossdock.scenario.processes import Control, simulator
from crossdock.scenario.time import CommonTime
from crossdock.store.open import scratch


@dataclass
class Site:
    """One place. Simulators and program share one time, which `pass_time` moves."""

    scenario: Scenario
    source: Path
    nursery: Nursery
    controls: Mapping[str, Control]
    urls: Mapping[str, str]
    sabotage: str = ""
    renew_store: Callable[[], str] | None = None
    """Makes an empty shared store and gives its address; None where the definition's own is used, a file."""
    folder: Path = Path()
    env: dict[str, str] = field(default_factory=dict)

    @property
    def time(self) -> float:
        """The common time. Units: seconds; only differences mean something."""
        return time.monotonic() + self._common.ahead_s

    @property
    def log(self) -> Path:
        """What all commands said."""
        return self.folder / "crossdock.log"

    async def begin(self, folder: Path, seed: int) -> None:
        """Begin anew: simulators that know nothing, an empty store beside a copy of the definition, secrets kept."""
        self.folder = folder
        shutil.copytree(self.source, folder, dirs_exist_ok=True)
        (folder / "boundaries").mkdir()
        self._common = CommonTime(folder / "clock", self.controls)
        self.step_clock(0.0)
        self.env = {**environment(self.scenario), **self.urls, "CROSSDOCK_SABOTAGE": self.sabotage}
        self.env["CROSSDOCK_CLOCK"] = str(folder / "clock")
        if self.renew_store is not None:
            self.env[_STORE] = await to_thread.run_sync(self.renew_store)
            _move_store(folder / self.scenario.definition)
        for number, (name, simulated) in enumerate(self.scenario.simulators.items()):
            await self.controls[name].post("/_sim/reset", {"seed": seed + number})
            settings = {**simulated.settings, **self.scenario.chaos.settings.get(name, {})}
            await self.controls[name].post("/_sim/settings", settings)
        await self._common.begin(self.scenario.starts)
        for name, value in self.scenario.secrets.items():
            done = await self.command("secrets", "set", name, stdin=value)
            if done.code:
                raise CrossdockError(f"`crossdock secrets set {name}` ended with {done.code}: {done.err[-500:]}")

    async def pass_time(self, seconds: float) -> None:
        """Let time pass for all."""
        await self._common.go_by(seconds)

    def step_clock(self, seconds: float) -> None:
        """Set the program's clock, and it alone, so far beside the common time."""
        self._common.step(seconds)

    async def start(self, *arguments: str, watch: str = "", stdin: str = "") -> Program:
        """Start a command; `watch` is `NAME#N:stop`, where it shall stand still."""
        folder = self.folder / "boundaries"
        env = {**self.env, "CROSSDOCK_BOUNDARY": f"{folder}:{watch}" if watch else str(folder)}
        whole = ["-c", self.scenario.definition, "--log-format", "json", *arguments]
        return await self.nursery.start(whole, folder=self.folder, env=env, stdin=stdin)

    async def command(self, *arguments: str, stdin: str = "") -> Ended:
        """A command from its start to its end."""
        return self.note(await (await self.start(*arguments, stdin=stdin)).end())

    def note(self, ended: Ended) -> Ended:
        """Keep what a command said."""
        with self.log.open("a", encoding="utf-8") as file:
            file.write(ended.err)
        return ended

    def hits(self) -> Counter[str]:
        """How often each boundary was reached."""
        return Counter({file.name: file.stat().st_size for file in (self.folder / "boundaries").iterdir()})

    def largest_file(self) -> int:
        """The size of the greatest file beside the definition: the store's, or its journal. Units: bytes."""
        return max(file.stat().st_size for file in self.folder.iterdir() if file.is_file())


_STORE = "CHAOS_STORE"


def _move_store(definition: Path) -> None:
    """Let a definition take its store from the environment, where a password in its address is not written down."""
    text = definition.read_text(encoding="utf-8")
    root = yaml.compose(text)
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    value = next((value for key, value in entries if key.value == "store"), None)
    reference = f'"${{env:{_STORE}}}"'
    if value is None:
        text = f"store: {reference}\n{text}"
    else:
        text = text[: value.start_mark.index] + reference + text[value.end_mark.index :]
    definition.write_text(text, encoding="utf-8")


@asynccontextmanager
async def open_site(
    scenario: Scenario, source: Path, nursery: Nursery, seed: int, sabotage: str | None, store: str | None
) -> AsyncIterator[Site]:
    """Start the simulators of a site; `store` is the address of a shared one. Raises: CrossdockError."""
    async with AsyncExitStack() as stack:
        renew = stack.enter_context(scratch(store, f"chaos_{os.urandom(6).hex()}")) if store else None
        controls: dict[str, Control] = {}
        urls: dict[str, str] = {}
        for number, (name, simulated) in enumerate(scenario.simulators.items()):
            url = await stack.enter_async_context(simulator(simulated.use, seed + number))
            controls[name] = await Control.open(name, url, stack, simulated.use)
            urls[simulated.env] = url
        yield Site(scenario, source, nursery, controls, urls, sabotage or "", renew)
