"""The scenario file, `scenario.yaml` beside an example: simulators and kinds of facts by name, no vendor."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from crossdock.contract.component import Duration
from crossdock.errors import ConfigError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Simulated(_Part):
    """A remote system that a simulator stands in for."""

    use: str
    """The simulator's name, as `crossdock simulate` takes it."""
    env: str
    """Environment variable that gives its URL to the definition."""
    settings: dict[str, Any] = {}


class Post(_Part):
    """A call of a control plane."""

    to: str
    each: list[str] = []
    """Saved names: one call for each of their ids, which stands for `{id}` in path and body."""
    path: Annotated[str, Field(pattern="^/_sim/")]
    body: dict[str, Any] = {}
    save: str | None = None
    """Remember the ids of what it made under this name."""


class Run(_Part):
    """A `crossdock run`, as a process of its own."""

    pipelines: list[str] = []
    wait: Duration


class Command(_Part):
    """Any other command, which must end as it says."""

    words: Annotated[list[str], Field(min_length=1)]
    exit: int = 0
    show: Annotated[int, Field(ge=0)] = 0
    """How many lines of what it prints are part of the story."""


class Step(_Part):
    """One thing that happens: said, posted, run, asked, or time that goes by."""

    say: str | None = None
    later: Duration | None = None
    """So much time goes by, for the program and for all simulators, before the rest of the step."""
    post: Post | None = None
    run: Run | None = None
    command: Command | None = None
    only: Literal["demo", "chaos"] | None = None
    """Who alone executes it; both by default."""

    @model_validator(mode="after")
    def _does_something(self) -> Step:
        if sum(one is not None for one in (self.post, self.run, self.command)) > 1:
            raise ValueError("a step either posts, runs, or commands")
        if not (self.say or self.later or self.post or self.run or self.command):
            raise ValueError("a step says, posts, runs or commands something, or lets time go by")
        return self


class Facts(_Part):
    """Facts of one kind that a simulator witnessed."""

    of: str
    kind: str


class Expectation(_Part):
    """Each fact on one side has given exactly one on the other: `name` is what the verdict calls them."""

    name: str
    each: Facts
    gives: Facts
    times: dict[str, Annotated[int, Field(ge=1)]] = {}
    """Saved names of the ones that must give another number than one, all of them different."""
    key: str = "{key}"
    """How the key is called on the other side: "{key}" stands for it, `*` for anything.

    Where several expectations share what they give, each looks at the keys that are called as it says; one that is
    called as none says is unwanted.
    """
    many: bool = False
    """Whether one may give any number but none, all of them different."""
    not_for: list[str] = []
    """Saved names of the ones that must give none."""
    only_for: list[str] = []
    """Saved names of the only ones that must give any."""

    @property
    def names(self) -> set[str]:
        """The saved names that it speaks of."""
        return {*self.times, *self.not_for, *self.only_for}


Answer = Literal["cut", "429", "500", "503", "html", "nothing", "late", "slow", "hanging"]
"""A kind of bad answer that chaos may order from a simulator."""


class Chaos(_Part):
    """What `crossdock chaos` needs to know of a scenario to disturb it within what its definition promises."""

    age: Duration = timedelta(minutes=6)
    """How much time passes before each run: more than any source's overlap, so that a cursor that ran ahead shows."""
    late: Duration = timedelta(0)
    """How much later a lost request may still act at most; with the read lag below every sink's `settles_after`."""
    hang: Duration = timedelta(0)
    """How long an answer is held back that nobody waits for: longer than the deadline of a request."""
    settings: dict[str, dict[str, Any]] = {}
    """Settings of simulators, over those that the scenario gives them."""
    answers: dict[str, list[Answer]] = {}
    """Which bad answers suit a simulator; all of them by default."""


class Scenario(_Part):
    """What happens, and what must then be true."""

    about: str
    definition: str = "crossdock.yaml"
    note: str | None = None
    starts: AwareDatetime | None = None
    """When it begins, by the clocks of the program and of all simulators; now by default."""
    simulators: dict[str, Simulated]
    secrets: dict[str, str] = {}
    env: dict[str, str] = {}
    steps: list[Step]
    expect: list[Expectation]
    held: dict[str, int] = {}
    """How many deliveries must be held or dead at the end, by code; any other is a failure."""
    chaos: Chaos = Chaos()

    def steps_of(self, player: Literal["demo", "chaos"]) -> list[Step]:
        """The steps that this one executes."""
        return [step for step in self.steps if step.only in (None, player)]

    @model_validator(mode="after")
    def _simulators_are_known(self) -> Scenario:
        named = {step.post.to for step in self.steps if step.post}
        named |= {side for one in self.expect for side in (one.each.of, one.gives.of)}
        named |= {*self.chaos.settings, *self.chaos.answers}
        if unknown := named - set(self.simulators):
            raise ValueError(f"no simulator is called {', '.join(sorted(unknown))}")
        return self

    @model_validator(mode="after")
    def _names_meet(self) -> Scenario:
        for player in ("demo", "chaos"):
            self._check_names(self.steps_of(player))
        return self

    def _check_names(self, steps: list[Step]) -> None:
        saved: set[str] = set()
        for post in (step.post for step in steps if step.post):
            if unknown := set(post.each) - saved:
                raise ValueError(f"no step before saves {', '.join(sorted(unknown))}")
            saved |= {post.save} if post.save else set()
        if unknown := {name for one in self.expect for name in one.names} - saved:
            raise ValueError(f"no step saves {', '.join(sorted(unknown))}")


def load_scenario(folder: Path) -> Scenario:
    """Read `scenario.yaml` of an example's folder. Raises: ConfigError."""
    path = folder / "scenario.yaml"
    try:
        return Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        fix = "name a folder of examples/ in a checkout, or one of your own that has a scenario.yaml"
        raise ConfigError(f"cannot read {path}: {error.strerror}", fix=fix) from error
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path} is no scenario: {error}", fix="see docs/scenarios.md") from error
