"""The JSON Schema of a definition, with everything that is installed, for editors.

It is wider than `check` where only `check` can tell (references, names, types along a pipeline), and never narrower:
what an editor underlines is wrong.
"""

from __future__ import annotations

from crossdock.checking.alerting import AlertSettings
from crossdock.checking.schema_models import DURATION, FLAG, REFERENCE, Schema, component_schema, lax
from crossdock.contract.connection import AuthProvider, Connection
from crossdock.registry import KINDS, KindName, Registry

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = {"minLength": 1, "maxLength": 64}
_COUNT = lax({"type": "integer", "minimum": 1, "maximum": 1000})
_CONNECTION = {"type": "string", "minLength": 1, "description": "a name from `connections`"}


def json_schema(registry: Registry) -> Schema:
    """The schema, draft 2020-12. Plugins that cannot be loaded are left out: `registry.load_all()` names them."""
    registry.load_all()
    defs: Schema = {
        "reference": REFERENCE,
        "duration": DURATION,
        "flag": FLAG,
        "pipeline": _pipeline(),
        "alerts": _alerts(),
    }
    for kind in ("mapper", "source", "sink"):
        defs |= _components(registry, kind)
    for use in registry.names("connection"):
        defs |= _connection(registry, use)
    defs["connection"] = _choice("connection", registry.names("connection"))
    return {
        "$schema": _DIALECT,
        "title": "crossdock definition",
        "type": "object",
        "required": ["version"],
        "additionalProperties": False,
        "properties": _top(),
        "$defs": defs,
    }


def _top() -> Schema:
    names = {"type": "object", "propertyNames": _NAME}
    return {
        "version": {"enum": [1, "1"], "description": "the version of this format"},
        "store": {
            "anyOf": [{"type": "string", "pattern": r"^sqlite:.+"}, _ref("reference")],
            "default": "sqlite:crossdock.db",
            "description": "where records, deliveries and effects are kept; a relative path lies beside this file",
        },
        "retain_payload": {**_ref("duration"), "default": "90d", "description": "how long settled payloads are kept"},
        "engine": {"const": "embedded"},
        "include": {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            "description": "files with more connections and pipelines, as in customers/*.yaml",
        },
        "alerts": _ref("alerts"),
        "connections": {**names, "additionalProperties": _ref("connection"), "description": "accounts, by name"},
        "pipelines": {**names, "additionalProperties": _ref("pipeline"), "description": "what goes where, by name"},
    }


def _alerts() -> Schema:
    """Who is told of what needs a person."""
    schema = component_schema(AlertSettings, "alerts", "alerts", {}, [])
    schema["required"].remove("use")
    del schema["properties"]["use"]
    return schema


def _pipeline() -> Schema:
    properties: Schema = {
        "customer": {"type": "string", "minLength": 1, "description": "whose integration this is"},
        "enabled": {**_ref("flag"), "default": True},
        "from": _ref("source"),
        "to": {"anyOf": [_ref("sink"), {"type": "array", "minItems": 1, "items": _ref("sink")}]},
        "every": {**_ref("duration"), "description": "how often it runs"},
        "cron": {
            "anyOf": [{"type": "string", "pattern": r"^\s*\S+(\s+\S+){4}\s*$"}, _ref("reference")],
            "examples": ["*/5 6-22 * * mon-sat"],
            "description": "when it runs: minute, hour, day of month, month, day of week",
        },
        "timezone": {"type": "string", "default": "UTC", "examples": ["America/New_York"], "description": "of `cron`"},
        "expect": {**_ref("duration"), "description": "the longest silence that is not worth a word"},
        "recheck": {
            **_ref("duration"),
            "default": "5m",
            "description": "how often held and waiting ones are looked at",
        },
        "jitter": {**_ref("duration"), "description": "up to how much later a run may start"},
    }
    return {
        "type": "object",
        "required": ["from", "to"],
        "additionalProperties": False,
        "not": {"required": ["every", "cron"]},
        "properties": properties,
    }


def _components(registry: Registry, kind: KindName) -> Schema:
    """One kind: a choice by `use:`, and each component with the keys that core adds."""
    keys: dict[str, dict[str, Schema]] = {
        "mapper": {},
        "source": {"connection": _CONNECTION},
        "sink": {
            "connection": _CONNECTION,
            "map": {"type": "array", "items": _ref("mapper"), "description": "mappers, in order"},
            "name": {"type": "string", **_NAME, "description": "the route's id"},
            "max_in_flight": {**_COUNT, "default": 8},
            "attempts": {**_COUNT, "default": 10},
        },
    }
    extra = keys[kind]
    required = ["connection"] if "connection" in extra else []
    uses = registry.names(kind)
    find = getattr(registry, kind)
    defs = {_key(kind, use): component_schema(find(use), use, _key(kind, use), extra, required) for use in uses}
    return {kind: _choice(kind, uses), **defs}


def _connection(registry: Registry, use: str) -> Schema:
    model = registry.connection(use)
    fitting = [name for name in registry.names("auth") if _fits(registry, model, use, name)]
    auth = {
        _key("auth", name): component_schema(registry.auth(name), name, _key("auth", name), {}, []) for name in fitting
    }
    key = _key("connection", use)
    return {**auth, key: component_schema(model, use, key, {"auth": _choice("auth", fitting)}, [])}


def _fits(registry: Registry, model: type[Connection], use: str, name: str) -> bool:
    provider: type[AuthProvider] = registry.auth(name)
    return (
        issubclass(provider, model.auth_kinds) if model.auth_kinds else name.partition(".")[0] == use.partition(".")[0]
    )


def _choice(kind: KindName, uses: list[str]) -> Schema:
    """An object whose `use` decides what else it holds."""
    cases = [
        {"if": {"required": ["use"], "properties": {"use": {"const": use}}}, "then": _ref(_key(kind, use))}
        for use in uses
    ]
    use = {"anyOf": [{"enum": uses}, _ref("reference")], "description": f"which {KINDS[kind].noun}"}
    chosen: Schema = {"type": "object", "required": ["use"], "properties": {"use": use if uses else {}}}
    return {**chosen, "allOf": cases} if cases else chosen


def _key(kind: str, use: str) -> str:
    return f"{kind}-{use}"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
