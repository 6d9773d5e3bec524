"""Checks definitions and turns them into assemblies."""

from crossdock.checking.assembly import Assembly, Checked, Pipeline, Route
from crossdock.checking.check import check, load

__all__ = ["Assembly", "Checked", "Pipeline", "Route", "check", "load"]
