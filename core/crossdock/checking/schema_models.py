"""Component models as JSON Schema of what people write: durations as "5m", words for flags, references anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticUndefined

from crossdock.checking.values import key_of
from crossdock.contract.durations import format_duration
from crossdock.registry.notes import notes_of

Schema = dict[str, Any]

_REFERENCED: Schema = {"$ref": "#/$defs/reference"}
REFERENCE: Schema = {
    "type": "string",
    "pattern": r"\$\{(env|file|secret):[^{}]+\}",
    "description": "a value from elsewhere: ${env:NAME}, ${file:PATH}, ${secret:NAME}",
}
DURATION: Schema = {
    "anyOf": [{"type": "string", "pattern": r"^\s*(\d+(\.\d+)?\s*(ms|s|m|h|d|w)\s*)+$"}, _REFERENCED],
    "examples": ["30s", "5m", "1h30m", "14d"],
}
FLAG: Schema = {"anyOf": [{"type": "boolean"}, {"enum": ["on", "off", "yes", "no", "true", "false"]}, _REFERENCED]}
_NUMERIC = {"integer": r"^\s*[+-]?\d+\s*$", "number": r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"}
_ABOUT = ("description", "default", "examples", "deprecated")
_CONSTRAINTS = ("enum", "const", "pattern", "maxLength")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_TABLES = ("properties", "$defs", "patternProperties")
_ONES = ("items", "additionalProperties", "contains", "not")


class _Generator(GenerateJsonSchema):
    """A type that JSON Schema cannot say is anything at all: it is for `check` to judge."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:
        return {}

    def emit_warning(self, kind: Any, detail: str) -> None:
        """Nothing: a default that is no JSON is only left out."""


def component_schema(
    model: type[BaseModel], use: str, key: str, extra: Mapping[str, Schema], required: Sequence[str]
) -> Schema:
    """The schema of one component; `key` is its name in `$defs`, `extra` are the keys that core puts beside its own."""
    made = model.model_json_schema(
        ref_template=f"#/$defs/{key}/$defs/{{model}}", schema_generator=_Generator, mode="validation"
    )
    name = str(made.pop("$ref", "")).rpartition("/")[2]
    made |= made.get("$defs", {}).get(name, {})  # a model that contains itself refers to itself
    schema = lax(made)
    properties = {name: value for name, value in schema.get("properties", {}).items() if name not in extra}
    _describe(model, properties)
    summary = (model.__doc__ or "").strip().splitlines()
    whole = {
        "type": "object",
        "description": summary[0] if summary else use,
        "required": ["use", *required, *schema.get("required", [])],
        "additionalProperties": False,
        "properties": {"use": {"const": use}, **extra, **properties},
    }
    if "$defs" in schema:
        whole["$defs"] = schema["$defs"]
    return whole


def _describe(model: type[BaseModel], properties: Schema) -> None:
    notes = notes_of(model)
    for name, field in model.model_fields.items():
        described = properties.get(key_of(name, field))
        if described is None:
            continue
        if name in notes and not field.description:
            described["description"] = notes[name]  # says more than the type does
        default = field.get_default()
        if isinstance(default, timedelta):
            described["default"] = format_duration(default)
        elif default is PydanticUndefined or default is None:
            described.pop("default", None)


def lax(schema: Any) -> Any:
    """A schema of values as people write them, from one of values as a model keeps them."""
    if not isinstance(schema, dict):
        return schema
    made = {word: value for word, value in schema.items() if word != "title" or not isinstance(value, str)}
    for word in _TABLES:
        if word in made:
            made[word] = {name: lax(value) for name, value in made[word].items()}
    for word in _LISTS:
        if word in made:
            made[word] = [lax(value) for value in made[word]]
    for word in _ONES:
        if word in made:
            made[word] = lax(made[word])
    return _scalar(made)


def _scalar(schema: Schema) -> Schema:
    about = {word: schema[word] for word in _ABOUT if word in schema}
    bare = {word: value for word, value in schema.items() if word not in _ABOUT}
    kind = bare.get("type")
    if kind == "boolean":
        return {"$ref": "#/$defs/flag", **about}
    if bare.get("format") == "duration" or "(ms|s|m|h|d|w)" in str(bare.get("pattern")):
        return {"$ref": "#/$defs/duration", **about}
    if kind == "string" and bare.get("format") in ("date-time", "date"):
        return {"anyOf": [{"type": "string", "pattern": r"^\s*\d{4}-\d\d-\d\d"}, _REFERENCED], **about}
    if kind in _NUMERIC:
        return {"anyOf": [bare, {"type": "string", "pattern": _NUMERIC[kind]}, _REFERENCED], **about}
    if any(word in bare for word in _CONSTRAINTS) or "format" in bare:
        return {"anyOf": [{word: value for word, value in bare.items() if word != "format"}, _REFERENCED], **about}
    return schema
