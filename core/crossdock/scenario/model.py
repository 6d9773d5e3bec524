"""The scenario file, `scenario.yaml` beside an example: simulators and kinds of facts by name, no vendor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

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


class Step(_Part):
    """One thing that happens: said, posted, or run."""

    say: str | None = None
    post: Post | None = None
    run: Run | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Step:
        if self.post is not None and self.run is not None:
            raise ValueError("a step either posts or runs")
        if not (self.say or self.post or self.run):
            raise ValueError("a step says, posts or runs something")
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
    """How the key is called on the other side: "{key}" stands for it."""
    not_for: list[str] = []
    """Saved names of the ones that must give none."""
    only_for: list[str] = []
    """Saved names of the only ones that must give any."""

    @property
    def names(self) -> set[str]:
        """The saved names that it speaks of."""
        return {*self.times, *self.not_for, *self.only_for}


class Scenario(_Part):
    """What happens, and what must then be true."""

    about: str
    definition: str = "crossdock.yaml"
    note: str | None = None
    simulators: dict[str, Simulated]
    secrets: dict[str, str] = {}
    env: dict[str, str] = {}
    steps: list[Step]
    expect: list[Expectation]
    held: dict[str, int] = {}
    """How many deliveries must be held or dead at the end, by code; any other is a failure."""

    @model_validator(mode="after")
    def _names_meet(self) -> Scenario:
        named = {step.post.to for step in self.steps if step.post}
        named |= {side for one in self.expect for side in (one.each.of, one.gives.of)}
        if unknown := named - set(self.simulators):
            raise ValueError(f"no simulator is called {', '.join(sorted(unknown))}")
        saved: set[str] = set()
        for post in (step.post for step in self.steps if step.post):
            if unknown := set(post.each) - saved:
                raise ValueError(f"no step before saves {', '.join(sorted(unknown))}")
            saved |= {post.save} if post.save else set()
        if unknown := {name for one in self.expect for name in one.names} - saved:
            raise ValueError(f"no step saves {', '.join(sorted(unknown))}")
        return self


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
