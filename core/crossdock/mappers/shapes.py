"""What expressions can find in a document, by its type; where a type does not say, nothing is known.

A list counts as what is in it: a step of an expression goes through each item by itself.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, PlainSerializer, RootModel, SerializeAsAny, WrapSerializer
from pydantic.fields import FieldInfo

from crossdock.mappers.paths import EACH, Steps

LEAF = str
"""Stands for every single value: texts, numbers, times. Nothing is inside of one."""

Shape = frozenset[type]
"""The models, or LEAF, that a value may be."""

_LEAVES = (str, int, float, bool, Decimal, date, time, timedelta, UUID, bytes, Enum)
_WRITERS = (PlainSerializer, WrapSerializer, SerializeAsAny)
_DEEPEST = 6


def shape_of(annotation: Any) -> Shape | None:
    """The shape of a type; None where it is not known, or may be anything."""
    found: set[type] = set()
    for member in _members(annotation):
        if member is None or (one := _one(member)) is None:
            return None
        found |= one
    return frozenset(found) or None


def inside(shape: Shape, name: str) -> tuple[bool, Shape | None]:
    """Whether something of that name may be in it, and its shape where that is known."""
    found = [fields_of(model)[name] for model in shape if name in fields_of(model)]
    known = [one for one in found if one is not None]
    return bool(found), frozenset().union(*known) if len(known) == len(found) else None


@cache
def fields_of(model: type) -> Mapping[str, Shape | None]:
    """What expressions see of a model, by name. Names and aliases both count; only one of them is written."""
    if not issubclass(model, BaseModel):
        return {}
    fields: dict[str, Shape | None] = dict.fromkeys(model.model_computed_fields)
    written_anew = {
        name for one in model.__pydantic_decorators__.field_serializers.values() for name in one.info.fields
    }
    for name, field in model.model_fields.items():
        shape = None if written_anew & {name, "*"} or _is_written_anew(field.metadata) else shape_of(field.annotation)
        fields.update(dict.fromkeys(_names(name, field), shape))
    return fields


def follow(shape: Shape | None, steps: Steps) -> Shape | None:
    """The shape of what a path leads to; positions and `*` lead from a list to what is in it."""
    for step in steps:
        if shape is not None and isinstance(step, str) and step != EACH:
            shape = inside(shape, step)[1]
    return shape


@dataclass(frozen=True, slots=True)
class Astray:
    """Where a path leaves a type: the step that is not there, and what it was looked for in; None for a list."""

    position: int
    shape: Shape | None


def astray(annotation: Any, steps: Steps, position: int = 0) -> Astray | None:
    """Where a path leads nowhere in a type, if that is certain. Lists are taken as they are here."""
    if position == len(steps):
        return None
    lost = None
    for member in _members(annotation):
        lost = _astray(member, steps, position)
        if lost is None:
            return None
    return lost


def _astray(member: Any, steps: Steps, position: int) -> Astray | None:
    step, is_item = steps[position], isinstance(steps[position], int) or steps[position] == EACH
    element = element_of(member)
    if element is not None:
        return astray(element, steps, position + 1) if is_item else Astray(position, None)
    shape = None if member is None else _one(member)
    if shape is None:
        return None
    (model,) = shape
    names = getattr(model, "model_fields", {})
    if is_item or step not in names:
        return Astray(position, shape)
    field = names[step]
    return None if _is_written_anew(field.metadata) else astray(field.annotation, steps, position + 1)


def names_in(shape: Shape) -> list[str]:
    """What can be read of it, in alphabetical order."""
    return sorted({name for model in shape for name in fields_of(model)})


def where(name: str, shape: Shape) -> str | None:
    """The shortest path to a field of that name, as an expression writes it; None where it is not unambiguous."""
    waiting: deque[tuple[str, Shape]] = deque([("", shape)])
    found: list[str] = []
    while waiting:
        path, here = waiting.popleft()
        depth = path.count(".")
        if depth > _DEEPEST or (found and depth > found[0].count(".") + 1):
            break
        for field, below in _all(here):
            if field == name:
                found.append(path + field)
            elif below is not None:
                waiting.append((f"{path}{field}.", below))
    nearest = [path for path in found if path.count(".") == found[0].count(".")]
    return nearest[0] if len(nearest) == 1 else None


def _all(shape: Shape) -> Iterator[tuple[str, Shape | None]]:
    for model in sorted(shape, key=lambda one: one.__name__):
        yield from fields_of(model).items()


def _one(member: Any) -> Shape | None:
    """The shape of what is no union."""
    element = element_of(member)
    if element is not None:
        return shape_of(element)
    if get_origin(member) is Literal:
        return frozenset({LEAF})
    if not isinstance(member, type) or get_origin(member) is not None:
        return None
    if issubclass(member, BaseModel):
        return frozenset({member}) if _is_plain(member) else None
    return frozenset({LEAF}) if issubclass(member, _LEAVES) else None


def element_of(member: Any) -> Any:
    """What a list holds, as a type; None where it is no list, or does not say."""
    origin, arguments = get_origin(member), get_args(member)
    if not isinstance(origin, type) or not issubclass(origin, Iterable) or issubclass(origin, Mapping) or not arguments:
        return None
    if origin is tuple:
        return Union[tuple(one for one in arguments if one is not Ellipsis)]  # noqa: UP007  (made at run time)
    return arguments[0]


def _is_plain(model: type[BaseModel]) -> bool:
    """Whether its fields are all that it shows."""
    says_more = model.model_config.get("extra") == "allow" or model.__pydantic_decorators__.model_serializers
    return not says_more and not issubclass(model, RootModel)


def _members(annotation: Any) -> Iterator[Any]:
    """The members of unions but None itself; None stands for one that nothing is known of."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        yield from [None] if _is_written_anew(metadata) else _members(inner)
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _members(member)
    elif annotation is not types.NoneType:
        yield annotation


def _is_written_anew(metadata: Iterable[Any]) -> bool:
    """Whether something else is shown than what the type says."""
    return any(isinstance(one, _WRITERS) or one in _WRITERS for one in metadata)


def _names(name: str, field: FieldInfo) -> set[str]:
    return {name, *(one for one in (field.alias, field.serialization_alias) if one is not None)}
