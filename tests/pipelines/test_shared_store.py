"""Several processes on one PostgreSQL server: frozen, killed, cut off, at the same time; nothing is lost or doubled."""

from __future__ import annotations

import signal
import time
from collections import Counter

import psycopg
import pytest

ORDERS = 8
LAX = {"quotas": "off", "duplicates": "allow", "read_lag_s": 0.4}
CREATE = {"method": "POST", "path": "/tenants/*/outbound-orders"}


def disturb(site):
    """A warehouse that takes everything twice; one answer is lost, one effect comes late."""
    site.cartoncloud.control("settings", LAX)
    site.cartoncloud.control("faults", {**CREATE, "drop": "after"})
    site.cartoncloud.control("faults", {**CREATE, "effect_after_s": 0.7})


@pytest.fixture
def orders(shared, record_property):
    disturb(shared)
    yield shared.place(ORDERS)
    for name, count in shared.hits().items():
        record_property("boundary", (name, count))


def writes(site) -> int:
    return sum(1 for one in site.cartoncloud.control("state")["requests"] if one["write"])


def test_processes_that_run_at_once_share_the_pipelines_out(shared, orders):
    together = [shared.start("run", "--wait", "4s", "--json") for _ in range(3)]
    ended = Counter()
    for process in together:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0 or "store_in_use" in err or "in use" in err, err
        ended[process.returncode] += 1

    assert shared.run("run", "--wait", "8s").returncode == 0
    assert ended[0] >= 1
    assert shared.created() == dict.fromkeys(orders, 1)
    assert shared.run("audit", "verify").returncode == 0


def test_pipeline_of_a_killed_process_is_taken_over_at_once(shared, orders):
    shared.kill_at("effect.before_journal#3", "orders")

    done = shared.run("run", "orders", "--wait", "10s")

    assert done.returncode == 0, done.stderr
    assert shared.created() == dict.fromkeys(orders, 1)


def take_over(site, **options):
    """Run as a timer does, again and again, until the lease of the frozen process is over."""
    deadline = time.monotonic() + 60
    while (done := site.run("run", "orders", "--wait", "10s", **options)).returncode == 2:
        assert "is in use" in done.stderr
        assert time.monotonic() < deadline
    return done


@pytest.mark.parametrize("boundary", ["intake.after_store#1", "effect.before_send#2"])
def test_process_that_is_frozen_past_its_lease_sends_nothing_more(shared, orders, boundary):
    frozen = shared.freeze_at(boundary, "orders")
    assert take_over(shared).returncode == 0
    created, sent = shared.created(), writes(shared)

    frozen.send_signal(signal.SIGCONT)
    _, err = frozen.communicate(timeout=60)

    assert created == dict.fromkeys(orders, 1)
    assert (shared.created(), writes(shared)) == (created, sent)
    assert frozen.returncode == 1
    assert "lease.lost" in err


def test_checker_finds_doubles_where_nothing_fences_a_late_process(shared, orders):
    frozen = shared.freeze_at("effect.before_send#2", "orders", sabotage="no-fence")
    assert take_over(shared).returncode == 0

    frozen.send_signal(signal.SIGCONT)
    frozen.communicate(timeout=60)

    assert any(count > 1 for count in shared.created().values())


def test_server_that_restarts_in_the_midst_of_a_run_loses_and_doubles_nothing(shared, own_postgres):
    shared.env["CROSSDOCK_STORE"] = own_postgres.address
    disturb(shared)
    orders = shared.place(30)
    shared.cartoncloud.control("faults", {**CREATE, "delay_s": 0.2, "times": 60})
    process = shared.start("run", "orders", "--wait", "10s")
    shared.wait_for(lambda: len(shared.created()) > 3, process, "work")

    own_postgres.restart()

    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert shared.created() == dict.fromkeys(orders, 1)
    with psycopg.connect(own_postgres.address) as connection:
        states = connection.execute("SELECT DISTINCT state FROM deliveries WHERE pipeline = 'orders'").fetchall()
    assert states == [("delivered",)]
