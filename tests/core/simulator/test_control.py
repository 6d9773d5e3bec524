from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest


def test_state_shows_collections_requests_events_and_time(client):
    client.post("/jars/plum")

    state = client.get("/_sim/state").json()

    assert [jar["id"] for jar in state["jars"]] == ["plum"]
    assert [(event["kind"], event["key"]) for event in state["events"]] == [("put", "plum")]
    assert state["requests"][0].keys() == {"at", "method", "path", "query", "status", "write"}
    assert datetime.fromisoformat(state["now"]).tzinfo is not None


def test_control_requests_are_not_in_the_log(client):
    client.post("/_sim/jars", json={"ids": ["fig"]})

    state = client.get("/_sim/state").json()

    assert state["requests"] == []
    assert [jar["id"] for jar in state["jars"]] == ["fig"]


def test_a_search_by_post_is_no_write(client):
    client.post("/jars/search")
    client.post("/nowhere")

    assert [request["write"] for request in client.get("/_sim/state").json()["requests"]] == [False, True]


def test_facts_count_what_was_done_twice(client):
    for jar_id in ("plum", "fig", "plum"):
        client.post(f"/jars/{jar_id}")

    assert [(fact["key"], fact["count"]) for fact in client.get("/_sim/facts").json()] == [("plum", 2), ("fig", 1)]


def test_a_reset_forgets_everything_and_gives_the_same_ids_again(client):
    client.post("/_sim/settings", json={"read_lag_s": 5})
    client.post("/_sim/clock", json={"advance_s": 3600})
    first = client.post("/jars/plum").json()["uuid"]

    assert client.post("/_sim/reset").json() == {"reset": True, "seed": 7}

    state = client.get("/_sim/state").json()
    assert (state["jars"], state["requests"], state["events"]) == ([], [], [])
    assert client.get("/_sim/settings").json()["read_lag_s"] == 0
    assert abs(datetime.fromisoformat(state["now"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert client.post("/jars/plum").json()["uuid"] == first


def test_settings_change_one_by_one_and_keep_the_others(client):
    client.post("/_sim/settings", json={"read_lag_s": 2})

    answer = client.post("/_sim/settings", json={"quotas": "off"})

    assert answer.json() == {"read_lag_s": 2.0, "quotas": "off", "duplicates": True}


@pytest.mark.parametrize(
    "body", ['{"read_lags": 1}', '{"read_lag_s": -1}', '{"quotas": 0}', '{"quotas": "none"}', "[]", "{", '"off"']
)
def test_a_setting_that_is_unknown_or_cannot_be_is_refused_and_changes_nothing(client, body):
    answer = client.post("/_sim/settings", content=body)

    assert answer.status_code == 400
    assert client.get("/_sim/settings").json() == {"read_lag_s": 0.0, "quotas": 1.0, "duplicates": True}


def test_the_clock_moves_ahead_with_the_date_header(client):
    client.post("/_sim/clock", json={"advance_s": 86_400})

    ahead = parsedate_to_datetime(client.get("/jars").headers["date"]) - datetime.now(UTC)

    assert timedelta(hours=23, minutes=59) < ahead < timedelta(hours=24, minutes=1)


def test_clock_moves_ahead_to_a_moment(pantry):
    wanted = (pantry.clock.now() + timedelta(days=40)).replace(microsecond=0)

    moved = pantry.control("clock", {"to": wanted.isoformat()})

    assert 0 <= (datetime.fromisoformat(moved["now"]) - wanted).total_seconds() < 60
    with pytest.raises(ValueError, match="ahead"):
        pantry.control("clock", {"to": (wanted - timedelta(days=1)).isoformat()})


def test_clock_is_set_back_only_where_nothing_has_happened_yet(pantry):
    past = pantry.clock.now() - timedelta(days=400)

    moved = pantry.control("clock", {"to": past.isoformat()})

    assert datetime.fromisoformat(moved["now"]) - past < timedelta(seconds=60)
    pantry.control("reset", {})
    pantry.control("jars", {"ids": ["fig"]})
    with pytest.raises(ValueError, match="nothing has happened"):
        pantry.control("clock", {"to": past.isoformat()})


@pytest.mark.parametrize(
    "body", [{"advance_s": -1}, {"advance_s": "soon"}, {"advance": 3}, {"advance_s": 1e12}, {"to": "soon"}, {"to": 3}]
)
def test_the_clock_never_goes_back_nor_beyond_reason(client, body):
    assert client.post("/_sim/clock", json=body).status_code == 400


def test_unknown_control_paths_and_methods_are_refused(client):
    assert client.post("/_sim/jam").status_code == 404
    assert client.put("/_sim/state").status_code == 405


def test_a_verb_with_an_unknown_member_is_refused_by_name(client):
    answer = client.post("/_sim/jars", json={"ids": [], "lids": 3})

    assert answer.status_code == 400
    assert "lids" in answer.json()["error"]


def test_a_verb_with_a_body_of_another_form_is_refused(client):
    assert client.post("/_sim/jars", json={"ids": 3}).status_code == 400


def test_control_without_http_raises_what_the_plane_refuses(pantry):
    assert pantry.control("jars", {"ids": ["fig"]}) == {"ids": ["fig"]}
    assert pantry.control("facts")[0]["key"] == "fig"
    with pytest.raises(ValueError, match="lids"):
        pantry.control("jars", {"lids": 1})


def test_expired_tokens_no_longer_count(pantry, client):
    token = pantry.tokens.issue("me", 900)

    assert client.post("/_sim/expire-tokens").json() == {"expired": 1}

    assert pantry.tokens.find(token.value) is None


def test_a_token_ends_with_its_lifetime_by_the_virtual_clock(pantry):
    token = pantry.tokens.issue("me", 900)

    pantry.control("clock", {"advance_s": 895})
    before = pantry.tokens.find(token.value)
    pantry.control("clock", {"advance_s": 6})

    assert before == token
    assert pantry.tokens.find(token.value) is None


def test_tokens_do_not_move_the_ids_of_things(pantry):
    first = pantry.new_uuid()
    pantry.control("reset", {})

    pantry.tokens.issue("me", 900)

    assert pantry.new_uuid() == first
