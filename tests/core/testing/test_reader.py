from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crossdock import RejectedError
from crossdock.http import Response
from crossdock.jsonio import loads
from crossdock.testing import FakeReader, ManualClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def connection(connect: Any) -> Any:
    class NoCassette:
        base_url = "https://shop.example.test/v1"

        @staticmethod
        def given(variable: str, stand_in: str) -> str:
            return stand_in

    return connect(NoCassette)


async def test_reader_answers_from_its_list_and_keeps_what_was_asked(connection: Any) -> None:
    reader = FakeReader(connection)
    reader.will_answer(200, {"price": Decimal("10.10")}, headers={"Total-Pages": "2"})
    reader.will_answer(502, content=b"<html>")

    first, second = await reader.get("/items", params={"page": "1"}), await reader.post("/search", json={})

    assert loads(first.content) == {"price": Decimal("10.10")}
    assert first.headers["Total-Pages"] == "2"
    assert second.status_code == 502
    assert str(reader.requests[0].url) == "https://shop.example.test/v1/items?page=1"


async def test_reader_answers_by_a_function(connection: Any) -> None:
    reader = FakeReader(connection, lambda request: Response(404 if request.url.path.endswith("/7") else 200))

    statuses = [(await reader.get(path)).status_code for path in ("/items/6", "/items/7")]

    assert statuses == [200, 404]


async def test_reader_refuses_what_does_not_only_read(connection: Any) -> None:
    reader = FakeReader(connection)
    reader.will_answer(200)

    with pytest.raises(RejectedError, match="POST /items is not declared"):
        await reader.post("/items", json={})

    assert reader.requests == []


async def test_reader_without_an_answer_says_so(connection: Any) -> None:
    with pytest.raises(AssertionError, match="nobody said what to answer to GET /v1/items"):
        await FakeReader(connection).get("/items")


async def test_reader_tells_the_time_of_the_test(connection: Any) -> None:
    clock = ManualClock()
    reader = FakeReader(connection, clock=clock)

    clock.advance(60)

    assert await reader.vendor_now() == clock.now()
