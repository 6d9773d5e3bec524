"""Sources read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from typing import ClassVar, Generic, TypeVar

from crossdock.contract.component import Connected, ConnectionT
from crossdock.contract.shape import Shape
from crossdock.contract.values import Batch, Cursor, Push, Received, Record
from crossdock.errors import PluginError
from crossdock.jsonio import Json

DocumentT = TypeVar("DocumentT")


class Source(Connected[ConnectionT], Generic[ConnectionT, DocumentT]):
    """A stream of one connection: `Source[WalmartConnection, Order]` emits orders."""

    entity: ClassVar[str]
    """What a record is, as links name it: "order"."""
    shape: ClassVar[Shape | None] = None
    """The fields that its records are known to have; core counts those that are not in it, and misses those that go."""
    every: ClassVar[bool] = False
    """True where each record counts (returns, settlement lines): a newer revision then supersedes nothing."""

    @abstractmethod
    def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        """Read what is new after `cursor`: yield batches, and the new cursor with the last one of each window only.

        Raises: TransientError, CredentialsError.
        """

    @abstractmethod
    def to_document(self, raw: Json) -> DocumentT:
        """Turn one raw record into a document; pure. Raises: RejectedError, NothingToDo, NotYetError, HoldError."""

    async def fetch(self, key: str) -> Record | None:
        """Read one record by its key, or None where there is none."""
        raise PluginError(f"{type(self).__name__} cannot fetch a single record")

    def receive(self, push: Push) -> Received:
        """Verify a push and say what to store or fetch; pure. Raises: RejectedError where it is not genuine."""
        raise PluginError(f"{type(self).__name__} receives no pushes")
