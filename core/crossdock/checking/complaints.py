"""What pydantic says about a value, said for people: what belongs there, and what was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crossdock.checking.words import either, nearest

_FORMS = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "iterable": "a list",
    "dict": "a mapping",
    "mapping": "a mapping",
    "model": "a mapping",
    "dataclass": "a mapping",
    "datetime": "a date and time such as 2026-11-01T00:00:00Z",
    "date": "a date such as 2026-11-01",
    "time": "a time of day such as 17:30",
    "timezone": "a date and time with its zone, such as 2026-11-01T00:00:00Z",
    "time_delta": "a duration such as 30s, 5m or 14d",
    "uuid": "a UUID such as 8f0c7a52-1b2c-4d3e-8f90-a1b2c3d4e5f6",
    "url": "a URL such as https://api.example.test",
    "none": "nothing",
    "is_instance": "a value of another kind",
}
_EXAMPLES = {form: form.rpartition(" such as ")[2] for form in _FORMS.values() if " such as " in form} | {
    "true or false": "true"
}
_LIMITS = {
    "greater_than": ("more than {gt}", "gt"),
    "greater_than_equal": ("{ge} or more", "ge"),
    "less_than": ("less than {lt}", "lt"),
    "less_than_equal": ("{le} or less", "le"),
    "string_too_short": ("a text of {min_length} characters or more", "min_length"),
    "string_too_long": ("a text of at most {max_length} characters", "max_length"),
    "string_pattern_mismatch": ("a text that matches {pattern}", "pattern"),
    "too_short": ("a list of {min_length} or more", "min_length"),
    "too_long": ("a list of at most {max_length}", "max_length"),
}
_PARSING = ("_type", "_parsing", "_from_float", "_of", "_attributes_type", "_aware", "_format", "_invalid")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One pydantic error: a code of ours, and either what was expected or a whole sentence."""

    code: str
    expected: str | None = None
    sentence: str | None = None
    choices: tuple[str, ...] = ()
    example: str | None = None
    fix: str | None = None


def read_complaint(error: Any, annotation: Any) -> Complaint:
    """Translate one of `ValidationError.errors()`."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        sentence = str(context.get("error", error["msg"]))
        code = "bad_duration" if _is_duration(annotation) or "duration" in sentence else "bad_value"
        return Complaint(code, sentence=sentence, example="5m" if code == "bad_duration" else None)
    if kind in ("literal_error", "enum"):
        choices = tuple(part.strip(" '") for part in context["expected"].replace(" or ", ", ").split(", "))
        return Complaint("bad_value", expected=either(choices), choices=choices)
    if kind == "bad_expression":
        return Complaint("bad_expression", sentence=error["msg"], fix=context.get("fix"))
    if kind in _LIMITS:
        pattern, key = _LIMITS[kind]
        if context.get("field_type") in ("Dictionary", "Mapping"):
            pattern = pattern.replace("a list", "a mapping")
        limit = context[key]
        shown = f"{limit:g}" if isinstance(limit, float) else str(limit)
        inclusive = shown if key in ("ge", "le") else None
        return Complaint("bad_value", expected=pattern.format(**{key: shown}), example=inclusive)
    form = _form(kind)
    if form is None:
        return Complaint("bad_value", sentence=error["msg"][:1].lower() + error["msg"][1:])
    if kind.startswith("time_delta"):
        return Complaint("bad_duration", expected=form, example="5m")
    wrong_form = kind.endswith(("_type", "_instance_of")) or kind in ("int_from_float", "int_parsing", "bool_parsing")
    return Complaint(
        "wrong_type" if wrong_form or "float_parsing" in kind else "bad_value",
        expected=form,
        example=_EXAMPLES.get(form),
    )


def combine(complaints: Iterable[Complaint]) -> Complaint:
    """One complaint of what the members of a union said about the same value."""
    several = list(complaints)
    useful = [complaint for complaint in several if complaint.expected != _FORMS["is_instance"]] or several
    sentence = next((complaint for complaint in useful if complaint.sentence), None)
    if sentence is not None:
        return sentence
    words = [word for complaint in useful for word in complaint.choices or (complaint.expected or "",)]
    choices = tuple(choice for complaint in useful for choice in complaint.choices)
    code = "bad_value" if any(complaint.code == "bad_value" for complaint in useful) else useful[0].code
    example = next((complaint.example for complaint in useful if complaint.example), None)
    return Complaint(code, expected=either(dict.fromkeys(words)), choices=choices, example=example)


def suggest(complaint: Complaint, key: str, text: str | None) -> str:
    """How to mend it. `text` is the value as it stands in the file; None where that is not shown."""
    if complaint.fix:
        return complaint.fix
    near = nearest(text, complaint.choices) if text else None
    if near:
        return f"write `{key}: {near}`"
    if complaint.expected == "a text" and text:
        return f'put it in quotes: `{key}: "{text}"`'
    if complaint.expected == "a list" and text:
        return f"write `{key}: [{text}]`"
    example = complaint.choices[0] if complaint.choices else complaint.example
    return f"write `{key}: {example}`" if example else f"correct the value of `{key}`"


def _form(kind: str) -> str | None:
    for suffix in _PARSING:
        stem = kind.partition(suffix)[0]
        if suffix in kind and stem in _FORMS:
            return _FORMS[stem]
    stem = kind.split("_")[0]
    return _FORMS["time_delta"] if kind.startswith("time_delta") else _FORMS.get(stem)


def _is_duration(annotation: Any) -> bool:
    return annotation is timedelta
