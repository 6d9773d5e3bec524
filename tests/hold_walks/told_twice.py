"""What is held of refunds that an order and a return both tell of."""

from __future__ import annotations

from decimal import Decimal

from hold_walks import Step
from hold_walks.books import RETURNS, SALES, Books
from hold_walks.ledger import walks_of_books


def lowered_and_returned(site: Books, amount: str | None = None) -> str:
    """An order whose refund is in the books, a unit's price if nothing is said, and of which a unit then came back."""
    order = site.shipped()
    (line,) = site.lines(order)
    number, price = line["lineNumber"], line["charges"]["charge"][0]["chargeAmount"]["amount"]
    lowered = [{"line": number, "amount": amount or str(price / 2)}]
    site.walmart.control("refunds", {"purchase_order_id": order, "lines": lowered})
    site.run(*SALES)
    one = [{"line": number, "quantity": 1}]
    site.walmart.control("returns", {"purchase_order_id": order, "lines": one, "refund": "issued"})
    return order


@walks_of_books("refund_posted_by_order", made=3)
def refund_of_the_order_is_corrected(site: Books) -> Step:
    """The channel says that it was three dollars, and of no return: it is posted anew, and the return beside it."""
    order = lowered_and_returned(site)
    site.run(*RETURNS)
    yield
    lines = site.lines(order)
    charges = lines[0]["refund"]["refundCharges"]["refundCharge"]
    del charges[1:]
    charges[0]["charge"]["chargeAmount"]["amount"] = Decimal("-3.00")
    lines[0]["returnOrderId"] = None
    site.change_lines(order, lines)
    site.run(*SALES)
    site.run(*RETURNS)


@walks_of_books("refund_posted_by_order", made=2, by="same_money")
def refund_of_the_order_is_that_of_the_return(site: Books) -> Step:
    lowered_and_returned(site)
    site.run(*RETURNS)
    yield
    site.resolve("same_money")
    site.run(*RETURNS)
    site.run(*SALES)


@walks_of_books("refund_posted_by_order", by="other_money")
def refund_of_the_order_is_beside_that_of_the_return(site: Books) -> Step:
    lowered_and_returned(site)
    site.run(*RETURNS)
    yield
    site.resolve("other_money")
    site.run(*RETURNS)
    site.run(*SALES)


@walks_of_books("refund_of_return")
def refund_of_return_that_is_posted_with_another_amount(site: Books) -> Step:
    lowered_and_returned(site, "3.00")
    site.run(*SALES)
    yield
    site.run(*RETURNS)
    site.run(*SALES)


@walks_of_books("refund_of_return", made=2, by="same_money")
def refund_of_return_is_left_to_the_return(site: Books) -> Step:
    lowered_and_returned(site)
    site.run(*SALES)
    yield
    site.resolve("same_money")
    site.run(*SALES)
    site.run(*RETURNS)


@walks_of_books("refund_of_return", made=0, by="other_money")
def refund_of_return_is_none_of_it(site: Books) -> Step:
    lowered_and_returned(site)
    site.run(*SALES)
    yield
    site.resolve("other_money")
    site.run(*SALES)
