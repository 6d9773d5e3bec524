"""From positioned nodes to the plain values that a pydantic model takes; fields for secrets get a `Secret`."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crossdock.config import Entry, Node, Scalar, Table
from crossdock.contract.secret import Secret


class Values:
    """Converts one component's entries, and remembers what must never be shown."""

    def __init__(self) -> None:
        self.hidden: set[int] = set()
        """Ids of the nodes that stand in a field for secrets."""
        self.literal_secrets: list[Scalar] = []
        """Secrets that stand in the file as they are."""

    def of_model(self, model: type[BaseModel], entries: Iterable[Entry]) -> dict[str, Any]:
        """The input of a model, by the keys of the file."""
        fields = fields_by_key(model)
        return {entry.key: self.convert(entry.value, annotation_of(fields.get(entry.key))) for entry in entries}

    def convert(self, node: Node, annotation: Any) -> Any:
        """The plain value of a node for a field of that type."""
        candidates = tuple(_flatten(annotation))
        if isinstance(node, Scalar):
            return self._scalar(node, Secret in candidates)
        if isinstance(node, Table):
            return {entry.key: self.convert(entry.value, _member(candidates, entry.key)) for entry in node}
        return [self.convert(item, _element(candidates, index)) for index, item in enumerate(node.items)]

    def _scalar(self, node: Scalar, secret: bool) -> Any:
        if not secret:
            return node.value
        self.hidden.add(id(node))
        if node.template is not None:
            return node.value if node.broken else node.template.secret()
        if isinstance(node.value, str):
            self.literal_secrets.append(node)
        return node.value


def fields_by_key(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model by the word that the file uses for them."""
    return {key_of(name, field): field for name, field in model.model_fields.items()}


def key_of(name: str, field: FieldInfo) -> str:
    """The word of the file for a field: its alias, else its name."""
    alias = field.validation_alias or field.alias
    return alias if isinstance(alias, str) else name


def annotation_of(field: FieldInfo | None) -> Any:
    """The type of a field, or Any where it is not known."""
    return Any if field is None else field.annotation


def _flatten(annotation: Any) -> Iterator[Any]:
    """The members of unions, without what only annotates them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _flatten(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _flatten(member)
    else:
        yield annotation


def _member(candidates: tuple[Any, ...], key: str) -> Any:
    for candidate in candidates:
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            if field := fields_by_key(candidate).get(key):
                return field.annotation
        elif _is(get_origin(candidate), Mapping) and len(get_args(candidate)) == 2:
            return get_args(candidate)[1]
    return Any


def _element(candidates: tuple[Any, ...], index: int) -> Any:
    for candidate in candidates:
        origin, args = get_origin(candidate), get_args(candidate)
        if not args or not _is(origin, Iterable) or _is(origin, Mapping):
            continue
        if origin is tuple and Ellipsis not in args:
            return args[index] if index < len(args) else Any
        return args[0]
    return Any


def _is(origin: Any, base: type) -> bool:
    return isinstance(origin, type) and issubclass(origin, base)
