"""Mappers are pure functions from document to document, with settings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from crossdock.contract.component import Component
from crossdock.contract.values import Context

InT = TypeVar("InT")
OutT = TypeVar("OutT")


class Mapper(Component, Generic[InT, OutT]):
    """A pure function with settings: `Mapper[Order, SaleOrder]` takes orders and gives sale orders."""

    @abstractmethod
    def map(self, document: InT, context: Context) -> OutT | Sequence[OutT]:
        """Turn one document into one or several. Raises: NothingToDo, HoldError, NotYetError, RejectedError."""
