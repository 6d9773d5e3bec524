"""What the mapper and the books hold: sales and refunds on their way into plain-text books."""

from __future__ import annotations

import shutil
from decimal import Decimal
from functools import partial
from typing import Any

from hold_walks import Step, walks
from hold_walks.books import RETURNS, SALES, SETTLEMENTS, Books

walks_of_books = partial(walks, "erp_ledger", site=Books)

SALE_RULE = '- {match: {event: sale}, account: "Income:Sales"}'
PERIOD = "    timezone: America/New_York\n    folder"


def placed_and_run(site: Books, *changes: tuple[str, str]) -> str:
    """An order under a definition that was edited."""
    site.edit(*changes)
    order = site.place()
    site.run(*SALES)
    return order


def edited_and_run(site: Books, *changes: tuple[str, str]) -> None:
    site.edit(*changes)
    site.run(*SALES)


@walks_of_books("unmapped_account")
def unmapped_account(site: Books) -> Step:
    placed_and_run(site, (SALE_RULE, SALE_RULE.replace("event: sale", "event: sale, sku: TEE-*")))
    yield
    edited_and_run(site, (", sku: TEE-*", ""))


@walks_of_books("tax_unclear")
def tax_unclear(site: Books) -> Step:
    rules = "          rules:\n"
    placed_and_run(site, (rules, f"          tax_remitted_by: {{ca: seller}}\n{rules}"))
    yield
    edited_and_run(site, ("{ca: seller}", "{us: seller}"))


def undated(site: Books) -> tuple[str, list[Any]]:
    """An order that left, nobody knows when; and what Walmart should have said."""
    site.edit(("          rules:\n", "          on: ship\n          rules:\n"))
    order = site.place()
    site.walmart.control("ship", {"purchase_order_id": order})
    dated, lines = site.lines(order), site.lines(order)
    for line in lines:
        line["statusDate"] = None
        for status in line["orderLineStatuses"]["orderLineStatus"]:
            status["trackingInfo"]["shipDateTime"] = None
    site.change_lines(order, lines)
    site.run(*SALES)
    return order, dated


@walks_of_books("no_ship_date")
def no_ship_date(site: Books) -> Step:
    order, dated = undated(site)
    yield
    site.change_lines(order, dated)
    site.run(*SALES)


@walks_of_books("no_ship_date", by="order_date")
def no_ship_date_and_posted_with_the_order(site: Books) -> Step:
    undated(site)
    yield
    site.resolve("order_date")
    site.run(*SALES)


@walks_of_books("period_closed")
def period_closed_in_the_books(site: Books) -> Step:
    closing = (PERIOD, PERIOD.replace("    folder", "    closed_through: 2026-11-30\n    folder"))
    placed_and_run(site, closing, ("          rules:\n", "          closed_period: hold\n          rules:\n"))
    yield
    edited_and_run(site, ("    closed_through: 2026-11-30\n", ""))


@walks_of_books("period_closed", by="next")
def period_closed_and_posted_in_the_next(site: Books) -> Step:
    closing = (PERIOD, PERIOD.replace("    folder", "    closed_through: 2026-11-30\n    folder"))
    placed_and_run(site, closing, ("          rules:\n", "          closed_period: hold\n          rules:\n"))
    yield
    edited_and_run(site, ("closed_period: hold", "closed_period: next"))


@walks_of_books("account_not_usable")
def account_not_usable(site: Books) -> Step:
    placed_and_run(site, (SALE_RULE, SALE_RULE.replace("Income:Sales", "Income:Toys")))
    yield
    edited_and_run(site, ("      Income:Sales: USD\n", "      Income:Sales: USD\n      Income:Toys: USD\n"))


@walks_of_books("books_changed")
def books_changed(site: Books) -> Step:
    site.sold()
    file = site.book_file()
    as_written = file.read_bytes()
    file.write_bytes(as_written.replace(b"Income:Sales", b"Income:Sold"))
    site.place()
    site.run(*SALES)
    yield
    file.write_bytes(as_written)
    site.run(*SALES)


@walks_of_books("other_books")
def other_books(site: Books) -> Step:
    """The folder that is named is another company's."""
    site.sold()
    site.place()
    edited_and_run(site, ("    book: Acme Trading\n", "    book: Beta Trading\n"))
    yield
    edited_and_run(site, ("    folder: books\n", "    folder: beta\n"))


def refunded(site: Books) -> str:
    """A return whose refund is in the books; its number."""
    order = site.sold()
    site.walmart.control("ship", {"purchase_order_id": order})
    made = site.walmart.control("returns", {"purchase_order_id": order, "refund": "issued"})
    site.run(*RETURNS)
    number: str = made["return_order_id"]
    return number


@walks_of_books("refund_withdrawn", made=0, by="done")
def refund_withdrawn(site: Books) -> Step:
    """A refund that is posted was not paid, says the channel: somebody reverses it by hand."""
    site.change_return(refunded(site), "REFUND_FAILED")
    site.run(*RETURNS)
    yield
    site.resolve("done")
    site.run(*RETURNS)


@walks_of_books("overdue", made=2)
def refund_of_an_unknown_sale(site: Books) -> Step:
    """An order comes into the books four days after it was returned."""
    order = site.place()
    site.walmart.control("ship", {"purchase_order_id": order})
    site.walmart.control("returns", {"purchase_order_id": order, "refund": "issued"})
    site.run(*RETURNS)
    site.clock.advance(4 * 86_400)
    site.run(*RETURNS)
    yield
    site.run(*SALES)
    site.run(*RETURNS)


@walks_of_books("overdue", by="by_rules")
def refund_of_a_sale_that_was_booked_otherwise(site: Books) -> Step:
    order = site.place()
    site.walmart.control("ship", {"purchase_order_id": order})
    site.walmart.control("returns", {"purchase_order_id": order, "refund": "issued"})
    site.run(*RETURNS)
    site.clock.advance(4 * 86_400)
    site.run(*RETURNS)
    yield
    site.resolve("by_rules")
    site.run(*RETURNS)


@walks_of_books("posting_unclear", made=0)
def posting_unclear(site: Books) -> Step:
    """A sale that somebody booked by hand is cancelled."""
    site.sold()
    order = placed_and_run(site, (PERIOD, f"    read_only: true\n{PERIOD}"))
    site.call("links", "add", "sales", order, "GL-4711", "--kind", "journal_entry")
    edited_and_run(site, ("    read_only: true\n    timezone", "    timezone"))
    site.walmart.control("cancel", {"purchase_order_id": order})
    site.run(*SALES)
    yield
    site.call("links", "remove", order, "GL-4711")
    site.run(*SALES)


@walks_of_books("entry_differs", made=0)
def entry_differs(site: Books) -> Step:
    """Somebody posts something else under the name of an entry, until the books are put back as they were."""
    site.sold()
    backup = shutil.make_archive(str(site.folder / "backup"), "tar", site.folder, "books")
    site.post_by_hand("wmt:us:108900000000077:sale:v1")
    site.place(purchase_order_id="108900000000077")
    site.run(*SALES)
    yield
    shutil.rmtree(site.folder / "books")
    shutil.unpack_archive(backup, site.folder, filter="data")
    site.run(*SALES)


@walks_of_books("settlement_differs")
def settlement_differs(site: Books) -> Step:
    """What differs by less than half a dollar is then taken for rounding."""
    settled_otherwise(site)
    yield
    site.edit(("          rules:\n", "          tolerance: 0.50\n          rules:\n"))
    site.run(*SETTLEMENTS)


@walks_of_books("settlement_differs", by="true_up")
def settlement_differs_and_trued_up(site: Books) -> Step:
    settled_otherwise(site)
    yield
    site.resolve("true_up")
    site.run(*SETTLEMENTS)


def trued_up_and_read(site: Books) -> tuple[str, list[Any]]:
    """The order whose price was lowered is read after its settlement was trued up; the order, and its lines before."""
    order, lines = settled_otherwise(site)
    site.resolve("true_up")
    site.run(*SETTLEMENTS)
    site.run(*SALES)
    return order, lines


@walks_of_books("trued_up", made=0)
def trued_up(site: Books) -> Step:
    order, lines = trued_up_and_read(site)
    yield
    site.change_lines(order, lines)
    site.run(*SALES)


@walks_of_books("trued_up", made=2, by="post")
def trued_up_for_something_else(site: Books) -> Step:
    trued_up_and_read(site)
    yield
    site.resolve("post")
    site.run(*SALES)


def settled_otherwise(site: Books) -> tuple[str, list[Any]]:
    """Forty cents less are settled than are in the books: the price was lowered, and the order not read since."""
    order = site.shipped()
    before, lines = site.lines(order), site.lines(order)
    price = lines[0]["charges"]["charge"][0]["chargeAmount"]
    price["amount"] -= Decimal("0.40")
    site.change_lines(order, lines)
    site.settle()
    return order, before


@walks_of_books("unknown_settlement_kind", by="by_sign")
def unknown_settlement_kind(site: Books) -> Step:
    site.shipped()
    site.settle(unknown={"amount": "-1.23"})
    yield
    site.resolve("by_sign")
    site.run(*SETTLEMENTS)


@walks_of_books("settlement_sum_differs", by="as_paid")
def settlement_sum_differs(site: Books) -> Step:
    """A fee is told wrong, after what is paid was added up."""
    site.shipped()
    site.settle(fees=[{"amount": "-2.00"}], tamper={"row": 5, "amount": "-3.00"})
    yield
    site.resolve("as_paid")
    site.run(*SETTLEMENTS)


@walks_of_books("settlement_changed", made=0, by="done")
def settlement_changed(site: Books) -> Step:
    """A report is made anew, with another fee."""
    site.shipped()
    site.settle_anew(site.settle(fees=[{"amount": "-2.00"}]), 5, "-2.50")
    yield
    site.resolve("done")
    site.run(*SETTLEMENTS)
