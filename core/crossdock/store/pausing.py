"""Which pipelines are paused, by themselves or through a connection, and how that is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from crossdock.store.rows import Pause


def paused(pauses: Sequence[Pause], uses: Mapping[str, Collection[str]]) -> dict[str, str]:
    """For each paused pipeline why it is; `uses` names the connections of each pipeline."""
    by_name = {(pause.kind, pause.name): pause for pause in pauses}
    found: dict[str, str] = {}
    for pipeline, connections in uses.items():
        own = by_name.get(("pipeline", pipeline))
        through = [by_name[("connection", name)] for name in sorted(connections) if ("connection", name) in by_name]
        for pause in through if own is None else [own]:
            found.setdefault(pipeline, say(pause))
    return found


def say(pause: Pause) -> str:
    """Who paused what, when and why."""
    what = "" if pause.kind == "pipeline" else f" through connection {pause.name}"
    return f"paused by {pause.actor} on {pause.at:%Y-%m-%d %H:%M %Z}{what}: {pause.reason or 'no reason given'}"
