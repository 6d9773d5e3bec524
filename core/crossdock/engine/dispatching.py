"""The loop of one route: fetch what is due, keep `max_in_flight` of it in work, stop when nothing is due."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from crossdock.clock import Clock
from crossdock.contract.values import Links
from crossdock.engine.delivering import Deliverer
from crossdock.engine.gathering import Gatherer
from crossdock.engine.route import BoundRoute
from crossdock.engine.verdict import PROCESSING
from crossdock.errors import CredentialsError
from crossdock.http import LOST, Urgency, set_urgency
from crossdock.observe.logs import get_logger, shows
from crossdock.store.protocol import Store
from crossdock.store.rows import Delivery, DeliveryUpdate, State

_log = get_logger("crossdock.engine")

_LOOK_AGAIN_S = 1.0

Settled = Callable[[Delivery, DeliveryUpdate], None]
"""Told of each piece of work that ended."""


@dataclass
class Pauses:
    """Connections that refused our credentials in this run: nothing more is tried there. Shared by all routes."""

    refused: dict[str, CredentialsError] = field(default_factory=dict)
    remember: Callable[[str, CredentialsError], Awaitable[CredentialsError]] | None = None
    """Keeps a refusal for the next run, and may say it better."""

    async def pause(self, connection: str, error: CredentialsError) -> None:
        """Stop using a connection, and say so once."""
        if connection not in self.refused:
            self.refused[connection] = error
            if self.remember is not None:
                self.refused[connection] = error = await self.remember(connection, error)
            _log.error("connection.refused", connection=connection, reason=error.message, fix=error.fix)


class Dispatcher:
    """Drives one route until it is told that no more records come, and nothing is due within the wait."""

    def __init__(
        self, route: BoundRoute, deliverer: Deliverer, store: Store, clock: Clock, pauses: Pauses, settled: Settled
    ) -> None:
        self._route = route
        self._deliverer = deliverer
        self._store = store
        self._clock = clock
        self._pauses = pauses
        self._settled = settled
        self._busy: dict[int, str] = {}
        """Deliveries in work or in the queue, with their ordering keys."""
        self._ended: set[int] = set()
        """Ended while a look was under way: what that look says of them is outdated, and must not be worked on."""
        self._wake = anyio.Event()
        self._lost_since: float | None = None
        self._reading = True
        self._dry = False
        self._ahead = max(64, route.max_in_flight * 4, route.sink.bulk)

    @property
    def connection_name(self) -> str:
        """The connection that this route's effects are made in."""
        return self._route.sink_connection_name

    def wake(self) -> None:
        """Something may have become due."""
        self._dry = False
        self._wake.set()

    def reading_ended(self) -> None:
        """No more records come."""
        self._reading = False
        self._wake.set()

    async def run(self, wait_s: float) -> None:
        """Work until nothing is due within `wait_s` seconds."""
        route = self._route
        again = await self._store.note_definition(route.pipeline, route.name, route.fingerprint, self._clock.now())
        if again:
            _log.info("route.changed", pipeline=route.pipeline, route=route.name, planned_again=again)
            self._deliverer.note_change()
        send, receive = anyio.create_memory_object_stream[tuple[Delivery, Links]](math.inf)
        async with anyio.create_task_group() as tasks:
            if self._route.bundles:
                tasks.start_soon(self._gather, receive.clone())
            for _ in range(0 if self._route.bundles else self._route.max_in_flight):
                tasks.start_soon(self._worker, receive.clone())
            async with receive, send:  # held open here: a cancellation ends the workers first
                await self._feed(send, wait_s)

    async def _feed(self, send: MemoryObjectSendStream[tuple[Delivery, Links]], wait_s: float) -> None:
        while self._route.sink_connection_name not in self._pauses.refused:
            self._wake = anyio.Event()
            if not self._busy and self._route.client.lost_s > 0:
                if not await self._sit_out(wait_s):
                    return
                continue
            if self._hungry():
                fetched = await self._fetch()
                self._dry = not fetched and not self._ended
                if self._route.bundles and self._reading and 0 < len(fetched) < self._route.sink.bulk:
                    fetched = await self._fetch_more()
                for delivery, links in fetched:
                    self._busy[delivery.id] = delivery.ordering_key
                    send.send_nowait((delivery, links))
                if not self._busy and not self._reading:
                    # What ended during the look may be due again already: look once more before going.
                    if not self._ended and not await self._sleep(wait_s):
                        return
                    continue
            with anyio.move_on_after(_LOOK_AGAIN_S) as waited:  # a retry may fall due while a long read goes on
                await self._wake.wait()
            if waited.cancelled_caught:  # or something be free again, while one slow request keeps all others waiting
                self._dry = False

    async def _fetch_more(self) -> Sequence[tuple[Delivery, Links]]:
        """What is being read may go with the same bundle: give it a moment."""
        with anyio.move_on_after(_LOOK_AGAIN_S):
            while self._reading:
                await self._wake.wait()
                self._wake = anyio.Event()
        return await self._fetch()

    def _hungry(self) -> bool:
        """Whether to look for more: when little is left in the queue, and the last look was not in vain."""
        if self._route.bundles:  # all of a bundle is looked for at once
            return not self._busy
        return not self._busy or (len(self._busy) <= self._route.max_in_flight and not self._dry)

    async def _fetch(self) -> Sequence[tuple[Delivery, Links]]:
        """Deliveries that are due and not in work yet, each with its links."""
        route = self._route
        limit = self._ahead + len(self._busy)
        self._ended.clear()
        ready = await self._store.ready(route.pipeline, route.name, now=self._clock.now(), limit=limit)
        # A held one that falls due again may not be worked on beside a younger one of its ordering key.
        taken = set(self._busy.values())
        fresh = [one for one in ready if one.ordering_key not in taken and one.id not in self._ended]
        if not fresh:
            return ()
        links = await self._links(fresh)
        return [(delivery, links.get(delivery.key, Links())) for delivery in fresh]

    async def _links(self, deliveries: Sequence[Delivery]) -> Mapping[str, Links]:
        ids = {delivery.key: (delivery.key, *delivery.identifiers.values()) for delivery in deliveries}
        return await self._store.links(self._route.source_connection.identity, self._route.account, ids)

    async def _sit_out(self, wait_s: float) -> bool:
        """Wait until a lost connection is tried again; False where it has been lost for longer than the wait."""
        lost_s, now = self._route.client.lost_s, self._clock.monotonic()
        if self._lost_since is None:
            self._lost_since = now
        if self._reading:
            with anyio.move_on_after(min(lost_s, _LOOK_AGAIN_S)):
                await self._wake.wait()
            return True
        if now + lost_s > self._lost_since + wait_s:
            return False
        await self._clock.sleep(lost_s)
        return True

    async def _sleep(self, wait_s: float) -> bool:
        """Wait until something is due; False where nothing is within the wait."""
        due = await self._store.next_due(self._route.pipeline, self._route.name)
        now = self._clock.now()
        if due is None or due > now + timedelta(seconds=wait_s):
            return False
        await self._clock.sleep(max(0.0, (due - now).total_seconds()))
        return True

    async def _worker(self, receive: MemoryObjectReceiveStream[tuple[Delivery, Links]]) -> None:
        async with receive:
            async for delivery, links in receive:
                try:
                    if self._usable():
                        set_urgency(Urgency.BACKFILLING if delivery.backfill else Urgency.DELIVERING)
                        await self._work(delivery, links)
                finally:
                    self._busy.pop(delivery.id, None)
                    self._ended.add(delivery.id)
                    self._wake.set()

    async def _gather(self, receive: MemoryObjectReceiveStream[tuple[Delivery, Links]]) -> None:
        """Work on all that is in the queue together."""
        gatherer = Gatherer(self._route, self._deliverer, self._deliverer.bundler)
        async with receive:
            async for one in receive:
                due = [one]
                with suppress(anyio.WouldBlock, anyio.EndOfStream):
                    while True:
                        due.append(receive.receive_nowait())
                try:
                    if self._usable():
                        backfills = all(delivery.backfill for delivery, _ in due)
                        set_urgency(Urgency.BACKFILLING if backfills else Urgency.DELIVERING)
                        await self._work_together(gatherer, due)
                finally:
                    for delivery, _ in due:
                        self._busy.pop(delivery.id, None)
                        self._ended.add(delivery.id)
                    self._wake.set()

    async def _work_together(self, gatherer: Gatherer, due: Sequence[tuple[Delivery, Links]]) -> None:
        started = self._clock.monotonic()
        try:
            await gatherer.work(due, lambda delivery, update: self._end(delivery, update, started))
        except CredentialsError as error:
            await self._pauses.pause(self._route.sink_connection_name, error)

    def _usable(self) -> bool:
        """Whether the sink's connection may be worked on: neither refused nor lost."""
        if self._route.client.lost_s > 0:
            return False  # it stays as it is, due when the connection is tried again
        return self._route.sink_connection_name not in self._pauses.refused

    async def _work(self, delivery: Delivery, links: Links) -> None:
        started = self._clock.monotonic()
        try:
            update = await self._deliverer.work(delivery, links)
        except CredentialsError as error:
            await self._pauses.pause(self._route.sink_connection_name, error)
            return
        if isinstance(update, DeliveryUpdate):
            self._end(delivery, update, started)

    def _end(self, delivery: Delivery, update: DeliveryUpdate, started: float) -> None:
        if update.state is State.DELIVERED:
            self._lost_since = None
        self._settled(delivery, update)
        self._report(delivery, update, self._clock.monotonic() - started)

    def _report(self, delivery: Delivery, update: DeliveryUpdate, duration_s: float) -> None:
        """One canonical line per piece of work."""
        event, level = _PROCESSING if update.code == PROCESSING else _EVENTS[update.state]
        unchanged = (update.state, update.code) == (delivery.state, delivery.code)
        if unchanged and (update.state in (State.HELD, State.WAITING) or update.code == PROCESSING):
            level = "debug"  # nothing new since the last time
        if not shows(level):
            return
        if update.code == LOST:
            level = "debug"  # that the connection is lost was said once
        facts = {
            "pipeline": delivery.pipeline,
            "route": delivery.route,
            "record_key": delivery.key,
            "delivery": delivery.id,
            "outcome": update.state.value,
            "attempts": update.attempts if update.attempts is not None else delivery.attempts,
            "duration_s": round(duration_s, 3),
            "lag_s": round((self._clock.now() - delivery.read_at).total_seconds(), 1),
        }
        said = {"code": update.code, "reason": update.reason, "fix": update.fix}
        getattr(_log, level)(event, **facts, **{name: value for name, value in said.items() if value})


_PROCESSING = ("delivery.processing", "info")
_EVENTS = {
    State.PENDING: ("delivery.retry_scheduled", "warning"),
    State.ATTEMPTED: ("delivery.outcome_unknown", "warning"),
    State.WAITING: ("delivery.waiting", "info"),
    State.HELD: ("delivery.held", "warning"),
    State.DELIVERED: ("delivery.settled", "info"),
    State.SKIPPED: ("delivery.settled", "info"),
    State.DEAD: ("delivery.died", "error"),
}
