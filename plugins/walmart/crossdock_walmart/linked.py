"""Which of Walmart's orders a document of the warehouse belongs to: only what a link of ours says."""

from __future__ import annotations

from collections.abc import Collection

from crossdock import Known, Link, Links, NothingToDo
from crossdock_walmart.standing import Standing

ORDER = "order"


def linked_order(links: Links, near_ids: Collection[str], account: str | None = None) -> Link | None:
    """The link from a document of one of these ids to an order, if there is one (in that account).

    Core finds links by any identifier, a reference among them: another sale order that only bears the same reference is
    none of ours.
    """
    return next(
        (
            link
            for link in links
            if link.far.kind == ORDER and link.near.id in near_ids and account in (None, link.far.account)
        ),
        None,
    )


def observed_order(known: Known, near_ids: Collection[str]) -> tuple[Link, Standing]:
    """The link, and the order as it was seen just before. Raises: NothingToDo where the document is not ours."""
    link = linked_order(known.links, near_ids)
    standing = known.observed
    if link is None or not isinstance(standing, Standing) or standing.number != link.far.id:
        raise NothingToDo("not ours: no order of this account is linked to it", code="not_ours")
    if standing.fulfilled_by == "channel":
        raise NothingToDo("Walmart fulfils this order itself", code="not_the_sellers")
    return link, standing
