from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, HERE, "--rounds", "1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(HERE))
    from measuring import open_world

    with open_world() as world:
        yield world


def ask(url: str, body: bytes | None = None) -> tuple[int, dict]:
    request = urllib.request.Request(url, data=body, headers={"Authorization": "Bearer x", "WM_SEC.ACCESS_TOKEN": "x"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def sale_order(order: dict) -> dict:
    return {
        "references": {"customer": order["purchaseOrderId"]},
        "details": {"deliver": {"address": {"address1": "1 Orchard Lane"}}},
        "items": [
            {
                "details": {"product": {"references": {"code": line["item"]["sku"]}}},
                "measures": {"quantity": int(line["orderLineQuantity"]["amount"])},
            }
            for line in order["orderLines"]["orderLine"]
        ],
    }


def test_benchmark_runs_every_rate_and_finds_each_order_once():
    done = bench("--orders", "40", "--only", "rates")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 lost, 0 doubled, 0 wrong in every run" in done.stdout
    for title in ("40 orders, 0 ms", "20 orders, 20 ms", "httpx, 8 in flight", "aiohttp-durable, 8", "httpx, 64"):
        assert title in done.stdout


def test_benchmark_shows_growth_memory_starts_and_where_time_goes():
    done = bench("--orders", "10", "--sizes", "6", "--only", "memory,growth,starts,profile")

    assert done.returncode == 0, done.stdout + done.stderr
    for title in ("50 orders at once", "trace seed-000000005", "crossdock --version", "own time by package"):
        assert title in done.stdout


def test_seeded_store_keeps_its_log_chained_and_its_rows_together(world):
    import growth
    import measuring

    folder, _ = growth.seeded(world, 30)
    verified = measuring.measure(measuring.crossdock("audit", "verify").command, folder, world.environment())

    connection = sqlite3.connect(folder / "crossdock.db")
    assert verified.code == 0, verified.said
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("SELECT count(*) FROM deliveries WHERE state = 'delivered'").fetchone() == (31,)
    connection.close()


def test_benchmark_refuses_a_section_that_it_does_not_have():
    done = bench("--only", "colour")

    assert done.returncode == 2
    assert "no section colour" in done.stderr


def test_world_counts_what_is_lost_doubled_and_wrong(world):
    ask(f"{world.url}/_bench/place?count=4&latency_ms=0")
    _, listing = ask(f"{world.url}/v3/orders?limit=200")
    orders = listing["list"]["elements"]["order"]
    bodies = [json.dumps(sale_order(order)).encode() for order in orders]
    wrong = sale_order(orders[2])
    wrong["items"][0]["measures"]["quantity"] += 1

    statuses = [
        ask(f"{world.url}/tenants/bench/outbound-orders", body)[0]
        for body in (bodies[0], bodies[1], bodies[1], json.dumps(wrong).encode(), b"[]")
    ]

    _, account = ask(f"{world.url}/_bench/account")
    assert statuses == [201, 201, 201, 400, 400]
    assert {name: account[name] for name in ("placed", "created", "lost", "doubled", "bad")} == {
        "placed": 4,
        "created": 2,
        "lost": 2,
        "doubled": 1,
        "bad": 2,
    }


def test_benchmark_fails_on_a_lost_order(world):
    from measuring import Competitor

    world.run(Competitor("idle", [sys.executable, "-c", "pass"]), 3)

    assert world.faults == ["idle: 3 lost"]
