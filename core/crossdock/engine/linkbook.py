"""Links as the store has them, and those that an adoption would write: later pipelines rely on earlier ones."""

from __future__ import annotations

from collections import defaultdict

from crossdock.contract.values import Link, Links
from crossdock.engine.route import BoundRoute
from crossdock.store.linking import turn
from crossdock.store.protocol import Store
from crossdock.store.rows import Delivery


class LinkBook:
    """Finds the links of a delivery."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._imagined: defaultdict[str, list[Link]] = defaultdict(list)

    def imagine(self, link: Link) -> None:
        """Take a link for written, though it is not."""
        for one in {link.near.id, link.far.id, *(other.id for other in link.also)}:
            self._imagined[one].append(link)

    async def of(self, route: BoundRoute, delivery: Delivery) -> Links:
        """The links that touch any of its identifiers, between the two accounts of its route."""
        near, far = route.source_connection.identity, route.account
        ids = (delivery.key, *delivery.identifiers.values())
        stored: Links = Links()
        if self._store is not None:
            stored = (await self._store.links(near, far, {delivery.key: ids})).get(delivery.key, stored)
        found = {id(link): link for one in ids for link in self._imagined.get(one, ())}.values()
        seen = [link if (link.near.account, link.far.account) == (near, far) else turn(link) for link in found]
        return Links([*stored, *(one for one in seen if (one.near.account, one.far.account) == (near, far))])
