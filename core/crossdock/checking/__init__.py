"""Checks definitions and turns them into assemblies."""

from crossdock.checking.assembly import Assembly, Checked, Pipeline, Route
from crossdock.checking.check import check, load
from crossdock.checking.schema import json_schema

__all__ = ["Assembly", "Checked", "Pipeline", "Route", "check", "json_schema", "load"]
