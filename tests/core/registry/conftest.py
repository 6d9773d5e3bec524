from __future__ import annotations

import sys
import textwrap

import pytest

from crossdock.registry import Registry

HEAD = """
from __future__ import annotations
from typing import Any
from crossdock import AuthProvider, Connection, Mapper, Sink, Source, hookimpl
from crossdock.canonical import Order, Shipment

class Shop(Connection):
    name = "shop"
    base_url: str = "https://shop.example.test"
    @property
    def identity(self): return "shop"

class Orders(Source[Shop, Order]):
    name = "orders"
    entity = "order"
    async def read(self, cursor): yield
    def to_document(self, raw): return raw

class Notes(Sink[Shop, Shipment]):
    name = "notes"
    kind = "create"
    def plan(self, document, known): ...
    def receipt(self, effect, answers): ...

class Turn(Mapper[Order, Shipment]):
    name = "turn"
    def map(self, document, context): return document
"""
OFFERS = """
@hookimpl
def register_connections(): return [Shop]
@hookimpl
def register_sources(): return [Orders]
@hookimpl
def register_sinks(): return [Notes]
@hookimpl
def register_mappers(): return [Turn]
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a plugin as a distribution does: a module and its metadata on the path."""
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = []

    def run(name: str, source: str, *, distribution: str | None = None, version: str = "1.2.3", head: bool = True):
        distribution = distribution or f"crossdock-{name}"
        module = f"crossdock_test_{distribution.replace('-', '_')}"
        (tmp_path / f"{module}.py").write_text((HEAD if head else "") + textwrap.dedent(source))
        info = tmp_path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[crossdock]\n{name} = {module}\n")
        modules.append(module)
        return module

    yield run
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture
def shop(install):
    install("shop", OFFERS)
    return Registry()
