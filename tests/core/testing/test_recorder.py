from __future__ import annotations

from typing import Any

import pytest

from crossdock.jsonio import loads
from crossdock.testing import Rules

pytestmark = pytest.mark.anyio


async def record(cassette: Any, connect: Any, *paths: str) -> list[Any]:
    async with cassette.client(connect(cassette)) as client:
        found = [loads((await client.get(path)).content) for path in paths or ("/items?page=1",)]
    cassette.finish()
    return found


async def test_cassette_replays_what_it_recorded_without_the_service(
    service: Any, opened: Any, connect: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("SHOP_SECRET", "the-real-secret")
    (recorded,) = await record(opened(service.url), connect)
    asked = len(service.asked)

    (replayed,) = await record(opened(), connect)

    assert recorded["items"][0]["buyer"]["name"] == "Robin Sample"
    assert replayed == {"items": [{"sku": "MUG-01", "buyer": {"name": "Scrubbed"}}]}
    assert len(service.asked) == asked


async def test_cassette_holds_no_secret_no_person_and_no_host(
    service: Any, opened: Any, connect: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("SHOP_SECRET", "the-real-secret")
    cassette = opened(service.url)

    await record(cassette, connect)

    written = cassette.path.read_text()
    assert "the-stand-in" in written
    hidden = (
        "the-real-secret",
        "eyJ-granted",
        "Robin",
        "Sample",
        "hidden-cookie",
        "127.0.0.1",
        "crossdock",
        "orrelation",
    )
    assert [value for value in hidden if value in written] == []


async def test_cassette_says_where_it_comes_from_and_keeps_its_clock(service: Any, opened: Any, connect: Any) -> None:
    cassette = opened(service.url, origin="against a shop that is none")

    await record(cassette, connect)

    again = opened()
    assert cassette.path.read_text().startswith("# recorded against a shop that is none\n# clock: ")
    assert again.origin == "recorded against a shop that is none"
    assert again.now == cassette.now == again.clock.now()


async def test_cassette_replays_against_any_base_url(service: Any, opened: Any, connect: Any) -> None:
    service.answers["/items"] = (f'{{"next": "{service.url}/items/2"}}'.encode(), {})
    await record(opened(service.url), connect, "/items", "/items/2")

    cassette = opened()
    cassette.base_url = "https://another.example.test/base"
    async with cassette.client(connect(cassette)) as client:
        listed = loads((await client.get("/items")).content)
        followed = await client.get("/items/2")

    assert listed == {"next": "https://another.example.test/base/items/2"}
    assert followed.status_code == 200


async def test_unrecorded_request_fails_at_once_and_names_the_nearest(
    service: Any, opened: Any, connect: Any, refused: type[BaseException]
) -> None:
    await record(opened(service.url), connect)

    cassette = opened()
    with pytest.raises(refused, match=r"GET https://recorded.example.test/items\?page=2") as caught:
        cassette.replay(connect_request(connect(cassette), "/items?page=2"))

    assert "page=1" in str(caught.value)


def connect_request(connection: Any, path: str) -> Any:
    from crossdock.testing import FakeReader

    return FakeReader(connection).build("GET", path)


async def test_a_request_that_was_played_already_is_not_played_again(
    service: Any, opened: Any, connect: Any, refused: type[BaseException]
) -> None:
    await record(opened(service.url), connect)

    cassette = opened()
    request = connect_request(connect(cassette), "/items?page=1")
    cassette.replay(request)
    with pytest.raises(refused, match="played already"):
        cassette.replay(request)


async def test_a_body_that_changed_is_another_request(
    service: Any, opened: Any, connect: Any, refused: type[BaseException]
) -> None:
    cassette = opened(service.url)
    async with cassette.client(connect(cassette)) as client:
        await client.post("/search", json={"sku": "MUG-01", "email": "robin@example.com"})
    cassette.finish()

    from crossdock.testing import FakeReader

    cassette = opened()
    reader = FakeReader(connect(cassette))
    same = {"sku": "MUG-01", "email": "another@example.com"}
    assert cassette.replay(reader.build("POST", "/search", json=same)).status_code == 200
    with pytest.raises(refused):
        cassette.replay(reader.build("POST", "/search", json={**same, "sku": "MUG-02"}))


async def test_what_the_test_no_longer_sends_is_told(
    service: Any, opened: Any, connect: Any, refused: type[BaseException]
) -> None:
    await record(opened(service.url), connect, "/items", "/items?page=2")

    with pytest.raises(refused, match="holds 1 exchanges that the test no longer sends"):
        await record(opened(), connect, "/items")


async def test_a_cassette_without_origin_is_refused(opened: Any, tmp_path: Any, refused: type[BaseException]) -> None:
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "one.yaml").write_text("interactions: []\nversion: 1\n")

    with pytest.raises(refused, match="must say where it comes from"):
        opened()


async def test_a_missing_cassette_says_how_to_record_it(opened: Any, refused: type[BaseException]) -> None:
    with pytest.raises(refused, match="pytest --record --base-url"):
        opened()


async def test_a_recording_through_which_nothing_went_is_no_cassette(
    service: Any, opened: Any, refused: type[BaseException]
) -> None:
    cassette = opened(service.url)

    with pytest.raises(refused, match="nothing was sent"):
        cassette.finish()

    assert not cassette.path.exists()


async def test_two_tokens_of_pages_remain_two(service: Any, opened: Any, connect: Any) -> None:
    service.answers["/a"] = (b'{"nextPageToken": "opaque-first-token"}', {})
    service.answers["/b"] = (b'{"nextPageToken": "opaque-second-token"}', {})

    async def turn(cassette: Any) -> None:
        async with cassette.client(connect(cassette)) as client:
            for path in ("/a", "/b"):
                token = loads((await client.get(path)).content)["nextPageToken"]
                await client.get(f"/items?pageToken={token}")
        cassette.finish()

    await turn(opened(service.url))
    await turn(opened())


async def test_what_is_named_late_is_taken_out_of_what_came_early(service: Any, opened: Any, connect: Any) -> None:
    service.answers["/note"] = (b'{"note": "Robin rang twice"}', {})
    cassette = opened(service.url)

    await record(cassette, connect, "/note", "/items")

    assert "Robin" not in cassette.path.read_text()


async def test_an_authors_own_keys_and_headers_are_obeyed(service: Any, opened: Any, connect: Any) -> None:
    service.answers["/items"] = (
        b'{"gruss": "Hallo Robin", "customer": {"name": "Acme"}}', {"X-Shop-Version": "7", "X-Other": "8"}
    )  # fmt: skip
    cassette = opened(
        service.url, rules=Rules(personal=("gruss",), free=("customer.name",), headers=("x-shop-version",))
    )

    await record(cassette, connect)

    written = cassette.path.read_text().lower()
    assert "robin" not in written
    assert '"name":"acme"' in written
    assert "x-shop-version" in written
    assert "x-other" not in written
