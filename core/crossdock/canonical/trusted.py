"""Documents out of values that need no validation: what mappings build on the hot path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from pydantic import BaseModel

from crossdock.canonical.base import Document

P = ParamSpec("P")
DocumentT = TypeVar("DocumentT", bound=Document)

_new = object.__new__
# Through the slots themselves: frozen models refuse `setattr`, and `object.__setattr__` looks each of them up anew.
_set_values = BaseModel.__dict__["__dict__"].__set__
_set_given = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private = BaseModel.__dict__["__pydantic_private__"].__set__


def trusted(document: Callable[P, DocumentT]) -> Callable[P, DocumentT]:
    """A constructor of that document that neither validates nor converts: for values that have its types already.

    An order is some twenty documents, and to validate a value that was read and checked a moment ago costs more than to
    make it. What comes out equals a validated document in every respect, if the values are what validation would give:
    a `Decimal` and not an int, a tuple and not a list, stripped where the field strips. mypy sees the signature of the
    document itself; the conformance kit validates what sources and mappers yield. It is fastest where all fields are
    given in the sequence of their declaration.

    Raises: TypeError where a field is missing or unknown; and at once for a document that bears more than its fields.
    """
    cls: Any = document
    names = list(cls.model_fields)
    all_given = set(names)
    _refuse_what_is_more_than_fields(cls)

    def make(*args: P.args, **values: P.kwargs) -> DocumentT:
        made = _new(cls)
        if [*values] == names and not args:
            _set_values(made, values)  # ours alone, so that it can become the document's own
            _set_given(made, all_given)  # nobody changes it: copies of a document copy it
        else:
            _set_values(made, _completed(cls, values, args))
            _set_given(made, set(values))
        _set_extra(made, None)
        _set_private(made, None)
        return made  # type: ignore[no-any-return]

    return make


def _completed(cls: type[Document], values: dict[str, Any], args: tuple[Any, ...]) -> dict[str, Any]:
    """All fields in sequence, with their defaults."""
    fields = cls.model_fields
    missing = [name for name, field in fields.items() if name not in values and field.is_required()]
    unknown = [name for name in values if name not in fields]
    if missing or unknown or args:
        faults = [*(f"{name} is missing" for name in missing), *(f"{name} is no field" for name in unknown)]
        raise TypeError(f"{cls.__name__}: {', '.join(faults) or 'fields are given by name'}")
    completed: dict[str, Any] = {}
    for name, field in fields.items():
        given = name in values
        completed[name] = (
            values[name] if given else field.get_default(call_default_factory=True, validated_data=completed)
        )
    return completed


def _refuse_what_is_more_than_fields(cls: type[Document]) -> None:
    more = cls.__private_attributes__ or cls.model_config.get("extra") == "allow" or cls.__pydantic_post_init__
    if more or any(field.validation_alias or field.alias for field in cls.model_fields.values()):
        raise TypeError(f"{cls.__name__} bears more than fields (private ones, extra ones, aliases): validate it")
