"""A plan shows the exact requests, and changes nothing anywhere."""

from __future__ import annotations

import hashlib
import json

import pytest

from crossdock.clock import SystemClock
from crossdock.store.open import open_store


def listed(done):
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def digests(plan):
    return {effect["key"]: [request["body_sha256"] for request in effect["requests"]] for effect in plan["effects"]}


async def sent(folder):
    """Digests of the bodies that were sent, as the store journalled them, by record key."""
    found = {}
    async with open_store("sqlite:crossdock.db", clock=SystemClock(), folder=folder) as store:
        for summary in await store.deliveries():
            story = await store.delivery(summary.id)
            steps = [step for effect in story.effects for step in effect.steps]
            found[summary.key] = [hashlib.sha256(step.body).hexdigest() for step in steps if step.attempted_at]
    return found


@pytest.fixture
def anyio_backend():
    return "asyncio"


def test_plan_leaves_store_and_services_untouched(site):
    site.place(3)
    before = site.cartoncloud.control("facts"), site.walmart.control("facts")

    plan = listed(site.run("plan", "orders", "--json"))

    assert len(plan["effects"]) == 3
    assert (site.cartoncloud.control("facts"), site.walmart.control("facts")) == before
    assert not [one for one in site.cartoncloud.control("state")["requests"] if one["write"]]
    assert not (site.folder / "crossdock.db").exists()


@pytest.mark.anyio
async def test_run_sends_the_bodies_that_the_plan_announced(site):
    site.cartoncloud.control("settings", {"quotas": "off"})
    site.place(5)

    announced = digests(listed(site.run("plan", "orders", "--json")))
    done = site.run("run", "orders")

    assert done.returncode == 0, done.stderr
    assert len(announced) == 5
    assert await sent(site.folder) == announced


def test_plan_shows_no_secret_and_no_buyer(site):
    site.place(2)
    buyers = [
        order["shippingInfo"]["postalAddress"][part]
        for order in site.walmart.control("state")["orders"]
        for part in ("name", "address1")
    ]

    done = site.run("plan", "orders", "--json")
    text = site.run("plan", "orders")

    for shown in (done.stdout, text.stdout, done.stderr, text.stderr):
        assert "not-a-secret" not in shown
        assert not [buyer for buyer in buyers if buyer in shown]


def test_plan_after_a_run_has_nothing_left_to_do(site):
    site.cartoncloud.control("settings", {"quotas": "off"})
    site.place(2)
    assert site.run("run", "orders").returncode == 0

    assert listed(site.run("plan", "orders", "--json")) == {"effects": [], "held": []}
