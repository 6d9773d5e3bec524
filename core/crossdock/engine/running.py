"""One run of one pipeline: read its source once, and deliver until nothing is due."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import anyio

from crossdock.clock import Clock
from crossdock.engine.delivering import Deliverer
from crossdock.engine.dispatching import Dispatcher, Pauses
from crossdock.engine.intake import IntakeReader, Origin
from crossdock.engine.judging import Alive, everything
from crossdock.engine.results import Progress
from crossdock.engine.route import BoundRoute
from crossdock.engine.verdict import leaf
from crossdock.errors import CredentialsError, CrossdockError, LeaseLost, StoreError
from crossdock.http import LOST
from crossdock.observe.logs import get_logger
from crossdock.store.protocol import Store
from crossdock.store.rows import Delivery, DeliveryUpdate, Doubt, State

_log = get_logger("crossdock.engine")

_COUNTED = {
    State.DELIVERED: "delivered",
    State.HELD: "held",
    State.DEAD: "dead",
    State.SKIPPED: "skipped",
    State.WAITING: "waiting",
}


class PipelineRun:
    """Reads and delivers one pipeline."""

    def __init__(
        self,
        origin: Origin,
        routes: Sequence[BoundRoute],
        store: Store,
        clock: Clock,
        pauses: Pauses,
        rng: random.Random,
        progress: Callable[[Progress], None] | None,
        alive: Alive = everything,
    ) -> None:
        self.failed = False
        self._origin = origin
        self._store = store
        self._clock = clock
        self._pauses = pauses
        self._progress = progress
        self._done = Progress(origin.pipeline)
        self._reader = IntakeReader(origin, store, clock, self._on_staged)
        self._routes = routes
        self._rng = rng
        self._alive = alive
        self._dispatchers: Sequence[Dispatcher] = ()

    @property
    def refused(self) -> bool:
        """Whether a connection of this pipeline refused our credentials."""
        names = {self._origin.connection_name, *(route.sink_connection_name for route in self._routes)}
        return not names.isdisjoint(self._pauses.refused)

    async def run(self, wait_s: float, key: str | None = None) -> None:
        """Read once and deliver until nothing is due within `wait_s`. Raises: StoreError.

        Where another process takes the pipeline over, it ends as failed, and the others go on.
        """
        try:
            await self._run(wait_s, key)
        except (LeaseLost, BaseExceptionGroup) as group:
            error = leaf(group)
            if not isinstance(error, LeaseLost):
                raise
            self.failed = True
            _log.error("lease.lost", pipeline=self._origin.pipeline, reason=error.message, fix=error.fix)

    async def _run(self, wait_s: float, key: str | None) -> None:
        doubt = await self._store.doubt(self._origin.pipeline)
        if doubt is not None and doubt.last_record is None:
            doubt = await self._reread(doubt)
            if doubt is None:
                return
        self._dispatchers = [self._dispatcher(route, doubt) for route in self._routes]
        async with anyio.create_task_group() as tasks:
            for dispatcher in self._dispatchers:
                tasks.start_soon(dispatcher.run, wait_s)
            await self._read(key)
            for dispatcher in self._dispatchers:
                dispatcher.reading_ended()

    async def _reread(self, doubt: Doubt) -> Doubt | None:
        """Read before anything is delivered: what is pending could undo a newer change that the store forgot.

        None where reading failed: then nothing is delivered.
        """
        _log.warning("store.reread", pipeline=self._origin.pipeline, backup_at=doubt.backup_at.isoformat())
        await self._read(None)
        doubt = await self._store.doubt(self._origin.pipeline) or doubt
        return None if doubt.last_record is None else doubt

    def _dispatcher(self, route: BoundRoute, doubt: Doubt | None) -> Dispatcher:
        deliverer = Deliverer(route, self._store, self._clock, self._rng, self._alive, doubt)
        return Dispatcher(route, deliverer, self._store, self._clock, self._pauses, self._on_settled)

    async def _read(self, key: str | None) -> None:
        """Read the source; a fault of the source does not keep what is stored from being delivered."""
        reason, complete = None, False
        try:
            if self._origin.connection_name in self._pauses.refused:
                raise self._pauses.refused[self._origin.connection_name]
            tally = await (self._reader.read() if key is None else self._reader.fetch(key))
            reason, complete = tally.reason, key is None
        except StoreError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  a plugin's fault stops its pipeline, not the others
            reason = await self._failed(leaf(error))
        await self._store.read_ended(self._origin.pipeline, self._clock.now(), reason, complete=complete)

    async def _failed(self, error: BaseException) -> str:
        match error:
            case CredentialsError():
                await self._pauses.pause(self._origin.connection_name, error)
                return self._pauses.refused[self._origin.connection_name].message
            case CrossdockError():
                return self._fail(error.message, error.fix, said=error.code == LOST)
        return self._fail(f"source {self._origin.source.name} failed: {type(error).__name__}", None, error)

    def _fail(self, message: str, fix: str | None, error: BaseException | None = None, *, said: bool = False) -> str:
        """Note that the read failed; `said` where the reason was logged already, once for all that it concerns."""
        self.failed = True
        if not said:
            _log.error("read.failed", pipeline=self._origin.pipeline, reason=message, fix=fix, exc_info=error)
        return message

    def _on_staged(self, records: int) -> None:
        self._done.read += records
        for dispatcher in self._dispatchers:
            dispatcher.wake()
        self._tell()

    def _on_settled(self, delivery: Delivery, update: DeliveryUpdate) -> None:
        field = _COUNTED.get(update.state)
        if field is not None:
            setattr(self._done, field, getattr(self._done, field) + 1)
            self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._done)
