"""Killed anywhere on the way and back, nothing is lost and nothing doubled: three pipelines, parcels, late effects."""

from __future__ import annotations

import json
import random
import time

import pytest

LINES = [{"sku": "MUG-01", "quantity": 2}, {"sku": "TEA-250G", "quantity": 6}]
LAX = {"quotas": "off", "duplicates": "allow", "read_lag_s": 0.4}
CREATE = {"method": "POST", "path": "/tenants/*/outbound-orders"}
ACKNOWLEDGE = {"method": "POST", "path": "/v3/orders/*/acknowledge"}
SHIP = {"method": "POST", "path": "/v3/orders/*/shipping"}


def disturb(system, route):
    system.control("faults", {**route, "drop": "after"})
    system.control("faults", {**route, "effect_after_s": 0.5})


class Trade:
    """Orders in all stages: those in the warehouse leave in two parcels each, others come in meanwhile."""

    def __init__(self, site) -> None:
        self.site = site
        site.cartoncloud.control("settings", LAX)
        self.old = site.place(3, lines=LINES)
        for pipeline in ("orders", "acknowledge"):
            self.let_it_be_seen()
            assert site.run("run", pipeline, "--wait", "3s").returncode == 0
        self.new = site.place(3, lines=LINES)
        self.disturb()

    @property
    def orders(self) -> list[str]:
        return [*self.old, *self.new]

    def disturb(self) -> None:
        """Of each kind of change one answer is lost, and one effect comes late."""
        for system, route in (
            (self.site.cartoncloud, CREATE), (self.site.walmart, ACKNOWLEDGE), (self.site.walmart, SHIP),
        ):  # fmt: skip
            disturb(system, route)

    def dispatch(self) -> None:
        """The old orders leave, in two parcels that add up: some of the same product is in both."""
        for order in self.old:
            self.site.dispatch(order, f"1ZA{order}", lines=[{"sku": "TEA-250G", "quantity": 2}])
            rest = [{"sku": "MUG-01", "quantity": 2}, {"sku": "TEA-250G", "quantity": 4}]
            self.site.track(order, {"carrier": "FedEx", "number": f"F{order}", "lines": rest, "add": True})
        self.let_it_be_seen()

    def change(self) -> None:
        """The second parcel of each gets another number."""
        disturb(self.site.walmart, SHIP)
        for order in self.old:
            self.site.track(order, {"number": f"G{order}"})
        self.let_it_be_seen()

    def let_it_be_seen(self) -> None:
        """Wait by the warehouse's clock until its search shows what staff did."""
        self.site.cartoncloud.control("clock", {"advance_s": 2})

    def parcels(self, order: str) -> dict[tuple[str, str], int]:
        """What the marketplace must show."""
        return {(f"1ZA{order}", "TEA-250G"): 2, (f"G{order}", "MUG-01"): 2, (f"G{order}", "TEA-250G"): 4}

    def create(self) -> None:
        """Let all sale orders be made and linked before anybody looks where they stand."""
        done = self.site.run("run", "orders", "--wait", "10s")
        assert done.returncode == 0, done.stderr
        self.let_it_be_seen()

    def finish(self) -> None:
        """Run until nothing is left to do, as the next scheduled runs would."""
        for _ in range(6):
            done = self.site.run("run", "--wait", "5s", "--json")
            assert done.returncode == 0, done.stderr
            pipelines = json.loads(done.stdout)["pipelines"]
            if not any(one[state] for one in pipelines for state in ("pending", "attempted", "waiting")):
                return
        pytest.fail(f"it never settled: {pipelines}")

    def check(self) -> None:
        """Judge by what both sides witnessed."""
        site = self.site
        assert site.created() == dict.fromkeys(self.orders, 1)
        assert site.told("acknowledged") == {key: [1] for key in self.orders}
        assert site.told("shipped") == {key: [1, 1] for key in self.old}
        assert site.told("tracking_updated") == {key: [1] for key in self.old}
        assert {order: site.shipped(order) for order in self.old} == {one: self.parcels(one) for one in self.old}


@pytest.fixture
def trade(loop, record_property):
    yield Trade(loop)
    for name, count in loop.hits().items():
        record_property("boundary", (name, count))


# The changes of a moment share a transaction, and all records come in one batch: those points are reached less often.
@pytest.mark.parametrize(
    ("name", "nth"),
    [("effect.before_send", 2), ("effect.before_journal", 2)],  # the others are reached in test_killed
)
def test_loop_that_is_killed_at_a_boundary_of_each_stage_loses_and_doubles_nothing(name, nth, loop, trade):
    loop.kill_at(f"{name}#1", "orders")
    trade.create()
    trade.dispatch()
    loop.kill_at(f"{name}#{nth}")  # new orders are acknowledged, parcels of the old ones told
    trade.finish()
    trade.change()
    loop.kill_at(f"{name}#1")  # tracking is changed
    trade.finish()

    trade.check()


def test_loop_that_is_killed_at_random_moments_loses_and_doubles_nothing(loop, trade):
    moments = random.Random(1)
    stages = ((None, ["orders"], trade.create), (trade.dispatch, [], trade.finish), (trade.change, [], trade.finish))
    for happens, pipelines, finish in stages:
        if happens:
            happens()
        process = loop.start("run", *pipelines, "--wait", "5s")
        before = sum(loop.hits().values())
        loop.wait_for(lambda before=before: sum(loop.hits().values()) > before, process, "work")
        time.sleep(moments.uniform(0, 0.4))  # the moment of the kill, not a wait for something
        loop.kill(process)
        finish()

    trade.check()


def test_checker_finds_doubled_creations_and_parcels_where_probing_is_switched_off(loop, trade):
    loop.run("run", "orders", "--wait", "5s", sabotage="no-probe")
    trade.dispatch()
    loop.kill_at("effect.before_journal#1", "tracking", sabotage="no-probe")
    loop.run("run", "--wait", "5s", sabotage="no-probe")

    assert any(count > 1 for count in loop.created().values())
    assert any(count > 1 for counts in loop.told("shipped").values() for count in counts)
