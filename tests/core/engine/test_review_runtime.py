"""What the front says of pipelines that cannot run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crossdock.checking import Assembly
from crossdock.config import Fault
from crossdock.engine.runtime import Runtime
from crossdock.errors import ConfigError, PluginError
from crossdock.store.open import open_store

pytestmark = pytest.mark.anyio


@pytest.fixture
def assembly():
    fault = Fault("crossdock.yaml", 4, 9, "plugin_missing", "plugin tin is not installed", fix="install it")
    return Assembly(
        file=Path("crossdock.yaml"),
        files=(),
        store="sqlite:x.db",
        retain_payload=timedelta(days=90),
        connections={},
        pipelines={},
        needs_secrets=frozenset(),
        fingerprint="",
        stopped={"tins": fault},
    )


async def test_run_reports_pipelines_that_a_plugin_stops(assembly, clock, tmp_path):
    async with open_store(f"sqlite:{tmp_path}/x.db", clock=clock) as store, Runtime.open(assembly, store) as runtime:
        result = await runtime.run()

    assert result.stopped == {"tins": "plugin tin is not installed"}
    assert result.needs_a_person


async def test_pipeline_that_a_plugin_stops_cannot_be_named(assembly, clock, tmp_path):
    async with open_store(f"sqlite:{tmp_path}/x.db", clock=clock) as store, Runtime.open(assembly, store) as runtime:
        with pytest.raises(PluginError, match="tins cannot run: plugin tin is not installed") as raised:
            await runtime.run(["tins"])
        with pytest.raises(PluginError):
            await runtime.plan(["tins"])
        with pytest.raises(ConfigError, match="there is no pipeline"):
            await runtime.run(["cans"])

    assert raised.value.fix == "install it"
