"""Paths into documents: `node`, `ship_to.region`, `lines[0].sku`, `lines[*].sku`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

Steps = tuple[str | int, ...]
Change = tuple[Steps, Any]
EACH = "*"
_PATH = re.compile(r"[A-Za-z_]\w*(\[(\d{1,6}|\*)\])?(\.[A-Za-z_][\w-]*(\[(\d{1,6}|\*)\])?)*")
_STEP = re.compile(r"[A-Za-z_][\w-]*|\d+|\*")


class PathError(Exception):
    """A path leads nowhere in a document; its text names the path, never a value."""


def read_path(text: str) -> Steps:
    """The steps of a path: names, positions from 0, `*` for each. Raises: ValueError."""
    if not _PATH.fullmatch(text):
        raise ValueError(
            f"'{text[:80]}' is no path; write one as in node, ship_to.region, lines[0].sku or lines[*].sku"
        )
    return tuple(int(step) if step.isdigit() else step for step in _STEP.findall(text))


def places(value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    """Each place of JSON that a path means, with the item of the list that its innermost `*` stands for.

    Shape: one for each item of the lists that `*` stands for; none where such a list is absent.
    """
    last = max((index for index, step in enumerate(steps) if step == EACH), default=-1)
    for prefix, item in _items(value, steps[: last + 1]):
        yield (*prefix, *steps[last + 1 :]), item


def _items(value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:
    if not steps:
        yield (), value
        return
    step, *rest = steps
    if step == EACH:
        keys: Sequence[str | int] = range(len(value)) if isinstance(value, list) else ()
    else:
        keys = (step,)
    for key in keys:
        for prefix, item in _items(_child(value, key), tuple(rest)):
            yield (key, *prefix), item


def _child(value: Any, key: str | int) -> Any:
    if isinstance(value, dict) and isinstance(key, str):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def spell(steps: Steps) -> str:
    """A path as it is written."""
    text = "".join(f"[{step}]" if isinstance(step, int) or step == EACH else f".{step}" for step in steps)
    return text.removeprefix(".")


def changed(value: Any, changes: Iterable[Change], above: Steps = ()) -> Any:
    """A value with changes in it, laid open along their paths; the rest of it is the very same objects.

    Raises: PathError where a path leads nowhere. The key of a mapping may be new, a field or an item may not.
    """
    by_step: dict[str | int, list[Change]] = {}
    for steps, new in changes:
        if not steps:
            return new
        by_step.setdefault(steps[0], []).append((steps[1:], new))
    held = _lay_open(value)
    for step, inner in by_step.items():
        is_new_key = isinstance(value, Mapping) and isinstance(step, str) and any(not steps for steps, _ in inner)
        if step not in held and not is_new_key:
            raise PathError(f"there is no {spell((*above, step))} in it")
        held[step] = changed(held.get(step), inner, (*above, step))
    return [held[index] for index in range(len(held))] if isinstance(value, list | tuple) else held


def _lay_open(value: Any) -> dict[Any, Any]:
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, list | tuple):
        return dict(enumerate(value))
    return dict(value) if isinstance(value, Mapping) else {}
