"""Working on the deliveries of a route whose sink bundles: many are planned one by one, and go together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

import anyio

from crossdock.contract.values import Links
from crossdock.engine.bundling import Bundler
from crossdock.engine.delivering import TAKEN, Deliverer
from crossdock.engine.parting import Came
from crossdock.engine.prepared import Carried, Prepared
from crossdock.engine.route import BoundRoute
from crossdock.engine.sending import Shield
from crossdock.engine.verdict import leaf
from crossdock.errors import CredentialsError, PluginError, StoreError
from crossdock.store.rows import Delivery, DeliveryUpdate, State

Worked = DeliveryUpdate | Prepared | Carried | None

Told = Callable[[Delivery, DeliveryUpdate], None]

_SUSPECT = (State.HELD, State.WAITING)
"""What was refused before may be refused again: it goes with its like, so that it spoils nothing for the others."""


class Gatherer:
    """Works on deliveries as they fall due: at most one bundle of the route is being sent at a time."""

    def __init__(self, route: BoundRoute, deliverer: Deliverer, bundler: Bundler) -> None:
        self._route = route
        self._deliverer = deliverer
        self._bundler = bundler

    async def work(self, due: Sequence[tuple[Delivery, Links]], told: Told) -> None:
        """Bring these as far as they go now. Raises: CredentialsError, StoreError."""
        work = _Work(told)
        for delivery, links in due:  # what is under way goes first: one of a bundle moves all of it
            if delivery.state is State.ATTEMPTED and delivery.id not in work.settled:
                await self._place(delivery, await self._deliverer.work(delivery, links), work)
        for delivery, worked in await self._prepare([one for one in due if one[0].state is not State.ATTEMPTED]):
            if delivery.id not in work.settled:
                await self._place(delivery, worked, work)
        for bundle in self._bundles(work.prepared):
            work.tell(await self._send(bundle))

    async def _prepare(self, due: Sequence[tuple[Delivery, Links]]) -> Sequence[tuple[Delivery, Worked]]:
        """Plan and judge them, several at a time: a look or an observation takes its time."""
        found: dict[int, Worked] = {}
        limiter = anyio.CapacityLimiter(self._route.max_in_flight)

        async def prepare(place: int, delivery: Delivery, links: Links) -> None:
            async with limiter:
                found[place] = await self._deliverer.work(delivery, links)

        try:
            async with anyio.create_task_group() as tasks:
                for place, (delivery, links) in enumerate(due):
                    tasks.start_soon(prepare, place, delivery, links)
        except BaseExceptionGroup as group:
            raise leaf(group) from None
        return [(delivery, found[place]) for place, (delivery, _) in enumerate(due)]

    async def _place(self, delivery: Delivery, worked: Worked, work: _Work) -> None:
        match worked:
            case DeliveryUpdate():
                work.tell([(delivery, worked)])
            case Prepared(new=new) if len(new) > self._route.sink.bulk:
                error = PluginError(f"one record plans {len(new)} effects, and a bundle takes {self._route.sink.bulk}")
                work.tell([(delivery, await self._deliverer.fault(delivery, error))])
            case Prepared():
                work.prepared.append(worked)
            case Carried():
                work.tell(await self._resume(worked))

    def _bundles(self, prepared: Sequence[Prepared]) -> Iterator[list[Prepared]]:
        """Those that go together, in order. What covers the same as another waits until that is settled."""
        groups: tuple[list[Prepared], list[Prepared]] = ([], [])
        for one in prepared:
            groups[one.delivery.state in _SUSPECT].append(one)
        for group in groups:
            bundle, size, taken = list[Prepared](), 0, set[tuple[str, str]]()
            for one in group:
                names = {("key", row.key) for row in one.new} | {
                    ("fact", fact) for row in one.new for fact in row.facts
                }
                if not taken.isdisjoint(names):
                    continue
                if size + len(one.new) > self._route.sink.bulk:
                    yield bundle
                    bundle, size = [], 0
                bundle.append(one)
                size += len(one.new)
                taken |= names
            if bundle:
                yield bundle

    async def _send(self, prepared: Sequence[Prepared]) -> Came:
        deliveries = [one.delivery for one in prepared]
        with anyio.CancelScope() as scope:
            return await self._guarded(deliveries, self._bundler.send(prepared, _shield(scope)))
        return []

    async def _resume(self, carried: Carried) -> Came:
        delivery = carried.delivery
        with anyio.CancelScope() as scope:
            resuming = self._bundler.resume(carried.carrier_id, _shield(scope))
            came = await self._guarded([delivery], resuming)
            if carried.takes_over:
                stands = await self._bundler.stands(carried.carrier_id, came)
                came = [*came, (delivery, await self._deliverer.follow(delivery, stands))]
            return came
        return []

    async def _guarded(self, deliveries: Sequence[Delivery], work: Awaitable[Came]) -> Came:
        """Nothing that a plugin does stops the others; what was taken or settled meanwhile is looked at again."""
        try:
            return await work
        except StoreError as error:
            if error.code not in (*TAKEN, "delivery_settled"):
                raise
            for delivery in deliveries:
                self._deliverer.be_careful(delivery)
            return []
        except CredentialsError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001
            return [(delivery, await self._deliverer.fault(delivery, error)) for delivery in deliveries]


@dataclass(slots=True)
class _Work:
    """What came of a piece of work so far."""

    told: Told
    settled: set[int] = field(default_factory=set)
    prepared: list[Prepared] = field(default_factory=list)

    def tell(self, came: Came) -> None:
        for delivery, update in came:
            self.settled.add(delivery.id)
            self.told(delivery, update)


def _shield(scope: anyio.CancelScope) -> Shield:
    def shield() -> None:
        scope.shield = True

    return shield
