"""The settings of a component, as an integrator writes them: name, type, default, what they mean."""

from __future__ import annotations

import json
import types
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from crossdock.contract.connection import AuthProvider
from crossdock.contract.durations import format_duration
from crossdock.contract.secret import Secret
from crossdock.registry.notes import notes_of

_WORDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    timedelta: "duration",
    Secret: "secret",
    Path: "path",
    type(None): "nothing",
}


def settings_of(component: type[BaseModel]) -> list[dict[str, Any]]:
    """One entry per field, the required ones first."""
    notes = notes_of(component)
    settings = [
        {
            "name": field.alias or name,
            "type": type_name(field.annotation),
            "required": field.is_required(),
            "default": _default(field),
            "description": field.description or notes.get(name),
        }
        for name, field in component.model_fields.items()
    ]
    return sorted(settings, key=lambda setting: not setting["required"])


def type_name(annotation: Any) -> str:
    """A type as an integrator would say it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in _WORDS:
        return _WORDS[annotation]
    if origin is Annotated:
        return type_name(arguments[0])
    if origin is Literal:
        return " or ".join(str(choice) for choice in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(type_name(argument) for argument in arguments))
    if origin in (list, tuple, set, frozenset):
        inner = [argument for argument in arguments if argument is not Ellipsis]
        return f"list of {type_name(inner[0])}" if inner else "list"
    if isinstance(origin, type) and arguments:
        return f"mapping of {' to '.join(type_name(argument) for argument in arguments)}"
    return _class_name(annotation)


def _class_name(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, AuthProvider):
        return "auth provider"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(str(member.value) for member in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"mapping ({', '.join(annotation.model_fields)})"
    return str(getattr(annotation, "__name__", annotation))


def _default(field: FieldInfo) -> Any:
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=False)
    if value is PydanticUndefined or (value is None and field.default_factory is not None):
        return "made when loaded"
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(item) for item in value]
    try:
        json.dumps(value)
    except TypeError:
        return str(value)
    return value
