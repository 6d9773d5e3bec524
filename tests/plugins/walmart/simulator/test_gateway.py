from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest


def error(answer):
    body = answer.json()
    return (body["error"] if "error" in body else body["errors"]["error"])[0]


@pytest.mark.parametrize("name", ["WM_SVC.NAME", "WM_QOS.CORRELATION_ID"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_or_blank_header_is_refused_by_name(walmart, name, value):
    spoilt = {"without": name} if value is None else {"headers": {name: value}}

    answer = walmart.get("/v3/orders", **spoilt)

    assert answer.status_code == 400
    assert error(answer)["code"] == "INVALID_REQUEST_HEADER.GMP_ORDER_API"
    assert error(answer)["field"] == name


@pytest.mark.parametrize(
    "spoilt",
    [
        {"without": "WM_SEC.ACCESS_TOKEN"},
        {"headers": {"WM_SEC.ACCESS_TOKEN": "made-up"}},
        {"headers": {"WM_SEC.ACCESS_TOKEN": ""}},
        {"without": "WM_SEC.ACCESS_TOKEN", "headers": {"Authorization": "Bearer made-up"}},
    ],
)
def test_a_missing_or_unknown_token_is_unauthorized_in_the_shape_of_the_gateway(walmart, spoilt):
    answer = walmart.get("/v3/orders", **spoilt)

    assert answer.status_code == 401
    assert answer.json()["error"][0]["code"] == "UNAUTHORIZED.GMP_GATEWAY_API"
    assert answer.json()["error"][0]["category"] == "DATA"


def test_a_bearer_header_alone_is_not_enough(walmart):
    answer = walmart.get(
        "/v3/orders", without="WM_SEC.ACCESS_TOKEN", headers={"Authorization": f"Bearer {walmart.token}"}
    )

    assert answer.status_code == 401


def test_a_token_is_stale_after_fifteen_minutes(walmart, simulator):
    walmart.place()
    simulator.control("clock", {"advance_s": 895})
    before = walmart.get("/v3/orders").status_code
    simulator.control("clock", {"advance_s": 6})

    assert (before, walmart.get("/v3/orders").status_code) == (200, 401)


def test_tokens_expire_all_at_once_when_told(walmart, simulator):
    simulator.control("expire-tokens", {})

    assert walmart.get("/v3/orders").status_code == 401


def test_the_older_gateway_says_invalid_token_with_400(walmart, simulator):
    simulator.control("settings", {"stale_token_status": 400})

    answer = walmart.get("/v3/orders", headers={"WM_SEC.ACCESS_TOKEN": "old"})

    assert (answer.status_code, error(answer)["code"]) == (400, "INVALID_TOKEN.GMP_GATEWAY_API")


@pytest.mark.parametrize(
    ("orders", "read", "write"),
    [("full_access", 200, 200), ("view_only", 200, 403), ("no_access", 403, 403), (None, 403, 403)],
)
def test_a_scope_that_is_missing_is_forbidden(walmart, simulator, orders, read, write):
    (order_id,) = walmart.place()
    simulator.control("settings", {"scopes": {"orders": orders} if orders else {"item": "full_access"}})

    reading, writing = walmart.get("/v3/orders"), walmart.post(f"/v3/orders/{order_id}/acknowledge")

    assert (reading.status_code, writing.status_code) == (read, write)
    if write == 403:
        assert error(writing)["code"] == "FORBIDDEN.GMP_GATEWAY_API"
        assert walmart.facts(order_id) == [("order_placed", 1, 1)]


def test_too_many_calls_are_429_with_both_headers_and_no_retry_after(walmart):
    walmart.place()
    answers = [walmart.get("/v3/orders/released") for _ in range(61)]

    last = answers[-1]
    moment = datetime.fromisoformat(last.headers["x-next-replenishment-time"])
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert [answers[0].headers["x-current-token-count"], last.headers["x-current-token-count"]] == ["59", "0"]
    assert timedelta(0) < moment - datetime.now(UTC) <= timedelta(seconds=1)
    assert error(last)["code"] == "REQUEST_THRESHOLD_VIOLATED.GMP_GATEWAY_API"
    assert "retry-after" not in last.headers


def test_a_throttled_write_does_nothing_and_each_endpoint_has_its_own_bucket(walmart, simulator):
    (order_id,) = walmart.place()
    simulator.control("settings", {"quotas": 1 / 60})
    walmart.post("/v3/orders/1/acknowledge")

    assert walmart.post(f"/v3/orders/{order_id}/acknowledge").status_code == 429
    assert walmart.get("/v3/orders/released").status_code == 200
    assert walmart.facts(order_id) == [("order_placed", 1, 1)]


def test_the_replenishment_time_may_be_epoch_milliseconds(walmart, simulator):
    simulator.control("settings", {"replenishment": "epoch_ms"})

    stamp = walmart.get("/v3/orders").headers["x-next-replenishment-time"]

    assert abs(int(stamp) / 1000 - datetime.now(UTC).timestamp()) < 5


def test_unknown_paths_methods_and_media_types_have_their_codes(walmart):
    (order_id,) = walmart.place()
    acknowledge = f"/v3/orders/{order_id}/acknowledge"
    text = {"content": "{}", "headers": {"Content-Type": "text/plain"}}

    answers = [
        walmart.get("/v3/ordres"),
        walmart("PUT", acknowledge),
        walmart.get("/v3/orders", headers={"Accept": "text/html"}),
        walmart("POST", f"/v3/orders/{order_id}/shipping", **text),
    ]

    assert [(answer.status_code, error(answer)["code"].partition(".")[0]) for answer in answers] == [
        (404, "URI_NOT_FOUND"),
        (405, "METHOD_NOT_ALLOWED"),
        (406, "INVALID_ACCEPT_TYPE"),
        (415, "UNSUPPORTED_MEDIA_TYPE"),
    ]


@pytest.mark.parametrize("spoilt", [{"without": "Accept"}, {"headers": {"Accept": "*/*"}}])
def test_who_does_not_ask_for_json_gets_xml(walmart, spoilt):
    (order_id,) = walmart.place()

    answer = walmart.get(f"/v3/orders/{order_id}", **spoilt)

    assert answer.headers["content-type"].startswith("application/xml")
    assert f"<order><purchaseOrderId>{order_id}</purchaseOrderId>" in answer.text


def test_another_market_is_not_this_one(walmart):
    assert walmart.get("/v3/orders", headers={"WM_MARKET": "ca"}).status_code == 400
    assert walmart.get("/v3/orders", headers={"WM_MARKET": "us"}).status_code == 404


def test_the_correlation_id_comes_back(walmart, right_headers):
    name = "WM_QOS.CORRELATION_ID"

    assert walmart.get("/v3/orders").headers[name] == right_headers[name]


def test_a_setting_that_does_not_exist_is_refused(simulator):
    with pytest.raises(ValueError, match="duplicates"):
        simulator.control("settings", {"duplicates": "allow"})
