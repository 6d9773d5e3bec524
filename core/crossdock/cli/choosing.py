"""What a person may choose for one delivery: core's ways out, and those that its components declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crossdock.cli.outline import Outline
from crossdock.contract.holds import Hold, choices_of
from crossdock.errors import ConfigError, CrossdockError
from crossdock.registry import Registry
from crossdock.store.rows import DeliverySummary, State


def choices(outline: Outline, delivery: DeliverySummary) -> Mapping[str, str]:
    """The choices and what each comes to; none where nothing is to be decided."""
    if delivery.state not in (State.HELD, State.DEAD):
        return {}
    return choices_of(delivery.code, declared(outline, delivery))


def refuse_unknown(outline: Outline, delivery: DeliverySummary, choice: str) -> None:
    """Raises: ConfigError where a held or dead delivery does not leave this choice; others the store refuses."""
    there = choices(outline, delivery)
    if there and choice not in there:
        message = f"delivery {delivery.id} is {delivery.state} as {delivery.code}, which does not leave {choice!r}"
        raise ConfigError(message, fix=f"choose one of: {', '.join(there)}", code="unknown_choice")


def declared(outline: Outline, delivery: DeliverySummary) -> Iterator[Hold]:
    """What the components of its pipeline declare; those that cannot be loaded declare nothing."""
    registry = Registry()
    for kind, word in outline.parts.get(delivery.pipeline, ()):
        find = {"source": registry.source, "mapper": registry.mapper, "sink": registry.sink}[kind]
        try:
            yield from find(word).holds
        except CrossdockError:
            continue
