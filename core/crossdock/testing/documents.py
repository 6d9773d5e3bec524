"""Whether documents are what their classes would have made of their values: `trusted` asks nobody."""

# ruff: noqa: S101  (part of a suite, which consists of assertions)
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel


def check_document(document: Any) -> None:
    """Validate a document and all documents within it: nothing may be refused, converted, or put in another sequence.

    Raises: ValidationError, AssertionError.
    """
    for one in _within(document):
        # What is within was looked at by itself, and is taken as it is.
        validated = type(one).model_validate(dict(one), by_name=True)
        assert validated == one, f"validation makes of {one!r}: {validated!r}"
        # Equality takes 2 for Decimal(2).
        assert repr(validated) == repr(one), f"validation makes of {one!r}: {validated!r}"
        assert validated.model_fields_set >= one.model_fields_set


def _within(value: Any) -> Iterator[BaseModel]:
    if isinstance(value, BaseModel):
        for _, field in value:
            yield from _within(field)
        yield value
    elif isinstance(value, Mapping):
        for field in value.values():
            yield from _within(field)
    elif isinstance(value, list | tuple | set | frozenset):
        for field in value:
            yield from _within(field)
