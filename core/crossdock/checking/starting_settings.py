"""The settings of a component as lines of YAML: what is required gets a value or a reference, the rest a comment."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crossdock.checking.schema_models import Schema, component_schema
from crossdock.checking.values import annotation_of, key_of
from crossdock.contract.secret import Secret

_PLAIN = re.compile(r"[A-Za-z_/][\w./@+-]*( [\w./@+-]+)*")
_WORDS = frozenset({"true", "false", "null", "~"})
_WIDTH = 100
_WORTH_SHOWING = frozenset({"base_url"})
"""What every connection has, and whoever tries things out changes."""


@dataclass(slots=True)
class Blanks:
    """What the definition refers to and somebody must set. `now` is where a time to start from begins."""

    now: datetime
    variables: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)

    def variable(self, owner: str, key: str) -> str:
        """A reference to an environment variable for a setting."""
        name = re.sub(r"\W", "_", f"{owner}_{key}").upper()
        self.variables.add(name)
        return f"${{env:{name}}}"

    def secret(self, owner: str, key: str, alone: bool) -> str:
        """A reference to a stored secret; one that stands alone is named after its account."""
        name = owner if alone else f"{owner}_{key}"
        self.secrets.add(name)
        return f"${{secret:{name}}}"


def settings_lines(
    model: type[BaseModel], base: type[BaseModel] | None, owner: str, blanks: Blanks, *, skip: Sequence[str] = ()
) -> Iterator[str]:
    """The settings of a component, those first that are required; what `base` brings is shown only where required."""
    schema = component_schema(model, "", "x", {}, [])
    own = {} if base is None else base.model_fields
    fields = {key_of(name, info): (name, info) for name, info in model.model_fields.items() if name not in skip}
    secrets = [key for key, (_, info) in fields.items() if _is_secret(info) and info.is_required()]
    for key, (_, info) in fields.items():
        if info.is_required():
            yield from _required(key, info, schema, owner, blanks, alone=len(secrets) == 1)
    for key, (name, info) in fields.items():
        if not info.is_required() and (name not in own or name in _WORTH_SHOWING):
            yield from _optional(key, schema)


def summary(model: type[BaseModel]) -> str:
    """What a component says of itself in a line; nothing of what it inherits."""
    said = (model.__dict__.get("__doc__") or "").strip().splitlines()
    return said[0] if said else model.__name__


def _required(key: str, info: FieldInfo, schema: Schema, owner: str, blanks: Blanks, *, alone: bool) -> Iterator[str]:
    described = schema["properties"].get(key, {})
    yield from _comment(described.get("description"), secret=_is_secret(info))
    if _is_secret(info):
        yield f"{key}: {scalar(blanks.secret(owner, key, alone))}"
    else:
        yield f"{key}: {_flow(_value(key, described, schema, owner, blanks))}"


def _optional(key: str, schema: Schema) -> Iterator[str]:
    described = schema["properties"].get(key, {})
    yield from _comment(described.get("description"))
    default = described.get("default")
    yield f"# {key}: {_flow(default)}" if default is not None else f"# {key}:"


def _comment(text: str | None, *, secret: bool = False) -> Iterator[str]:
    if text and not secret:
        yield from (f"# {line}" for line in textwrap.wrap(text, _WIDTH))


def _value(key: str, described: Schema, schema: Schema, owner: str, blanks: Blanks) -> Any:
    """A value for a required setting: the author's example, else the first that fits, else a reference."""
    if reference := described.get("$ref"):
        name = reference.rpartition("/")[2]
        known = {"duration": "5m", "flag": False}
        return (
            known[name] if name in known else _value(key, schema.get("$defs", {}).get(name, {}), schema, owner, blanks)
        )
    for choice in described.get("anyOf", ()):
        if "pattern" in choice and "d{4}" in choice["pattern"]:
            return f"{blanks.now:%Y-%m-%d}T00:00:00Z"
    if described.get("examples"):
        return described["examples"][0]
    if described.get("enum"):
        return described["enum"][0]
    if "const" in described:
        return described["const"]
    if described.get("anyOf"):
        return _value(key, described["anyOf"][0], schema, owner, blanks)
    return _of_type(key, described, schema, owner, blanks)


def _of_type(key: str, described: Schema, schema: Schema, owner: str, blanks: Blanks) -> Any:
    match described.get("type"):
        case "integer" | "number":
            return described.get("minimum", 1)
        case "boolean":
            return False
        case "array":
            item = described.get("items", {})
            return [_value(key, item, schema, owner, blanks)] * int(described.get("minItems", 0))
        case "object":
            inner = described.get("properties", {})
            return {
                name: _value(name, inner.get(name, {}), schema, owner, blanks) for name in described.get("required", ())
            }
        case _:
            return blanks.variable(owner, key)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(member) for member in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A single value as YAML; a text is quoted unless it can be nothing else."""
    if not isinstance(value, str):
        return json.dumps(value)
    bare = (_PLAIN.fullmatch(value) and value.lower() not in _WORDS) or re.fullmatch(
        r"\d+(ms|s|m|h|d|w)|\d{4}-\d\d-\d\dT[\d:]+Z", value
    )
    return value if bare else json.dumps(value, ensure_ascii=False)


def _is_secret(info: FieldInfo) -> bool:
    annotation = annotation_of(info)
    return annotation is Secret or Secret in getattr(annotation, "__args__", ())
