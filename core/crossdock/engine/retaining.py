"""Retention: at the end of a run, the content of what has been settled for long enough is erased, in short slices."""

from __future__ import annotations

from datetime import timedelta

from crossdock.clock import Clock
from crossdock.errors import StoreError
from crossdock.observe.logs import get_logger
from crossdock.store.protocol import Store

_log = get_logger("crossdock.engine")

SLICE = 256
"""Records that one transaction looks at: others wait that long at most."""
SLICES = 40
"""Most transactions of one run; what is left over is for the next."""


async def retain(store: Store, clock: Clock, retained: timedelta) -> None:
    """Erase what is due, and announce what would be but is open. A fault fails no run: the next one tries again."""
    at = clock.now()
    before, after, records = at - retained, 0, 0
    try:
        for _ in range(SLICES):
            erased = await store.erase(before=before, at=at, after=after, limit=SLICE)
            records += erased.records
            if erased.last is None:
                break
            after = erased.last
        still_open = await store.announce_open(before=before, at=at, retained=retained)
        if records:
            await store.tidy()
    except StoreError as error:
        _log.warning("retention.failed", reason=error.message, fix=error.fix)
        return
    if records:
        _log.info("payloads.erased", records=records, settled_before=before.isoformat())
    if still_open:
        _log.warning("payloads.due", open=still_open, read_before=before.isoformat())
