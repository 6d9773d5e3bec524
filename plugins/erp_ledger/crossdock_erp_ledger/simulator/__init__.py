"""Infor on loopback: the API gateway of any tenant, and CloudSuite Financials and M3 behind it."""

from __future__ import annotations

from crossdock_erp_ledger.simulator.simulator import InforSimulator

__all__ = ["InforSimulator"]
