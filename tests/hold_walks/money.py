"""What Walmart says of money that nobody can read: it is posted by hand."""

from __future__ import annotations

from functools import partial

from hold_walks import Step, walks
from hold_walks.books import RETURNS, SETTLEMENTS, Books

walks_of_money = partial(walks, "walmart", site=Books, made=0)


@walks_of_money("unknown_refund_status", by="done")
def unknown_refund_status(site: Books) -> Step:
    returned = site.walmart.control("returns", {"purchase_order_id": site.shipped(), "refund": "issued"})
    site.change_return(returned["return_order_id"], "REFUND_BLESSED")
    site.run(*RETURNS)
    yield
    site.resolve("done")
    site.run(*RETURNS)


@walks_of_money("damaged_order_id", by="done")
def damaged_order_id(site: Books) -> Step:
    site.shipped()
    site.settle(damage=1)
    yield
    site.resolve("done")
    site.run(*SETTLEMENTS)
