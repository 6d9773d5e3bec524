"""What pipelines ask of the vendors' rates is counted before they run."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock.registry import Registry

FILE = """
version: 1
connections:
  walmart_us:
    use: walmart
    market: us
    quotas: {walmart}
    auth: {{use: walmart.client_credentials, client_id: a, client_secret: "${{secret:walmart_us}}"}}
  acme_3pl: &acme
    use: wms_cartoncloud
    tenant: 8f0c7a52-1b2c
    base_url: {warehouse}
    quotas: {quotas}
    auth: {{use: wms_cartoncloud.client_credentials, client_id: a, client_secret: "${{secret:acme_3pl}}"}}
  acme_again: *acme
pipelines:
  orders:
    from: {{use: walmart.orders, connection: walmart_us}}
    every: 5m
    to:
      use: wms_cartoncloud.sale_orders
      connection: acme_3pl
      map: [{{use: wms_cartoncloud.sale_order, customer: Acme Trading, default_warehouse: Sydney DC}}]
  acknowledge:
    from: {{use: wms_cartoncloud.sale_order_statuses, connection: acme_3pl, customer: Acme Trading}}
    {acknowledge}
    to: {{use: walmart.acknowledgements, connection: walmart_us}}
  tracking:
    from: {{use: wms_cartoncloud.dispatches, connection: acme_again, customer: Acme Trading}}
    {tracking}
    to: {{use: walmart.shipments, connection: walmart_us, map: [{{use: walmart.shipment}}]}}
"""
DEFAULTS = {
    "walmart": "vendor", "quotas": "vendor", "warehouse": "https://warehouse.example.test",
    "acknowledge": "every: 5m", "tracking": "every: 5m",
}  # fmt: skip


@pytest.fixture
def warnings(check_text):
    """The warnings of the file with these pieces in it."""

    def check(**pieces):
        checked = check_text(FILE.format(**{**DEFAULTS, **pieces}))
        assert checked.ok, checked.faults
        return [fault for fault in checked.faults if fault.code in ("cannot_keep_up", "slow_route")]

    return check


def test_pipelines_of_one_account_are_counted_together_whatever_its_connections_are_called(warnings):
    # 40 and 2 x 15 calls a minute; either alone stays under half of 120
    (fault,) = warnings(acknowledge="every: 1500ms", tracking="every: 4s")

    assert "acknowledge, tracking leave too little" in fault.message
    assert "takes 70 calls in 60 s of * /**, and acme_3pl allows 120" in fault.message
    assert fault.severity == "warning"
    assert not warnings(acknowledge="every: 1500ms")
    assert not warnings(tracking="every: 4s")


@pytest.mark.parametrize(
    "pieces",
    [
        {"quotas": "off"},
        {"quotas": 3},
        {"tracking": "every: 1s\n    enabled: false"},
        {"tracking": ""},
        {"tracking": 'cron: "0-2 6 * * *"'},
    ],
    ids=["no_quota", "a_higher_quota", "a_disabled_pipeline", "no_schedule", "a_few_reads_in_a_row"],
)
def test_what_keeps_up_is_not_warned_of(pieces, warnings):
    assert not warnings(**{"tracking": "every: 1s", **pieces})


def test_the_same_pipeline_is_warned_of_where_nothing_helps_it(warnings):
    assert warnings(tracking="every: 1s")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acknowledge=st.integers(100, 60_000), tracking=st.integers(100, 60_000), factor=st.sampled_from((0.01, 0.1, 1, 7))
)
def test_the_interval_that_the_fix_names_fits(acknowledge, tracking, factor, warnings):
    every = {"acknowledge": f"every: {acknowledge}ms", "tracking": f"every: {tracking}ms"}
    reading = [one for one in warnings(quotas=factor, **every) if one.code == "cannot_keep_up"]

    for fault in reading:
        named = re.findall(r"`(every: \w+)` in (\w+)", fault.fix)
        alone = re.search(r"write `(every: \w+)` or longer", fault.fix)
        greediest = "tracking" if 2 / tracking > 1 / acknowledge else "acknowledge"
        every.update({pipeline: text for text, pipeline in named} or {greediest: alone.group(1)})

    assert [one.code for one in warnings(quotas=factor, **every) if one.code == "cannot_keep_up"] == []


@pytest.mark.parametrize(("factor", "slow"), [(1, False), (0.5, False), (0.2, True)])
def test_a_route_is_slow_where_far_more_comes_than_its_quota_lets_pass(factor, slow, warnings):
    # 60 acknowledgements a minute against the 30 sale orders that the warehouse takes
    assert [fault.code for fault in warnings(walmart=factor)] == ["slow_route"] * slow


def test_what_a_stand_in_lets_pass_is_not_held_against_a_route(warnings):
    assert not warnings(walmart=0.2, warehouse="http://127.0.0.1:8080")


def test_what_reading_takes_is_not_left_for_routes(warnings):
    # 109 of 120 calls a minute are for reading: hardly more looks are left for creations than Walmart lets pass
    assert [fault.code for fault in warnings(walmart=0.1)] == ["slow_route"]
    assert [fault.code for fault in warnings(walmart=0.1, tracking="every: 1100ms")] == ["cannot_keep_up"]


REAL = """
version: 1
connections:
  walmart_us:
    use: walmart
    quotas: {factor}
    auth: {{use: walmart.client_credentials, client_id: a, client_secret: "${{secret:walmart_us}}"}}
  acme_3pl:
    use: wms_cartoncloud
    tenant: 8f0c7a52-3c1d-4f7e-9a55-0d6f5b1c2e90
    auth: {{use: wms_cartoncloud.client_credentials, client_id: a, client_secret: "${{secret:acme_3pl}}"}}
pipelines:
  orders:
    from: {{use: walmart.orders, connection: walmart_us, since: 2026-11-01T00:00:00-08:00}}
    every: 5m
    to:
      use: wms_cartoncloud.sale_orders
      connection: acme_3pl
      map: [{{use: wms_cartoncloud.sale_order, customer: Acme Trading, default_warehouse: Sydney DC}}]
  acknowledge:
    from: {{use: wms_cartoncloud.sale_order_statuses, connection: acme_3pl, customer: Acme Trading}}
    every: {acknowledge}
    to: {{use: walmart.acknowledgements, connection: walmart_us}}
  tracking:
    from: {{use: wms_cartoncloud.dispatches, connection: acme_3pl, customer: Acme Trading}}
    every: {tracking}
    to: {{use: walmart.shipments, connection: walmart_us, map: [{{use: walmart.shipment}}]}}
"""


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ({}, []),
        ({"factor": 0.2}, [(23, "slow_route"), (27, "slow_route")]),
        ({"acknowledge": "500ms"}, [(22, "cannot_keep_up")]),
        ({"tracking": "1s"}, [(26, "cannot_keep_up")]),
    ],
    ids=["as_usual", "a_fifth_of_walmart", "statuses_too_often", "dispatches_too_often"],
)
def test_the_installed_plugins_declare_what_they_cost(pieces, expected, check_text):
    text = REAL.format(**{"factor": "vendor", "acknowledge": "5m", "tracking": "5m", **pieces})

    checked = check_text(text, registry=Registry())

    assert [(fault.line, fault.code) for fault in checked.faults] == expected


def test_a_warning_of_many_pipelines_stays_short(check_text):
    text = FILE.format(**{**DEFAULTS, "tracking": "every: 30s"})
    head, pipeline = text.split("pipelines:")[0], text.split("  tracking:\n")[1]
    many = "".join(f"  tracking_{number:02}:\n{pipeline}" for number in range(90))

    (fault,) = [one for one in check_text(f"{head}pipelines:\n{many}").faults if one.code == "cannot_keep_up"]

    assert fault.message.startswith(
        "tracking_00, tracking_01, tracking_02, tracking_03, tracking_04 and 85 more cannot keep up: "
    )
    assert fault.fix == "let each of them run 6 times less often"
