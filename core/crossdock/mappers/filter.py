"""The mapper `filter`: only some documents go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from crossdock.contract.mapper import Mapper
from crossdock.contract.values import Context
from crossdock.errors import NothingToDo
from crossdock.mappers.expression import Expression, as_json, failed, variables
from crossdock.mappers.failures import ExpressionError
from crossdock.mappers.reading import Reading


class FilterMapper(Mapper[Any, Any]):
    """Documents for which `when` is true go on as they are; the others are skipped, and the delivery says why."""

    name: ClassVar[str] = "filter"

    when: Expression
    """What must be true of the document, as in `market = 'us'`; true as JSONata's $boolean has it."""
    reason: str | None = None
    """Why the others are skipped, for people; without it the expression is shown."""

    def readings(self) -> Iterator[Reading]:
        """The expressions of this mapper."""
        yield Reading(("when",), self.when)

    def map(self, document: Any, context: Context) -> Any:
        """The document itself. Raises: NothingToDo; HoldError where the expression fails."""
        seen = as_json(document)
        try:
            goes_on = self.when.is_true(seen, variables(seen, context))
        except ExpressionError as error:
            raise failed(error, "`when` of filter", self.when, context) from None
        if not goes_on:
            raise NothingToDo(f"filtered: {self.reason or f'not {self.when.text}'}")
        return document
