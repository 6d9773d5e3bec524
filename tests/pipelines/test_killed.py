"""Killed anywhere, nothing is lost and nothing is doubled: the warehouse accepts duplicates, lags, and acts late."""

from __future__ import annotations

import random
import time

import pytest

from crossdock.boundary import NAMES

ORDERS = 8
LAX = {"quotas": "off", "duplicates": "allow", "read_lag_s": 0.4}
CREATE = {"method": "POST", "path": "/tenants/*/outbound-orders"}


@pytest.fixture
def orders(site, record_property):
    """Orders for a warehouse that would take each of them twice; some answers are lost, one effect comes late."""
    site.cartoncloud.control("settings", LAX)
    site.cartoncloud.control("faults", {**CREATE, "drop": "after"})
    site.cartoncloud.control("faults", {**CREATE, "effect_after_s": 0.7})
    yield site.place(ORDERS)
    for name, count in site.hits().items():
        record_property("boundary", (name, count))


def finish(site) -> None:
    """Run until all is settled, as the next scheduled runs would."""
    done = site.run("run", "orders", "--wait", "10s")
    assert done.returncode == 0, done.stderr


# All orders come in one page, and the changes of a moment share a transaction: those points are reached less often.
MOMENTS = [(name, 1) for name in NAMES]
MOMENTS += [("effect.before_send", 4), ("effect.before_journal", 4), ("settle.in_transaction", 2)]


@pytest.mark.parametrize(("name", "nth"), MOMENTS)
def test_run_that_is_killed_at_a_boundary_loses_and_doubles_nothing(name, nth, site, orders):
    site.kill_at(f"{name}#{nth}", "orders")
    finish(site)

    assert site.hits()[name] >= nth
    assert site.created() == dict.fromkeys(orders, 1)


def test_run_that_is_killed_during_a_send_loses_and_doubles_nothing(site, orders, record_property):
    site.cartoncloud.control("faults", {**CREATE, "delay_s": 0.8, "times": ORDERS, "skip": 2})
    process = site.start("run", "orders", "--wait", "6s")
    site.wait_for(lambda: len(site.created()) > 2, process, "an effect whose answer is on its way")
    site.kill(process)

    finish(site)

    record_property("boundary", ("effect.during_send", 1))
    assert site.created() == dict.fromkeys(orders, 1)


@pytest.mark.parametrize("seed", range(2))
def test_run_that_is_killed_at_random_moments_loses_and_doubles_nothing(seed, site, orders):
    orders += site.place(22)
    moments = random.Random(seed)
    for _ in range(3):
        process = site.start("run", "orders", "--wait", "6s")
        before = sum(site.hits().values())
        site.wait_for(lambda before=before: sum(site.hits().values()) > before, process, "work")
        time.sleep(moments.uniform(0, 0.5))  # the moment of the kill, not a wait for something
        site.kill(process)

    finish(site)

    assert site.created() == dict.fromkeys(orders, 1)


def test_checker_finds_doubles_where_probing_is_switched_off(site, orders):
    site.kill_at("effect.before_journal#3", "orders", sabotage="no-probe")
    done = site.run("run", "orders", "--wait", "10s", sabotage="no-probe")

    assert done.returncode == 0, done.stderr
    assert any(count > 1 for count in site.created().values())


def test_second_run_with_nothing_new_sends_nothing(site, orders):
    finish(site)
    writes = [one for one in site.cartoncloud.control("state")["requests"] if one["write"]]

    finish(site)

    after = [one for one in site.cartoncloud.control("state")["requests"] if one["write"]]
    assert len(after) == len(writes)
