"""What stands before a first run that would do a lot: a wrong `since` must not become a flood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from crossdock.cli.context import Opened


@dataclass(frozen=True, slots=True)
class Guard:
    """Asks at a terminal before pipelines that never acted make more changes than `limit`.

    Elsewhere nobody can answer: with `refuses` such a run ends before anything is sent, else it goes on, and the log
    says that nobody was asked.
    """

    limit: int
    asks: bool
    refuses: bool

    async def first_of(self, opened: Opened, names: Sequence[str]) -> list[str]:
        """Which of these pipelines never acted, and are not paused."""
        assert opened.store is not None  # noqa: S101  (a run has a store)
        paused = await opened.runtime.paused(names)
        return [name for name in names if name not in paused and await opened.store.effect_count(name) == 0]

    async def check(self, opened: Opened, first: Sequence[str]) -> None:
        """Ask, or refuse. Raises: click.Abort; ConfigError `unconfirmed`."""
        if not first or not (self.asks or self.refuses):
            return
        plan = await opened.runtime.plan(first)
        if len(plan.effects) <= self.limit:
            return
        each = {name: sum(effect.pipeline == name for effect in plan.effects) for name in first}
        told = ", ".join(f"{count} by {name}" for name, count in each.items() if count)
        busy = " ".join(name for name, count in each.items() if count)
        said = f"the first run would make {len(plan.effects)} changes: {told}"
        if not self.asks:
            raise _unconfirmed(said, self.limit, busy)
        click.echo(f"{said[0].upper()}{said[1:]}.", err=True)
        click.echo(f"  `crossdock plan {busy}` shows each request", err=True)
        click.echo(f"  `crossdock adopt {busy}` links what is there already instead of creating it", err=True)
        click.echo("  --confirm-above raises this limit", err=True)
        click.confirm("Go on?", abort=True, err=True)

    async def tell(self, opened: Opened, first: Sequence[str]) -> None:
        """Where nobody was asked, and it was a lot: say so in the log."""
        from crossdock.observe.logs import get_logger

        assert opened.store is not None  # noqa: S101
        _log = get_logger("crossdock.cli")
        for name in () if self.asks else first:
            made = await opened.store.effect_count(name)
            if made > self.limit:
                _log.warning("first_run.unconfirmed", pipeline=name, changes=made, limit=self.limit)


def _unconfirmed(said: str, limit: int, names: str) -> Exception:
    from crossdock.errors import ConfigError

    return ConfigError(
        f"{said}, which is above {limit}, and there is no terminal to ask at; nothing was sent",
        fix=f"look at `crossdock plan {names}`; link what is there already with `crossdock adopt {names}`; then run it "
        "once with a higher --confirm-above, or at a terminal",
        code="unconfirmed",
    )
