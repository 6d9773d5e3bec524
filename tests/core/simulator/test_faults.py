from __future__ import annotations

import time

import httpx
import pytest


def puts(client, jar_id):
    return [fact for fact in client.get("/_sim/facts").json() if fact["key"] == jar_id]


def order_fault(client, **fault):
    answer = client.post("/_sim/faults", json=fault)
    assert answer.status_code == 200, answer.text
    return answer.json()["faults"][0]


def test_a_drop_before_cuts_the_connection_and_does_nothing(client):
    order_fault(client, method="POST", path="/jars/*", drop="before")

    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/jars/plum")

    assert puts(client, "plum") == []
    assert client.post("/jars/plum").status_code == 201


def test_a_drop_after_cuts_the_connection_and_the_effect_is_there(client):
    order_fault(client, path="/jars/plum", drop="after")

    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/jars/plum")

    assert puts(client, "plum") == [{"kind": "put", "key": "plum", "revision": 1, "count": 1}]


def test_a_drop_during_ends_the_answer_in_its_middle(client):
    order_fault(client, path="/jars/plum", drop="during")

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        client.post("/jars/plum")

    assert len(puts(client, "plum")) == 1


def test_a_cut_request_is_logged_without_a_status(client):
    order_fault(client, drop="after")

    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/jars/plum?x=1")

    request = client.get("/_sim/state").json()["requests"][-1]
    assert (request["method"], request["path"], request["query"]) == ("POST", "/jars/plum", "x=1")
    assert (request["status"], request["write"]) == (None, True)


def test_a_status_fault_answers_without_any_effect(client):
    order_fault(client, status=503, body="<html>down</html>", headers={"Retry-After": "3"})

    answer = client.post("/jars/plum")

    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, "<html>down</html>", "3")
    assert puts(client, "plum") == []


def test_a_status_with_an_effect_after_says_failure_and_does_it_nevertheless(client):
    order_fault(client, status=504, effect_after_s=0)

    assert client.post("/jars/plum").status_code == 504

    assert len(puts(client, "plum")) == 1


def test_a_late_effect_happens_when_the_clock_gets_there_and_not_before(client):
    order_fault(client, path="/jars/**", effect_after_s=30)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/jars/plum")

    client.post("/_sim/clock", json={"advance_s": 29})
    before = puts(client, "plum")
    client.post("/_sim/clock", json={"advance_s": 2})

    assert before == []
    assert len(puts(client, "plum")) == 1


def test_a_late_effect_happens_in_real_time_too(client):
    order_fault(client, effect_after_s=0.05)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/jars/plum")

    deadline = time.monotonic() + 5
    while not puts(client, "plum"):
        assert time.monotonic() < deadline

    assert len(puts(client, "plum")) == 1


def test_late_effects_happen_in_the_order_of_their_moments(client):
    order_fault(client, path="/jars/plum", effect_after_s=20)
    order_fault(client, path="/jars/fig", effect_after_s=10)
    for jar_id in ("plum", "fig"):
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(f"/jars/{jar_id}")

    client.post("/_sim/clock", json={"advance_s": 60})

    jars = client.get("/_sim/state").json()["jars"]
    assert [jar["id"] for jar in jars] == ["fig", "plum"]
    assert jars[0]["at"] < jars[1]["at"] < client.get("/_sim/state").json()["now"]


def test_a_late_effect_is_judged_by_the_guard_at_once(client):
    order_fault(client, effect_after_s=30)

    assert client.post("/jars/plum", headers={"x-refuse": "yes"}).status_code == 403

    client.post("/_sim/clock", json={"advance_s": 60})
    assert puts(client, "plum") == []


def test_a_delay_holds_back_the_answer_and_not_the_effect(client):
    order_fault(client, delay_s=2)

    with pytest.raises(httpx.ReadTimeout):
        client.post("/jars/plum", timeout=0.1)

    assert len(puts(client, "plum")) == 1


def test_a_fault_hits_as_often_as_it_says_after_what_it_skips(client):
    order_fault(client, path="/jars/*", status=500, times=2, skip=1)

    codes = [client.post(f"/jars/{number}").status_code for number in range(5)]

    assert codes == [201, 500, 500, 201, 201]


@pytest.mark.parametrize(
    ("path", "hit"), [("/jars/*", True), ("/*", False), ("/**", True), ("/jars/plu?", False), ("/jars", False)]
)
def test_a_star_stands_for_one_segment_and_two_for_any_number(client, path, hit):
    order_fault(client, path=path, status=500)

    assert (client.post("/jars/plum").status_code == 500) is hit


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"path": "/x"},
        {"drop": "sometimes"},
        {"status": 99},
        {"status": 500, "drop": "after"},
        {"body": "x", "delay_s": 1},
        {"status": 500, "time": 3},
        {"status": 500, "times": 0},
    ],
)
def test_a_fault_that_says_nothing_or_too_much_is_refused(client, fault):
    answer = client.post("/_sim/faults", json=fault)

    assert answer.status_code == 400
    assert client.get("/_sim/faults").json() == {"faults": []}


def test_several_faults_may_be_ordered_at_once_and_cleared(client):
    client.post("/_sim/faults", json=[{"status": 500}, {"status": 502}])
    first = client.get("/jars").status_code

    client.delete("/_sim/faults")

    assert (first, client.get("/jars").status_code) == (500, 200)


def test_the_control_plane_is_never_faulty(client):
    order_fault(client, path="/**", drop="before", times=5)

    assert client.get("/_sim/state").status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_drop_in_process_is_a_connection_reset(pantry_type, anyio_backend):
    pantry = pantry_type()
    pantry.control("faults", {"drop": "after"})

    async with httpx.AsyncClient(transport=httpx.ASGITransport(pantry.app), base_url="http://pantry.test") as client:
        with pytest.raises(ConnectionResetError):
            await client.post("/jars/plum")

    assert len(pantry.journal.facts("put", "plum")) == 1
