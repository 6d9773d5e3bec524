from __future__ import annotations

import importlib
import json
import subprocess
import sys
from contextlib import asynccontextmanager

import pytest

from crossdock.checking import load
from crossdock.clock import ManualClock
from crossdock.engine import Runtime
from crossdock.registry import Registry
from crossdock.store.open import open_store
from crossdock.store.rows import State

PAGE = "docs/writing-a-plugin.md"
MODULES = ("crossdock_bench", "crossdock_bench.commands", "crossdock_bench.plugin", "crossdock_bench.simulator")
_PIP = """\
#!/bin/sh
# `pip install -e .` of the page, into a folder of this test instead of the shared environment, and without a network.
test "$*" = "install -e ." || exit 64
exec {python} -m pip install --quiet --disable-pip-version-check \\
    --no-index --no-deps --no-build-isolation --target {site} .
"""


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.fixture
def written(blocks_of, tmp_path):
    """The files of the page, in a folder."""
    for block in blocks_of(PAGE):
        if name := block.value("file"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(block.text)
    return tmp_path


@pytest.fixture
def bench(written, monkeypatch):
    """The plugin of the page as a registry sees it, and its simulator."""
    monkeypatch.syspath_prepend(str(written))
    plugin, simulator = (importlib.import_module(f"crossdock_bench.{name}") for name in ("plugin", "simulator"))
    yield Registry(extra={"bench": plugin}, discover=False), simulator.BenchSimulator()
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture
def labels(bench, written):
    """The pipeline of the page between the simulator and a real store, in a time of its own."""
    registry, simulator = bench

    @asynccontextmanager
    async def opened():
        clock = ManualClock()
        with simulator.running() as url:
            env = {"BENCH_URL": url, "BENCH_KEY": "any-key"}
            assembly = load(written / "example" / "crossdock.yaml", registry=registry, env=env)
            async with (
                open_store("sqlite:crossdock.db", clock=clock, folder=written) as store,
                Runtime.open(assembly, store, clock=clock) as runtime,
            ):
                yield runtime, store, simulator

    return opened


def printed(simulator):
    return {fact["key"]: fact["count"] for fact in simulator.control("facts") if fact["kind"] == "job"}


def states(result):
    return {state.value: count for state, count in result.pipelines[0].status.counts.items() if count}


def put(simulator, *names):
    simulator.control("products", {"products": [{"sku": name.upper(), "name": name} for name in names]})


def test_plugin_page_works_when_only_the_page_is_followed(session, blocks_of, tmp_path):
    site = tmp_path / "site"
    pip = tmp_path / "tools" / "pip"
    pip.write_text(_PIP.format(python=sys.executable, site=site))
    pip.chmod(0o755)
    session.env["PYTHONPATH"] = str(site)

    session.follow(blocks_of(PAGE))


def test_plugins_of_the_page_pass_the_linter(written, root):
    plugins, config = [written / "crossdock_bench", written / "crossdock_folder"], root / "pyproject.toml"
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--config", config, *plugins]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.anyio
@pytest.mark.parametrize(
    "fault",
    [
        {"drop": "after"},
        {"drop": "before"},
        {"drop": "during"},
        {"effect_after_s": 0},
        {"status": 503},
        {"status": 429},
        {"status": 201, "body": "<html>", "effect_after_s": 0},
    ],
    ids=str,
)
async def test_plugin_of_the_page_prints_each_label_once_whatever_happens_to_an_answer(labels, fault):
    async with labels() as (runtime, _, simulator):
        put(simulator, "mug", "lamp", "tray")
        simulator.control("faults", {"method": "POST", "path": "/jobs", **fault})

        result = await runtime.run(wait_s=60)

        assert states(result) == {"delivered": 3}
        assert printed(simulator) == {"MUG": 1, "LAMP": 1, "TRAY": 1}


@pytest.mark.anyio
async def test_plugin_of_the_page_holds_a_product_that_changed_after_its_label(labels):
    async with labels() as (runtime, store, simulator):
        put(simulator, "mug")
        await runtime.run()
        simulator.control("products", {"products": [{"sku": "MUG", "name": "Blue mug"}]})

        await runtime.run()

        held = await store.deliveries(states=[State.HELD])
        assert [one.code for one in held] == ["changed_after_delivery"]
        assert printed(simulator) == {"MUG": 1}


@pytest.mark.anyio
async def test_plugin_of_the_page_shows_a_person_another_job_of_the_same_reference(labels):
    async with labels() as (runtime, store, simulator):
        await runtime.run()  # the past is over: from now on it looks only where an answer is lost
        put(simulator, "mug")
        simulator.jobs.put("1", {"id": "1", "reference": "MUG", "text": "A cup", "copies": 9})
        simulator.control("faults", {"method": "POST", "path": "/jobs", "drop": "before"})

        await runtime.run(wait_s=60)

        (held,) = await store.deliveries(states=[State.HELD])
        assert held.code == "outcome_unknown"
        assert "A cup" in held.reason


@pytest.mark.anyio
async def test_plugin_of_the_page_gives_up_a_label_that_is_refused(labels):
    async with labels() as (runtime, store, simulator):
        put(simulator, "m" * 41, "mug")

        await runtime.run()

        (dead,) = await store.deliveries(states=[State.DEAD])
        assert dead.code == "label_refused"
        assert printed(simulator) == {"MUG": 1}


@pytest.mark.anyio
async def test_plugin_of_the_page_reads_all_pages_and_one_record_by_its_key(labels):
    async with labels() as (runtime, _, simulator):
        put(simulator, *"abcde")

        one = await runtime.run(key="C")
        rest = await runtime.run()

        assert one.pipelines[0].status.read == 1
        assert states(rest) == {"delivered": 5}
        assert printed(simulator) == dict.fromkeys("ABCDE", 1)


@pytest.fixture
def folder_plugin(written, monkeypatch):
    """The plugin of the page whose accounts are folders."""
    monkeypatch.syspath_prepend(str(written))
    yield importlib.import_module("crossdock_folder.plugin")
    for name in [one for one in sys.modules if one.partition(".")[0] == "crossdock_folder"]:
        sys.modules.pop(name, None)


NOTES = """\
version: 1
connections:
  shop:
    {use: bench, base_url: "${env:BENCH_URL}", shop: corner, auth: {use: bench.key, user: me, key: "${env:BENCH_KEY}"}}
  notes: {use: folder, shelf: corner, path: notes}
pipelines:
  notes:
    from: {use: bench.products, connection: shop}
    to: {use: folder.notes, connection: notes}
"""


@pytest.mark.anyio
async def test_folder_of_the_page_gets_each_note_once_beside_the_definition(bench, folder_plugin, tmp_path):
    _, simulator = bench
    registry = Registry(extra={"bench": sys.modules["crossdock_bench.plugin"], "folder": folder_plugin}, discover=False)
    place, clock = tmp_path / "elsewhere", ManualClock()
    (place / "notes").mkdir(parents=True)
    (place / "crossdock.yaml").write_text(NOTES)
    with simulator.running() as url:
        put(simulator, "mug", "lamp")
        assembly = load(place / "crossdock.yaml", registry=registry, env={"BENCH_URL": url, "BENCH_KEY": "any-key"})
        async with (
            open_store("sqlite:crossdock.db", clock=clock, folder=place) as store,
            Runtime.open(assembly, store, clock=clock) as runtime,
        ):
            (place / "notes" / "LAMP.txt").write_text("another lamp")

            result = await runtime.run()
            again = await runtime.run()

    assert states(result) == states(again) == {"delivered": 1, "dead": 1}  # the other lamp is somebody else's
    assert (place / "notes" / "MUG.txt").read_text() == "mug"


SHEETS = NOTES.replace("notes:\n    from", "lines:\n    from").replace("folder.notes", "folder.lines")


@pytest.mark.anyio
@pytest.mark.parametrize("lost", ["after", "before"])
async def test_sheets_of_the_page_take_each_line_once_though_an_answer_is_lost(
    bench, folder_plugin, tmp_path, monkeypatch, lost
):
    _, simulator = bench
    registry = Registry(extra={"bench": sys.modules["crossdock_bench.plugin"], "folder": folder_plugin}, discover=False)
    clock, folder = ManualClock(), tmp_path / "notes"
    folder.mkdir()
    (tmp_path / "crossdock.yaml").write_text(SHEETS)
    handle, cuts = folder_plugin.FolderConnection.handle, []

    def cut(self, request):
        answer = handle(self, request) if lost == "after" or request.method == "GET" or cuts else None
        if request.method == "GET" or cuts:
            return answer
        cuts.append(request)
        raise OSError("cut")

    monkeypatch.setattr(folder_plugin.FolderConnection, "handle", cut)
    with simulator.running() as url:
        put(simulator, "mug", "lamp", "tray")
        env = {"BENCH_URL": url, "BENCH_KEY": "any-key"}
        assembly = load(tmp_path / "crossdock.yaml", registry=registry, env=env)
        async with (
            open_store("sqlite:crossdock.db", clock=clock, folder=tmp_path) as store,
            Runtime.open(assembly, store, clock=clock) as runtime,
        ):
            result = await runtime.run(wait_s=90)

    assert states(result) == {"delivered": 3}
    (sheet,) = folder.glob("sheet-*.txt")
    assert sheet.name.startswith("sheet-000001-")
    assert sorted(line["sku"] for line in json.loads(sheet.read_text())) == ["LAMP", "MUG", "TRAY"]
