from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crossdock.simulator import Shelf, VirtualClock


def test_lists_see_a_write_only_after_the_read_lag_and_single_reads_at_once(client):
    client.post("/_sim/settings", json={"read_lag_s": 20})
    client.post("/jars/plum")

    early = client.get("/jars").json(), client.get("/jars/plum").status_code
    client.post("/_sim/clock", json={"advance_s": 21})

    assert early == ([], 200)
    assert client.get("/jars").json() == ["plum"]


def test_a_removed_value_is_seen_during_the_read_lag():
    clock, lag = VirtualClock(), 10.0
    shelf: Shelf[str] = Shelf(clock, lambda: lag)
    shelf.put("a", "one")
    clock.advance(60)

    shelf.remove("a")
    during = list(shelf.seen())
    clock.advance(11)

    assert (shelf.get("a"), during, list(shelf.seen()), len(shelf)) == (None, ["one"], [], 0)


def test_an_update_shows_the_older_value_until_the_lag_is_over():
    clock = VirtualClock()
    shelf: Shelf[str] = Shelf(clock, lambda: 10.0)
    shelf.put("a", "one")
    clock.advance(60)

    shelf.put("a", "two")

    assert (shelf.get("a"), shelf.find("a"), list(shelf.seen())) == ("two", "one", ["one"])


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 900), st.sampled_from("abc"), st.one_of(st.none(), st.integers())), max_size=30
    ),
    lag=st.sampled_from([0.0, 5.0, 300.0, 3600.0]),
)
def test_what_is_seen_is_what_was_there_one_lag_ago(steps, lag):
    clock = VirtualClock()
    shelf: Shelf[int] = Shelf(clock, lambda: lag)
    history: list[tuple[object, dict[str, int]]] = []
    state: dict[str, int] = {}
    for wait, key, value in steps:
        clock.advance(wait)
        with clock.at(clock.now()):
            if value is None:
                shelf.remove(key)
                state.pop(key, None)
            else:
                shelf.put(key, value)
                state[key] = value
            history.append((clock.now(), dict(state)))

            moment = clock.ago(lag)
            expected = next((then for at, then in reversed(history) if at <= moment), {})
            assert sorted(shelf.seen()) == sorted(expected.values())
            assert sorted(shelf.all()) == sorted(state.values())
