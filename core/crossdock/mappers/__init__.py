"""Core's own mappers, which need no plugin: `use: filter`, `use: fields`, `use: route`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossdock.contract.mapper import Mapper
from crossdock.mappers.fields import FieldsMapper
from crossdock.mappers.filter import FilterMapper
from crossdock.mappers.route import RouteMapper

CORE_MAPPERS: Mapping[str, type[Mapper[Any, Any]]] = {
    mapper.name: mapper for mapper in (FieldsMapper, FilterMapper, RouteMapper)
}
"""By the word after `use:`."""

__all__ = ["CORE_MAPPERS", "FieldsMapper", "FilterMapper", "RouteMapper"]
