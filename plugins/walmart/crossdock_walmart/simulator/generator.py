"""Invented orders, the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from crossdock_walmart.simulator.book import Wire, to_epoch_ms
from crossdock_walmart.simulator.quantities import new_slice

SKUS = ("MUG-01", "MUG-02", "KET-BLU", "LAMP-7", "TEA-250G", "TRAY-XL")
_CITIES = (("Sampleton", "NY", "10001"), ("Exampleville", "TX", "75001"), ("Testford", "CA", "90001"))
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the generated orders have in common. `lines` None: between one and three, of `skus`."""

    node: str | None
    node_name: str | None
    ship_node_type: str = "SellerFulfilled"
    lines: Sequence[Mapping[str, Any]] | None = None
    skus: Sequence[str] = SKUS
    method_code: str = "Standard"
    charge_amounts: str = "line"


class OrderGenerator:
    """Makes wire orders: full of nulls, with members that no specification names, every fifth with one SKU twice."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._number = 0

    def make(self, wanted: Wanted, created: datetime, order_id: str | None, customer_order_id: str | None) -> Wire:
        """One order."""
        self._number += 1
        number = self._number
        lines = list(wanted.lines) if wanted.lines is not None else self._lines(wanted.skus)
        return {
            "purchaseOrderId": order_id or f"1089{number:07d}{self._random.randrange(10_000):04d}",
            "customerOrderId": customer_order_id or f"2000{number:07d}{self._random.randrange(10_000):04d}",
            "customerEmailId": f"{self._random.getrandbits(128):032X}@relay.example.test",
            "orderType": "REGULAR",
            "originalCustomerOrderID": None,
            "orderDate": to_epoch_ms(created),
            "buyerId": None,
            "mart": "WALMART_US",
            "isGuest": False,
            "shippingInfo": self._shipping(wanted.method_code, number, created),
            "orderLines": {
                "orderLine": [
                    self._line(index, line, created, wanted.charge_amounts) for index, line in enumerate(lines)
                ]
            },
            "paymentTypes": None,
            "orderSummary": None,
            "pickupPersons": None,
            "shipNode": _ship_node(wanted),
            "x-fulfilment-hint": {"wave": number % 7},  # unknown on purpose: connectors must not mind
        }

    def _lines(self, skus: Sequence[str]) -> list[dict[str, Any]]:
        if self._number % 5 == 0:
            sku = self._random.choice(skus)
            return [{"sku": sku, "quantity": 1}, {"sku": sku, "quantity": 2}]
        chosen = self._random.sample(list(skus), k=min(len(skus), self._random.randint(1, 3)))
        return [{"sku": sku, "quantity": self._random.choice((1, 1, 1, 2, 3))} for sku in chosen]

    def _shipping(self, method_code: str, number: int, created: datetime) -> Wire:
        city, state, postal_code = self._random.choice(_CITIES)
        return {
            "phone": f"55501{number % 100_000:05d}",
            "estimatedDeliveryDate": to_epoch_ms(created + 5 * _DAY),
            "estimatedShipDate": to_epoch_ms(created + 2 * _DAY),
            "methodCode": method_code,
            "postalAddress": {
                "name": f"Sample Buyer {number}",
                "address1": f"{number} Example Way",
                "address2": f"Unit {number % 9}" if number % 3 == 0 else None,
                "city": city,
                "state": state,
                "postalCode": postal_code,
                "country": "USA",
                "addressType": "RESIDENTIAL",
            },
        }

    def _line(self, index: int, wanted: Mapping[str, Any], created: datetime, charge_amounts: str) -> Wire:
        quantity = int(wanted.get("quantity", 1))
        price = Decimal(str(wanted["price"])) if "price" in wanted else Decimal(self._random.randint(299, 9999)) / 100
        return {
            # Line numbers are texts, and neither begin at one nor follow each other.
            "lineNumber": str(wanted.get("line_number", 2 * index + 1 + self._number % 2)),
            "item": {
                "productName": f"Sample {wanted['sku']}",
                "sku": str(wanted["sku"]),
                "condition": "New",
                "imageUrl": f"https://images.example.test/{index}.jpg",
                "weight": {"value": "2.5", "unit": "Pounds"},
            },
            "charges": {"charge": self._charges(price * (quantity if charge_amounts == "line" else 1))},
            "orderLineQuantity": {"unitOfMeasurement": "EACH", "amount": str(quantity)},
            "statusDate": to_epoch_ms(created),
            "orderLineStatuses": {"orderLineStatus": [new_slice("Created", quantity)]},
            "returnOrderId": None,
            "refund": None,
            "originalCarrierMethod": None,
            "referenceLineId": None,
            "fulfillment": {
                "fulfillmentOption": "S2H",
                "shipMethod": "STANDARD",
                "storeId": None,
                "pickUpDateTime": to_epoch_ms(created + 2 * _DAY),
                "pickUpBy": None,
                "shippingProgramType": "TWO_DAY" if self._number % 4 == 0 else None,
            },
            "serialNumbers": [],
            "intentToCancel": None,
            "configId": None,
            "sellerOrderId": None,
        }

    def _charges(self, amount: Decimal) -> list[Wire]:
        tax = {"taxName": "Tax1", "taxAmount": _usd(amount * Decimal("0.0825"))} if self._number % 3 else None
        product = {"chargeType": "PRODUCT", "chargeName": "ItemPrice", "chargeAmount": _usd(amount), "tax": tax}
        if self._number % 2:
            return [product]
        shipping = {
            "chargeType": "SHIPPING",
            "chargeName": "Shipping",
            "chargeAmount": _usd(Decimal("4.50")),
            "tax": None,
        }
        return [product, shipping]


def _usd(amount: Decimal) -> Wire:
    return {"currency": "USD", "amount": amount.quantize(Decimal("0.01"))}


def _ship_node(wanted: Wanted) -> Wire:
    if wanted.node is None:
        return {"type": wanted.ship_node_type}
    return {"type": wanted.ship_node_type, "name": wanted.node_name, "id": wanted.node}
