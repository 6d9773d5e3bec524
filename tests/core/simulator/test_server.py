from __future__ import annotations

import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

PROGRAM = """
from crossdock.simulator import Route, Simulator, answer
class Clockwork(Simulator):
    name = "clockwork"
    def routes(self):
        return [Route("GET", "/tick", lambda call: answer({"tick": self.seed}))]
Clockwork(seed=5).serve()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_ready_answers_and_ends_without_error_at_a_signal(number):
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        word, url = process.stdout.readline().split()
        answer = httpx.get(f"{url}/tick")
        process.send_signal(number)

        assert process.wait(10) == 0

    assert (word, answer.json()) == ("ready", {"tick": 5})
    assert url.startswith("http://127.0.0.1:")


def test_serve_uses_the_port_it_is_given_and_refuses_one_that_is_taken(pantry_type):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(OSError, match="in use"):
            pantry_type().serve(taken.getsockname()[1])


def test_many_requests_at_once_lose_none(client):
    with ThreadPoolExecutor(16) as pool:
        codes = set(pool.map(lambda number: client.post(f"/jars/{number % 50}").status_code, range(300)))

    facts = client.get("/_sim/facts").json()
    assert codes == {201}
    assert (len(facts), sum(fact["count"] for fact in facts)) == (50, 300)


def test_a_cut_does_not_touch_other_connections(client, served):
    with httpx.Client(base_url=served[1]) as other:
        other.get("/jars")
        client.post("/_sim/faults", json={"path": "/jars/plum", "drop": "before"})
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/jars/plum")

        assert other.get("/jars").status_code == 200


def test_a_path_written_out_wins_over_one_with_braces(client):
    client.post("/jars/count")

    assert client.get("/jars/count").json() == 1


def test_a_parameter_is_decoded_once_and_a_coded_slash_stays_within_it(client):
    client.post("/jars/a%2Fb%20c")

    assert client.get("/jars").json() == ["a/b c"]


def test_a_known_path_with_a_wrong_method_is_no_unknown_path(client):
    assert client.put("/jars/plum").status_code == 405
    assert client.get("/jams").status_code == 404
