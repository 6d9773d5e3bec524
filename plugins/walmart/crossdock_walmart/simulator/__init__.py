"""A stand-in for Walmart Marketplace, US: tokens, orders, fulfilment centres. It sees nothing of the connector."""

from __future__ import annotations

from crossdock_walmart.simulator.simulator import WalmartSimulator

__all__ = ["WalmartSimulator"]
