"""What a simulator of a remote system is made with (extra `simulator`)."""

from __future__ import annotations

from crossdock.jsonio import dumps, loads
from crossdock.simulator.base import Simulator
from crossdock.simulator.call import Call, Refusal, answer
from crossdock.simulator.faults import Fault
from crossdock.simulator.handling import Outcome
from crossdock.simulator.journal import Fact, Journal, LoggedRequest
from crossdock.simulator.quotas import Limit, Taken
from crossdock.simulator.routing import Route
from crossdock.simulator.settings import Settings
from crossdock.simulator.shelf import Shelf
from crossdock.simulator.tokens import GrantedToken, Tokens
from crossdock.simulator.virtual import VirtualClock

__all__ = [
    "Call",
    "Fact",
    "Fault",
    "GrantedToken",
    "Journal",
    "Limit",
    "LoggedRequest",
    "Outcome",
    "Refusal",
    "Route",
    "Settings",
    "Shelf",
    "Simulator",
    "Taken",
    "Tokens",
    "VirtualClock",
    "answer",
    "dumps",
    "loads",
]
