from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest

CREATE = {"method": "POST", "path": "/tenants/*/outbound-orders"}


def test_answer_that_is_lost_after_the_effect_leaves_an_order(client, simulator, order_body):
    simulator.control("faults", {**CREATE, "drop": "after"})

    assert client.create(order_body()).lost

    assert len(client.find("PO-1")) == 1
    assert simulator.journal.facts("sale_order", "PO-1")[0].count == 1


def test_request_that_is_cut_before_the_effect_leaves_nothing(client, simulator, order_body):
    simulator.control("faults", {**CREATE, "drop": "before"})

    assert client.create(order_body()).lost

    assert (client.find("PO-1"), simulator.control("facts")) == ([], [])


def test_late_effect_makes_the_order_when_its_time_has_come(client, simulator, order_body):
    simulator.control("faults", {**CREATE, "effect_after_s": 20})

    assert client.create(order_body()).lost
    assert client.find("PO-1") == []

    simulator.control("clock", {"advance_s": 21})
    assert len(client.find("PO-1")) == 1


def test_late_effect_doubles_an_order_that_was_blindly_repeated(client, simulator, settings, order_body):
    settings(duplicates="allow")
    simulator.control("faults", {**CREATE, "effect_after_s": 20})
    client.create(order_body())
    client.create(order_body())

    simulator.control("clock", {"advance_s": 21})

    assert simulator.control("facts")[0]["count"] == 2


def test_late_effect_is_refused_as_a_duplicate_where_the_tenant_refuses_them(client, simulator, order_body):
    simulator.control("faults", {**CREATE, "effect_after_s": 20})
    client.create(order_body())
    client.create(order_body())

    simulator.control("clock", {"advance_s": 21})

    assert simulator.control("facts")[0]["count"] == 1


def test_ordered_status_hits_as_often_as_said_and_has_no_effect(client, simulator, order_body):
    simulator.control("faults", {**CREATE, "times": 2, "status": 503, "body": [{"message": "Maintenance"}]})

    statuses = [client.create(order_body()).status for _ in range(3)]

    assert statuses == [503, 503, 201]


def test_state_shows_what_was_asked_and_whether_it_wrote(client, simulator, order_body):
    client.create(order_body())
    client.find("PO-1")

    asked = [(one["method"], one["status"], one["write"]) for one in simulator.control("state")["requests"]]

    assert asked == [("POST", 200, False), ("POST", 201, True), ("POST", 200, False)]


@pytest.fixture
def wire(simulator):
    with simulator.running() as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        yield connection
        connection.close()


def test_created_with_issues_and_a_cut_go_over_a_real_wire(client, simulator, settings, wire, order_body):
    settings(catalogue="listed")
    headers = {
        "Accept-Version": "1",
        "Authorization": f"Bearer {client.token}",
        "Content-Type": "application/json",
    }
    path = f"/tenants/{client.tenant}/outbound-orders"

    wire.request("POST", path, json.dumps(order_body()), headers)
    answer = wire.getresponse()
    assert (answer.status, json.loads(answer.read())["status"]) == (228, "REJECTED")

    simulator.control("faults", {**CREATE, "drop": "after"})
    wire.request("POST", path, json.dumps(order_body("PO-2")), headers)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        wire.getresponse()
    assert simulator.journal.facts("sale_order", "PO-2")[0].count == 1
