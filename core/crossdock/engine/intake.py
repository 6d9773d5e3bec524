"""Reading a source into the store: batches, cursor and deliveries, one transaction each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import anyio

from crossdock.boundary import reach, sabotaged
from crossdock.clock import Clock
from crossdock.contract.connection import Connection
from crossdock.contract.source import Source
from crossdock.contract.values import Batch, Cursor, Record
from crossdock.engine.drifting import Sampler
from crossdock.errors import PluginError
from crossdock.http import Reader, Urgency, set_urgency
from crossdock.observe.logs import get_logger
from crossdock.store.protocol import Store
from crossdock.store.rows import CursorRow, Intake, Staged

_log = get_logger("crossdock.engine")

_LARGEST = 2**63 - 1
_CLOSING_S = 5.0

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
        if self.records < 2:
            return "nothing new: the record was known already" if self.records else "nothing new"
        return f"nothing new: all {self.records} records were known already"


@asynccontextmanager
async def closing(batches: AsyncIterator[Batch]) -> AsyncIterator[AsyncIterator[Batch]]:
    """End a read that was left in its middle at once: it may hold connections, and trio does not do it later."""
    try:
        yield batches
    finally:
        close = getattr(batches, "aclose", None)
        if close is not None:
            with anyio.move_on_after(_CLOSING_S, shield=True):
                await close()


async def _cursor_first(batches: AsyncIterator[Batch]) -> AsyncIterator[Batch]:
    """What a checker wants to see found: a cursor that is kept before the records that it says were read."""
    read = [batch async for batch in batches]
    for batch in read:
        if batch.cursor is not None:
            yield Batch(cursor=batch.cursor)
    for batch in read:
        yield replace(batch, cursor=None)


def check_record(record: Record, source: str) -> None:
    """Refuse what no store can keep. Raises: PluginError, so that it stops its own pipeline and no other."""
    for what, text in (("key", record.key), ("ordering key", record.ordering_key or record.key)):
        if not isinstance(text, str) or not text or not _is_text(text):
            raise PluginError(f"source {source} read a record whose {what} is no text")
    version = record.version
    if isinstance(version, datetime) and version.tzinfo is None:
        raise PluginError(f"source {source} read record {record.key} with a version in no time zone")
    if isinstance(version, int) and abs(version) > _LARGEST:
        raise PluginError(f"source {source} read record {record.key} with a version beyond 64 bits")
    if not all(isinstance(one, str) and _is_text(one) for pair in record.identifiers.items() for one in pair):
        raise PluginError(f"source {source} read record {record.key} with an identifier that is no text")


def _is_text(written: str) -> bool:
    """Whether it can be written as UTF-8."""
    try:
        written.encode()
    except UnicodeEncodeError:
        return False
    return True


class IntakeReader:
    """Reads one source to its end and stages what it brings."""

    def __init__(self, origin: Origin, store: Store, clock: Clock, staged: Callable[[int], None]) -> None:
        self._origin = origin
        self._store = store
        self._clock = clock
        self._staged = staged
        self._sampler = Sampler(f"{origin.connection.name}.{origin.source.name}", origin.source.shape)

    async def read(self) -> Tally:
        """Read until the source has no more. Raises: what the source raises, with the cursor where it was."""
        row, tally = await self._store.cursor(self._origin.pipeline), Tally()
        await self._pass(row, tally, sweep=False)
        if self._sweep_is_due(row):  # after the ordinary read, so that what it finds was found by nothing else
            await self._pass(await self._store.cursor(self._origin.pipeline), tally, sweep=True)
        if (seen := self._sampler.seen()) is not None:
            await self._store.note_fields(seen, self._clock.now())
        if tally.found_by_sweep:
            _log.warning("sweep.found", pipeline=self._origin.pipeline, records=tally.found_by_sweep)
        return tally

    async def _pass(self, row: CursorRow | None, tally: Tally, *, sweep: bool) -> None:
        set_urgency(Urgency.BACKFILLING if sweep or row is None else Urgency.READING)
        now = await self._origin.http.vendor_now()
        cursor = Cursor(value=None if row is None else row.value, now=now, sweep=sweep)
        async with closing(self._origin.source.read(cursor)) as batches:
            async for batch in _cursor_first(batches) if sabotaged("cursor-first") else batches:
                if batch.records or batch.cursor is not None:
                    await self._stage(batch, first=row is None, sweep=sweep, tally=tally)
                else:
                    tally.note = batch.note or tally.note

    async def fetch(self, key: str) -> Tally:
        """Read one record by its key."""
        set_urgency(Urgency.READING)
        record = await self._origin.source.fetch(key)
        if record is None:
            return Tally(note=f"there is no {self._origin.source.entity} {key}")
        tally = Tally()
        await self._stage(Batch([record]), first=True, sweep=False, tally=tally)
        return tally

    def _sweep_is_due(self, row: CursorRow | None) -> bool:
        # The first complete read was a whole one, so the day counts from there.
        swept_at = None if row is None else row.swept_at or row.advanced_at
        return swept_at is not None and self._clock.now() - swept_at >= SWEEP_EVERY

    async def _stage(self, batch: Batch, *, first: bool, sweep: bool, tally: Tally) -> None:
        for record in batch.records:
            check_record(record, self._origin.source.name)
        if batch.records:
            self._sampler.look(batch.records[0].raw)
        intake = Intake(
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
        reach("intake.before_store")
        staged = await self._store.stage(intake)
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
