"""The mapper `fields`: changes fields of a document and keeps its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, Field, PrivateAttr, ValidationError, model_validator

from crossdock.contract.mapper import Mapper
from crossdock.contract.values import Context
from crossdock.errors import HoldError
from crossdock.mappers.expression import Expression, Nothing, as_json, failed, variables
from crossdock.mappers.failures import ExpressionError
from crossdock.mappers.paths import EACH, Change, PathError, Steps, changed, places, read_path
from crossdock.mappers.reading import Reading


def _checked(path: str) -> str:
    read_path(path)
    return path


Path = Annotated[str, AfterValidator(_checked)]


class FieldsMapper(Mapper[Any, Any]):
    """The document with some fields set anew; whatever is not named in `set` stays as it is, to the last digit.

    Every expression sees the document as it came in. Behind a path with `[*]` it sees each item in turn, and the whole
    document as `$document`. Where an expression finds nothing, the field stays; `null` empties it. The result must be
    a valid document of the same type.
    """

    name: ClassVar[str] = "fields"

    set: Mapping[Path, Expression] = Field(min_length=1)
    """Expressions by path: `{shipping_method: "'Road'", "lines[*].sku": "$uppercase(sku)"}`."""
    _steps: dict[str, Steps] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _is_unambiguous(self) -> FieldsMapper:
        self._steps.update({path: read_path(path) for path in self.set})
        for one, other in combinations(self._steps, 2):
            if _overlap(self._steps[one], self._steps[other]):
                raise ValueError(f"{one} and {other} mean the same place: set it once")
        return self

    @property
    def paths(self) -> Mapping[str, Steps]:
        """The places that are set, by the text of the file."""
        return self._steps

    def readings(self) -> Iterator[Reading]:
        """The expressions of this mapper; behind a path with `*` each looks at the item of the innermost one."""
        for path, expression in self.set.items():
            steps = self._steps[path]
            last = max((position for position, step in enumerate(steps, start=1) if step == EACH), default=0)
            yield Reading(("set", path), expression, steps[:last])

    def map(self, document: Any, context: Context) -> Any:
        """The changed document. Raises: HoldError where an expression fails, or gives what does not fit."""
        seen = as_json(document)
        changes = [change for path in self.set for change in self._changes(path, seen, context)]
        try:
            return _remake(document, changes)
        except PathError as error:
            raise _held(context, str(error), "correct the path in `set`") from None
        except ValidationError as error:
            raise _held(context, _faults(error, document), "correct the expressions in `set`") from None

    def _changes(self, path: str, seen: Any, context: Context) -> Iterator[Change]:
        known = variables(seen, context)
        for steps, item in places(seen, self._steps[path]):
            try:
                value = self.set[path].value(item, known)
            except ExpressionError as error:
                raise failed(error, f"`{path}` of fields", self.set[path], context) from None
            if value is not Nothing:
                yield steps, value


def _overlap(one: Steps, other: Steps) -> bool:
    """Whether some place is named by both, or lies in what the other names."""
    return all(left == right or "*" in (left, right) for left, right in zip(one, other, strict=False))


def _remake(document: Any, changes: list[Change]) -> Any:
    if not changes:
        return document
    tree = changed(document, changes)
    return type(document).model_validate(tree, by_name=True) if isinstance(document, BaseModel) else tree


def _faults(error: ValidationError, document: Any) -> str:
    """Which fields do not fit and why, without what stands in them."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    named = [f"{'.'.join(map(str, fault['loc'])) or 'the whole'} ({fault['type']})" for fault in found[:5]]
    return f"it is no valid {type(document).__name__} then: {', '.join(named)}"


def _held(context: Context, what: str, fix: str) -> HoldError:
    message = f"`fields` in pipeline {context.pipeline} cannot change {context.key}: {what}"
    return HoldError("expression_failed", message, fix=f"{fix}: the next run plans it again")
