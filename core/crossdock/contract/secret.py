"""A secret stays opaque until it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


class Secret:
    """A value that never shows itself: `reveal()` is the only way to it, and it is looked up only then."""

    __slots__ = ("_reveal", "origin")

    def __init__(self, reveal: Callable[[], str], origin: str) -> None:
        self._reveal = reveal
        self.origin = origin
        """Where it comes from, as the file writes it: "${secret:walmart_us}"."""

    @classmethod
    def literal(cls, value: str) -> Secret:
        """A secret that stands in the file as it is."""
        return cls(lambda: value, "written in the file")

    def reveal(self) -> str:
        """The value. Raises: ConfigError where it cannot be had."""
        return self._reveal()

    def __repr__(self) -> str:
        return f"Secret({self.origin})"

    __str__ = __repr__

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.union_schema(
            [
                core_schema.is_instance_schema(cls),
                core_schema.no_info_after_validator_function(cls.literal, core_schema.str_schema(min_length=1)),
            ],
            serialization=core_schema.plain_serializer_function_ser_schema(repr),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "minLength": 1, "description": "best written as ${secret:NAME} or ${env:NAME}"}
