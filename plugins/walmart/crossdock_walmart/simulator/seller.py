"""The seller's settings: fulfilment centres and profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from crossdock.simulator import Call, Limit, Route
from crossdock_walmart.simulator.errors import nothing_found
from crossdock_walmart.simulator.gateway import present

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator

_API = {"api": "GMP_SETTINGS_API"}


class SellerSettings:
    """What a connector asks when an account is set up."""

    def __init__(self, simulator: WalmartSimulator) -> None:
        self._simulator = simulator
        self.nodes = [
            _node("1011100000000000001", "Main DC", "PHYSICAL", custom_id="WH-01"),
            _node("1011100000000000002", "West DC", "PHYSICAL", custom_id="WH-02"),
            _node("1011100000000000003", "Closed DC", "PHYSICAL", status="INACTIVE"),
            _node(simulator.partner_id, "Sample Seller", "VIRTUAL"),
        ]

    def routes(self) -> list[Route]:
        """Two endpoints."""
        return [
            Route("GET", "/v3/settings/shipping/shipnodes", self.ship_nodes, limit=Limit(50), tags=_API),
            Route("GET", "/v3/settings/partnerprofile", self.profile, limit=Limit(50), tags=_API),
        ]

    def ship_nodes(self, call: Call) -> Response:
        """A bare array; the calendar only for those who ask, and only where a node has one."""
        self._check_access()
        with_calendar = call.query.get("includeCalendarDayConfiguration") == "true"
        hidden = () if with_calendar else ("calendarDayConfiguration",)
        return present(call, "shipNodes", [{k: v for k, v in node.items() if k not in hidden} for node in self.nodes])

    def profile(self, call: Call) -> Response:
        """Who the seller is, and the limits of his feeds."""
        self._check_access()
        partner = {
            "partnerId": self._simulator.partner_id,
            "partnerName": "Sample Seller Pty",
            "partnerDisplayName": "Sample Seller",
            "partnerStoreId": self._simulator.partner_id,
            "businessRegNumber": None,
            "countryOfIncorporation": "US",
        }
        configurations = [
            {"configurationName": "ACCOUNT", "configuration": {"status": "ACTIVE"}},
            {"configurationName": "FEED", "configuration": {"values": [_throttle("inventory"), _throttle("MP_ITEM")]}},
        ]
        return present(call, "partnerProfile", {"partner": partner, "configurations": configurations})

    def node_named(self, node_id: str) -> str | None:
        """The name of a node, if the seller has it."""
        return next((node["shipNodeName"] for node in self.nodes if node["shipNode"] == node_id), None)

    def add_node(self, node_id: str, name: str, status: str) -> dict[str, Any]:
        """One more fulfilment centre. Raises: ValueError where its id is taken."""
        if self.node_named(node_id) is not None:
            raise ValueError(f"ship node {node_id} exists already")
        self.nodes.append(_node(node_id, name, "PHYSICAL", status=status))
        return self.nodes[-1]

    def _check_access(self) -> None:
        if not self._simulator.settings.settings_access:
            raise nothing_found("No settings for this partner")


def _node(
    node_id: str, name: str, kind: str, *, status: str = "ACTIVE", custom_id: str | None = None
) -> dict[str, Any]:
    node: dict[str, Any] = {
        "shipNode": node_id,
        "shipNodeName": name,
        "nodeType": kind,
        "status": status,
        "timeZone": "PST",
        "customNodeId": custom_id,
        "distributorSupportedServices": ["TWO_DAY_DELIVERY"] if kind == "PHYSICAL" else None,
        "postalAddress": {
            "addressLine1": "1 Example Way",
            "city": "Sampleton",
            "state": "CA",
            "country": "USA",
            "postalCode": "90001",
        },
        "shippingDetails": [{"twoDayShipping": [{"carrierMethodName": "FEDEX", "carrierMethodType": "GROUND"}]}],
    }
    if kind == "PHYSICAL":
        weekday, weekend = {"isWorkingDay": True, "cutOffTime": "14:00"}, {"isWorkingDay": False}
        node["calendarDayConfiguration"] = {
            "standardProcessingSchedule": {"monday": weekday, "friday": weekday, "sunday": weekend},
            "additionalDaysOff": ["2026-12-25"],
        }
    return node


def _throttle(feed_type: str) -> dict[str, Any]:
    rate = {"count": 6, "replenishTimeWindow": {"value": "3600", "unitOfMeasurement": "SECOND"}}
    size = {"value": 26_214_400, "unitOfMeasurement": "BYTES"}
    return {"feedType": feed_type, "throttleConfigurations": [{"type": "SELLER", "rate": rate, "fileSize": size}]}
