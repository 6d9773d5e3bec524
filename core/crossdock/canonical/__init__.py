"""Canonical documents: the values in which plugins meet. All are frozen; time is aware UTC, money is decimal."""

from crossdock.canonical.base import Document
from crossdock.canonical.journal import JournalEntry, JournalLine
from crossdock.canonical.measuring import Measure, measure
from crossdock.canonical.money import Money
from crossdock.canonical.order import Charge, Order, OrderAsOf, OrderLine, OrderLineStatus, Refund
from crossdock.canonical.party import Address, Customer
from crossdock.canonical.returns import Return, ReturnLine
from crossdock.canonical.settlement import SettlementLine
from crossdock.canonical.shipment import Package, PackageLine, Shipment, StatusChange
from crossdock.canonical.stock import Listing, Product, StockLevel
from crossdock.canonical.trusted import trusted

__all__ = [
    "Address",
    "Charge",
    "Customer",
    "Document",
    "JournalEntry",
    "JournalLine",
    "Listing",
    "Measure",
    "Money",
    "Order",
    "OrderAsOf",
    "OrderLine",
    "OrderLineStatus",
    "Package",
    "PackageLine",
    "Product",
    "Refund",
    "Return",
    "ReturnLine",
    "SettlementLine",
    "Shipment",
    "StatusChange",
    "StockLevel",
    "measure",
    "trusted",
]
