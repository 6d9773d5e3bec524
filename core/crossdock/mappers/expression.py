"""An expression of a definition: compiled when the file is checked, run on documents without ever changing them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema, to_jsonable_python

from crossdock.contract.values import Context
from crossdock.errors import HoldError
from crossdock.mappers.failures import ExpressionError

_LONGEST = 4_000
_SHOWN = 160
_PLACEHOLDER = re.compile(r"\$?\{\{\{?\w+\}\}\}?")
_EXACT_INTEGERS = 2**53
_NUMBERS_ARE_TEXTS = "amounts and quantities are texts; compare them as $number_of(quantity) > 1"
_FIXES = dict.fromkeys(("T2001", "T2002", "T2009", "T2010", "T0410", "T0412"), _NUMBERS_ARE_TEXTS)


class Expression:
    """A JSONata expression with bounds. Raises: ExpressionError, at once where it cannot be compiled."""

    __slots__ = ("_compiled", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._compiled = _compile(text)

    @property
    def tree(self) -> Any:
        """The compiled syntax tree."""
        return self._compiled.ast

    def value(self, item: Any, variables: Mapping[str, Any]) -> Any:
        """The result as JSON; Nothing where there is none. Raises: ExpressionError, without a value of `item`."""
        return _plain(self._run(item, variables))

    def is_true(self, item: Any, variables: Mapping[str, Any]) -> bool:
        """Whether the result is true as `$boolean` has it. Raises: ExpressionError."""
        from crossdock.mappers.language import is_true

        return is_true(self._run(item, variables))

    def _run(self, item: Any, variables: Mapping[str, Any]) -> Any:
        from crossdock.mappers.language import LibraryError

        try:
            return self._compiled.run(item, variables)
        except LibraryError as error:
            raise ExpressionError(_say(error), _FIXES.get(error.error)) from None  # its text quotes values
        except RecursionError:
            raise ExpressionError("it is nested too deeply") from None
        except ExpressionError:
            raise
        except Exception as error:  # noqa: BLE001  (the library lets through whatever Python raises)
            raise ExpressionError(f"it failed with {type(error).__name__}") from None

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.union_schema(
            [
                core_schema.is_instance_schema(cls),
                core_schema.no_info_after_validator_function(_read, core_schema.str_schema(min_length=1)),
            ],
            serialization=core_schema.plain_serializer_function_ser_schema(lambda expression: expression.text),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "minLength": 1, "description": "a JSONata expression", "examples": ["market = 'us'"]}


class _Nothing:
    def __repr__(self) -> str:
        return "Nothing"


Nothing = _Nothing()
"""What an expression gives that finds nothing; JSON's null is None."""


def as_json(document: Any) -> Any:
    """A document as expressions see it: decimals and times are texts, what is None is absent."""
    return to_jsonable_python(document, exclude_none=True)


def variables(document: Any, context: Context) -> dict[str, Any]:
    """What expressions can refer to beside the item at hand."""
    known = {"document": document, "key": context.key, "pipeline": context.pipeline, "customer": context.customer}
    return {name: value for name, value in known.items() if value is not None}


def failed(error: ExpressionError, what: str, expression: Expression, context: Context) -> HoldError:
    """The hold of a document on which an expression failed; names the expression, and nothing that it saw."""
    text = expression.text if len(expression.text) <= _SHOWN else f"{expression.text[: _SHOWN - 1]}…"
    return HoldError(
        "expression_failed",
        f"{what} in pipeline {context.pipeline} failed on {context.key}: {error.reason}; it is `{text}`",
        fix=error.fix or "correct the expression in the file: the next run plans it again",
    )


def _read(text: str) -> Expression:
    try:
        return Expression(text)
    except ExpressionError as error:
        fix = error.fix or "correct the expression"
        raise PydanticCustomError("bad_expression", "{reason}", {"reason": error.reason, "fix": fix}) from None


def _compile(text: str) -> Any:
    if len(text) > _LONGEST:
        raise ExpressionError(f"an expression has at most {_LONGEST:,} characters")
    from crossdock.mappers.language import Bounded, LibraryError
    from crossdock.mappers.vetting import vet

    try:
        compiled = Bounded(text)
        vet(compiled.ast)
    except LibraryError as error:
        said = str(error)  # nothing but the expression itself can be quoted here
        raise ExpressionError(f"{said[:1].lower()}{said[1:]}, {_place(text, error.location)}") from None
    except ExpressionError:
        raise
    except RecursionError:
        raise ExpressionError("it is nested too deeply") from None
    except Exception:  # noqa: BLE001  (the library's parser fails in many ways on a text that ends too early)
        raise ExpressionError("it is no complete JSONata expression") from None
    return compiled


def _place(text: str, at: int) -> str:
    near = text[max(0, at - 12) : at + 4].strip()
    return f"at character {max(1, at)}, near `{near}`" if 0 < at <= len(text) else "at its end"


def _say(error: Any) -> str:
    """The library's message with its values left out: they may be a buyer's."""
    from crossdock.mappers.language import TEMPLATES

    said = _PLACEHOLDER.sub("…", TEMPLATES.get(error.error, "")).strip(" .:…")
    return said[:1].lower() + said[1:] if said else "it raised an error of its own"


def _plain(result: Any) -> Any:
    """A result of JSON types alone. Raises: ExpressionError for a function, and for a number that may not be exact."""
    from crossdock.mappers.language import NULL

    if result is None:
        return Nothing
    if result is NULL:
        return None
    if isinstance(result, dict):
        return {key: _member(value) for key, value in result.items()}
    if isinstance(result, list):
        return [_member(value) for value in result]
    if isinstance(result, float) or (isinstance(result, int) and abs(result) > _EXACT_INTEGERS):
        raise ExpressionError(
            "it gives a number that may not be exact", 'calculate with $money_add and the like, or give a text: "1.5"'
        )
    if isinstance(result, str | int):
        return result
    raise ExpressionError("it gives a function where a value is wanted")


def _member(value: Any) -> Any:
    plain = _plain(value)
    return None if plain is Nothing else plain
