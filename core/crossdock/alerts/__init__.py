"""Telling persons out of band what needs them: once, without buyers' data, and never in the way of deliveries."""

from crossdock.alerts.issues import Look
from crossdock.alerts.telling import tell

__all__ = ["Look", "tell"]
