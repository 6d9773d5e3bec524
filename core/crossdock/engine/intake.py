"""Reading a source into the store: batches, cursor and deliveries, one transaction each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crossdock.boundary import reach
from crossdock.clock import Clock
from crossdock.contract.connection import Connection
from crossdock.contract.source import Source
from crossdock.contract.values import Batch, Cursor
from crossdock.http import Reader
from crossdock.observe.logs import get_logger
from crossdock.store.protocol import Store
from crossdock.store.rows import CursorRow, Intake, Staged

_log = get_logger("crossdock.engine")

SWEEP_EVERY = timedelta(days=1)
"""How often a source re-reads its whole open window."""


@dataclass(frozen=True)
class Origin:
    """The reading end of one pipeline."""

    pipeline: str
    source: Source[Any, Any]
    connection_name: str
    connection: Connection
    http: Reader
    routes: Sequence[str]


@dataclass
class Tally:
    """What a read brought."""

    records: int = 0
    new: int = 0
    revised: int = 0
    found_by_sweep: int = 0
    note: str | None = None

    def add(self, batch: Batch, staged: Staged, *, sweep: bool) -> None:
        """Count one batch."""
        self.records += len(batch.records)
        self.new += staged.new
        self.revised += staged.revised
        self.found_by_sweep += (staged.new + staged.revised) if sweep else 0
        self.note = batch.note or self.note

    @property
    def reason(self) -> str | None:
        """Why nothing was brought; None where something was."""
        if self.new or self.revised:
            return None
        if self.note:
            return self.note
        return "nothing new" if not self.records else f"nothing new: all {self.records} records were known already"


class IntakeReader:
    """Reads one source to its end and stages what it brings."""

    def __init__(self, origin: Origin, store: Store, clock: Clock, staged: Callable[[int], None]) -> None:
        self._origin = origin
        self._store = store
        self._clock = clock
        self._staged = staged

    async def read(self) -> Tally:
        """Read until the source has no more. Raises: what the source raises, with the cursor where it was."""
        row = await self._store.cursor(self._origin.pipeline)
        cursor = await self._cursor(row)
        tally = Tally()
        async for batch in self._origin.source.read(cursor):
            if batch.records or batch.cursor is not None:
                await self._stage(batch, first=row is None, sweep=cursor.sweep, tally=tally)
            else:
                tally.note = batch.note or tally.note
        if tally.found_by_sweep:
            _log.warning("sweep.found", pipeline=self._origin.pipeline, records=tally.found_by_sweep)
        return tally

    async def fetch(self, key: str) -> Tally:
        """Read one record by its key."""
        record = await self._origin.source.fetch(key)
        tally = Tally(note=f"there is no {self._origin.source.entity} {key}")
        if record is not None:
            await self._stage(Batch([record]), first=True, sweep=False, tally=tally)
        return tally

    async def _cursor(self, row: CursorRow | None) -> Cursor:
        now = await self._origin.http.vendor_now()
        # The first complete read was a whole one, so the day counts from there.
        swept_at = None if row is None else row.swept_at or row.advanced_at
        sweep = row is not None and swept_at is not None and self._clock.now() - swept_at >= SWEEP_EVERY
        return Cursor(value=None if row is None else row.value, now=now, sweep=sweep)

    async def _stage(self, batch: Batch, *, first: bool, sweep: bool, tally: Tally) -> None:
        reach("intake.before_store")
        staged = await self._store.stage(
            Intake(
                pipeline=self._origin.pipeline,
                account=self._origin.connection.identity,
                entity=self._origin.source.entity,
                every=self._origin.source.every,
                routes=self._origin.routes,
                records=batch.records,
                at=self._clock.now(),
                backfill=batch.backfill or first,
                sweep=sweep,
                cursor=batch.cursor,
                swept=batch.cursor is not None and (sweep or first),
            )
        )
        reach("intake.after_store")
        tally.add(batch, staged, sweep=sweep)
        self._staged(len(batch.records))
        if batch.records:
            _log.info(
                "batch.staged",
                pipeline=self._origin.pipeline,
                connection=self._origin.connection_name,
                records=len(batch.records),
                new=staged.new,
                revised=staged.revised,
                superseded=staged.superseded,
            )
