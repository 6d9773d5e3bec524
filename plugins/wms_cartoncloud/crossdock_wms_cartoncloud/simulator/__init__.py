"""A stand-in for CartonCloud, for demos, chaos runs and development (extra `simulator`)."""

from __future__ import annotations

from crossdock_wms_cartoncloud.simulator.settings import CartonCloudSettings
from crossdock_wms_cartoncloud.simulator.simulator import DEFAULT_TENANT, CartonCloudSimulator

__all__ = ["DEFAULT_TENANT", "CartonCloudSettings", "CartonCloudSimulator"]
