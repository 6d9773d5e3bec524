"""The mapper `route`: each document goes one way and no other.

A filter in each route would do where conditions never overlap and leave nothing out. Where they overlap, two
warehouses send the same order; where they leave something out, nobody does. So the routes of a pipeline share one list
of cases, of which the first that is true decides, and each route says which of them it takes; `check` compares the
lists. A document that no case is true for is held, not skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crossdock.contract.mapper import Mapper
from crossdock.contract.values import Context
from crossdock.errors import HoldError, NothingToDo
from crossdock.mappers.expression import Expression, as_json, failed, variables
from crossdock.mappers.failures import ExpressionError
from crossdock.mappers.reading import Reading


class Case(BaseModel):
    """One way. Without `when` it is for all that is left."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: str = Field(min_length=1)
    when: Expression | None = None


class RouteMapper(Mapper[Any, Any]):
    """Documents whose first true case is the one named in `take` go on as they are; the others go another way."""

    name: ClassVar[str] = "route"

    take: str
    """The name of the case whose documents this route takes."""
    cases: tuple[Case, ...] = Field(min_length=1)
    """The ways that there are, as `- {name: east, when: "ship_to.region = 'NY'"}`; the first that is true decides.
    All routes of the pipeline share one list: mark it with `&cases` in the first and write `*cases` in the others."""

    @model_validator(mode="after")
    def _leads_somewhere(self) -> RouteMapper:
        names = [case.name for case in self.cases]
        if len(set(names)) < len(names):
            raise ValueError("two cases have the same name")
        if self.take not in names:
            raise ValueError(f"there is no case '{self.take}'; its cases: {', '.join(names)}")
        if any(case.when is None for case in self.cases[:-1]):
            raise ValueError("only the last case can be without `when`: nothing is left for what comes after it")
        return self

    def readings(self) -> Iterator[Reading]:
        """The expressions of this mapper."""
        for position, case in enumerate(self.cases):
            if case.when is not None:
                yield Reading(("cases", position, "when"), case.when)

    def map(self, document: Any, context: Context) -> Any:
        """The document itself. Raises: NothingToDo where it goes another way; HoldError where no case is true."""
        chosen = self._choose(document, context)
        if chosen is None:
            raise HoldError(
                "no_route",
                f"no case of `route` in pipeline {context.pipeline} is true for {context.key}",
                fix="add a case without `when` at the end, or one that fits, and a route that takes it",
            )
        if chosen != self.take:
            raise NothingToDo(f"goes another way: {chosen}")
        return document

    def _choose(self, document: Any, context: Context) -> str | None:
        seen = as_json(document)
        known = variables(seen, context)
        for case in self.cases:
            try:
                if case.when is None or case.when.is_true(seen, known):
                    return case.name
            except ExpressionError as error:
                raise failed(error, f"case {case.name} of route", case.when or Expression("true"), context) from None
        return None
