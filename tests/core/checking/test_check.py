from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from crossdock.checking import check, load
from crossdock.config import Faults
from crossdock.errors import ConfigError
from crossdock.registry import Registry

WHOLE = (Path(__file__).parent / "valid" / "whole.yaml").read_text()


@pytest.fixture
def loaded(tmp_path, registry, env, secrets):
    path = tmp_path / "crossdock.yaml"
    path.write_text(WHOLE)
    return load(path, registry=registry, env=env, secrets=secrets)


def test_load_gives_each_pipeline_its_typed_components(loaded):
    orders = loaded.pipelines["orders"]
    (route,) = orders.routes

    assert orders.customer == "acme"
    assert orders.every == timedelta(minutes=5)
    assert orders.source.since == datetime(2026, 11, 1, tzinfo=timezone(timedelta(hours=-8)))
    assert route.name == "wms_cartoncloud.sale_orders@acme_3pl"
    assert route.mappers[0].warehouses == {"1011100000000000001": "Melbourne DC"}
    assert (route.max_in_flight, route.attempts) == (8, 10)


def test_load_says_which_file_store_and_secrets_it_needs(loaded, tmp_path):
    assert loaded.file == tmp_path / "crossdock.yaml"
    assert loaded.store == "sqlite:crossdock.db"
    assert loaded.retain_payload == timedelta(days=90)
    assert loaded.needs_secrets == {"walmart_us", "acme_3pl"}


def test_load_names_the_components_that_a_connection_is_used_by(loaded):
    used = loaded.components_of("walmart_us")

    assert used == {"walmart.orders", "walmart.acknowledgements", "walmart.shipments"}


def test_components_of_two_pipelines_are_never_the_same_object(loaded):
    sources = [pipeline.source for pipeline in loaded.pipelines.values()]

    assert len({id(source) for source in sources}) == len(sources)


def test_secret_is_looked_up_only_when_it_is_revealed(loaded, secrets):
    secret = loaded.connections["walmart_us"].auth.client_secret

    assert secrets.revealed == []
    assert secret.reveal() == "first-secret"
    assert secrets.revealed == ["walmart_us"]
    assert "first-secret" not in repr(loaded)


def test_environment_variable_in_a_secret_field_stays_opaque(check_text, env):
    text = WHOLE.replace("${secret:walmart_us}", "${env:TOKEN}")

    secret = check_text(text).assembly.connections["walmart_us"].auth.client_secret

    assert secret.reveal() == env["TOKEN"]
    assert repr(secret) == "Secret(${env:TOKEN})"


def test_file_reference_is_read_beside_the_definition_without_its_last_newline(check_text, tmp_path):
    (tmp_path / "key.txt").write_text("from a file\n")

    checked = check_text(WHOLE.replace("${secret:walmart_us}", "${file:key.txt}"))

    assert checked.assembly.connections["walmart_us"].auth.client_secret.reveal() == "from a file"


def test_secret_names_are_taken_on_trust_when_nobody_can_look(check_text):
    checked = check_text(WHOLE, secrets=None)

    assert checked.ok
    with pytest.raises(ConfigError, match="walmart_us cannot be looked up"):
        checked.assembly.connections["walmart_us"].auth.client_secret.reveal()


def test_load_raises_every_fault_at_once(tmp_path, registry, env, secrets):
    path = tmp_path / "crossdock.yaml"
    path.write_text(WHOLE.replace("every: 5m", "every: 5").replace("market: us", "market: uk"))

    with pytest.raises(Faults) as raised:
        load(path, registry=registry, env=env, secrets=secrets)

    assert [fault.code for fault in raised.value.faults] == ["bad_value", *["bad_duration"] * 3]
    assert f"{path}:8:13: " in str(raised.value)


def test_absent_plugin_stops_only_the_pipelines_that_need_it(check_text):
    text = (
        WHOLE
        + "  etsy:\n    from: {use: etsy.orders, connection: walmart_us}\n    to: {use: etsy.x, connection: acme_3pl}\n"
    )

    checked = check_text(text)

    assert not checked.ok
    assert set(checked.assembly.pipelines) == {"orders", "acknowledge", "tracking"}
    assert checked.assembly.stopped["etsy"].code == "unknown_plugin"


def test_load_raises_when_absent_plugins_leave_no_pipeline(tmp_path, modules, env, secrets):
    path = tmp_path / "crossdock.yaml"
    path.write_text(WHOLE)
    registry = Registry(extra={"walmart": modules["walmart"]}, discover=False)

    with pytest.raises(Faults, match="the plugin 'wms_cartoncloud' is not installed"):
        load(path, registry=registry, env=env, secrets=secrets)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("# Walmart orders become", "# something else", True),
        ("customer: acme ", "customer: other ", False),
        ("Sydney DC", "Perth DC", False),
        ("${secret:walmart_us}", "${secret:acme_3pl}", False),
    ],
)
def test_fingerprint_changes_with_the_settings_and_not_with_the_layout(check_text, before, after, same):
    first = check_text(WHOLE).assembly

    second = check_text(WHOLE.replace(before, after)).assembly

    assert (first.fingerprint == second.fingerprint) is same


def test_route_fingerprint_changes_with_its_mapping_and_its_connection_alone(check_text):
    first = check_text(WHOLE).assembly.pipelines
    second = check_text(WHOLE.replace("Sydney DC", "Perth DC").replace("market: us", "market: ca")).assembly.pipelines

    assert first["orders"].routes[0].fingerprint != second["orders"].routes[0].fingerprint
    assert first["acknowledge"].routes[0].fingerprint != second["acknowledge"].routes[0].fingerprint
    unchanged = check_text(WHOLE.replace("Sydney DC", "Perth DC")).assembly.pipelines
    assert first["acknowledge"].routes[0].fingerprint == unchanged["acknowledge"].routes[0].fingerprint


def test_validator_of_a_plugin_cannot_leak_what_came_through_a_reference(check_text, env):
    text = WHOLE.replace('{"Star Track": other}', '{"Star Track": "${env:LOUD}"}')
    env["LOUD"] = "VERY-PRIVATE"

    (fault,) = check_text(text, env=env).faults

    assert "VERY-PRIVATE" not in str(fault)
    assert "has the code '${env:LOUD}'" in fault.message


def test_time_before_its_zone_is_missing_is_judged_at_its_place(check_text):
    text = WHOLE.replace("2026-11-01T00:00:00-08:00", '"${env:SINCE}"')

    accepted = check_text(text, env={"SINCE": "2026-11-01T00:00:00Z", "WALMART_CLIENT_ID": "a", "CC_CLIENT_ID": "b"})
    refused = check_text(text, env={"SINCE": "2026-11-01T00:00:00", "WALMART_CLIENT_ID": "a", "CC_CLIENT_ID": "b"})

    assert accepted.assembly.pipelines["orders"].source.since == datetime(2026, 11, 1, tzinfo=UTC)
    assert [(fault.line, fault.code) for fault in refused.faults] == [(17, "bad_value")]


def test_check_of_twenty_pipelines_takes_far_less_than_a_tenth_of_a_second(tmp_path, registry, env, secrets):
    head, _, body = WHOLE.partition("pipelines:\n")
    orders = body[: body.index("  acknowledge:")]
    path = tmp_path / "crossdock.yaml"
    path.write_text(head + "pipelines:\n" + "".join(orders.replace("orders:", f"orders{n}:", 1) for n in range(20)))
    check(path, registry=registry, env=env, secrets=secrets)  # loads the plugins

    started = time.process_time()
    checked = check(path, registry=registry, env=env, secrets=secrets)
    spent = time.process_time() - started

    assert len(checked.assembly.pipelines) == 20
    assert spent < 0.1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("use: walmart\n", 'use: "${env:TOKEN}"\n'),
        ("connection: walmart_us,", 'connection: "${env:TOKEN}",'),
        ("store: sqlite:crossdock.db", 'store: "${env:TOKEN}"'),
        ("every: 5m", 'cron: "${env:TOKEN} * * * *"'),
        ("every: 5m", 'every: "${env:TOKEN}"'),
        ("every: 5m", 'enabled: "x${env:TOKEN}"'),
        ("use: wms_cartoncloud.sale_orders", 'use: "wms_cartoncloud.${env:TOKEN}"'),
        ("market: us", 'market: "${env:TOKEN}"'),
        ('client_id: "${env:WALMART_CLIENT_ID}"', "client_id: 1"),
    ],
)
def test_no_fault_of_a_reference_shows_what_it_holds(check_text, env, before, after):
    checked = check_text(WHOLE.replace(before, after))

    assert not checked.ok
    assert env["TOKEN"] not in "\n".join(map(str, checked.faults))
