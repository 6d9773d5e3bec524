import logging
from datetime import timedelta

import anyio
import httpx
import pytest

from crossdock.clock import ManualClock
from crossdock.errors import CredentialsError, TransientError
from crossdock.http import MemoryTokenStore, Request, Response, Token

pytestmark = pytest.mark.anyio


class Passport:
    """Client credentials, as a plugin would write them."""

    account = "client-1"

    def token_flow(self, base_url, previous, now):
        response = yield Request("POST", f"{base_url}/token", headers={"Authorization": "Basic c2VjcmV0"})
        if response.status_code in (400, 401):
            raise CredentialsError("the shop refuses client-1")
        return Token(response.json()["token"], now, response.json()["life"])

    def sign(self, request, token, now):
        request.headers["Authorization"] = f"Bearer {token.value}"

    def refused(self, response):
        return response.status_code == 401


class Shop:
    """Hands out tokens and refuses those it did not, or no longer, grant."""

    def __init__(self, clock, life=900.0):
        self.clock, self.life = clock, life
        self.granted, self.valid, self.calls = 0, set(), []
        self.token_status = 200

    def __call__(self, request):
        self.calls.append(request)
        if request.url.path == "/token":
            return self._grant()
        fine = request.headers["Authorization"].removeprefix("Bearer ") in self.valid
        return Response(200 if fine else 401)

    def _grant(self):
        if self.token_status != 200:
            return Response(self.token_status, headers={"Retry-After": "9"})
        self.granted += 1
        self.valid.add(f"t{self.granted}")
        return Response(200, json={"token": f"t{self.granted}", "life": self.life})


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def shop(clock):
    return Shop(clock)


@pytest.fixture
def open_shop(stub, shop, clock):
    def open_(**facts):
        return stub(shop, clock=clock, **{"auth": Passport(), **facts})

    return open_


async def test_fifty_tasks_ask_for_one_token(open_shop, shop):
    async with open_shop() as client, anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(client.get, "/things")

    assert shop.granted == 1


async def test_fifty_tasks_ask_for_one_token_after_it_was_revoked(open_shop, shop):
    answers = []

    async with open_shop() as client:
        await client.get("/things")
        shop.valid.clear()

        async def read():
            answers.append((await client.get("/things")).status_code)

        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(read)

    assert answers == [200] * 50
    assert shop.granted == 2


@pytest.mark.parametrize(("minutes", "granted"), [(13.7, 1), (14.05, 2), (16, 2)])
async def test_a_token_is_renewed_before_it_ends(minutes, granted, open_shop, shop, clock):
    async with open_shop() as client:
        await client.get("/things")
        clock.advance(minutes * 60)
        await client.get("/things")

    assert shop.granted == granted


async def test_a_token_that_outlives_no_request_is_used_for_half_its_life(open_shop, shop, clock):
    shop.life = 20.0
    async with open_shop(timeout_s=30.0) as client:
        await client.get("/things")
        clock.advance(9)
        await client.get("/things")
        clock.advance(2)
        await client.get("/things")

    assert shop.granted == 2


async def test_a_stored_token_is_used_and_a_new_one_is_stored(open_shop, shop, clock):
    store = MemoryTokenStore()
    for _ in range(2):
        async with open_shop(tokens=store) as client:
            await client.get("/things")

    assert shop.granted == 1
    assert (await store.load("shop:1|client-1")).value == "t1"


async def test_a_token_that_another_process_renewed_is_taken_over(open_shop, shop, clock):
    store = MemoryTokenStore()
    async with open_shop(tokens=store) as client:
        await client.get("/things")
        shop.valid = {"from-elsewhere"}
        await store.save("shop:1|client-1", Token("from-elsewhere", clock.now(), 900.0))

        response = await client.get("/things")

    assert response.status_code == 200
    assert shop.granted == 1


async def test_a_process_frozen_in_a_renewal_keeps_others_waiting_for_three_deadlines_at_most(open_shop):
    asked = []

    class Shared(MemoryTokenStore):
        def refreshing(self, account, length):
            asked.append(length)
            return super().refreshing(account, length)

    async with open_shop(tokens=Shared(), timeout_s=2.0) as client:
        await client.get("/orders")

    assert asked == [timedelta(seconds=6)]


async def test_a_second_refusal_asks_for_a_person(open_shop, shop):
    async with open_shop() as client:
        await client.get("/things")
        shop.valid.clear()
        shop._grant = lambda: Response(200, json={"token": "useless", "life": 900})

        with pytest.raises(CredentialsError, match="refused with 401, and again with a new token"):
            await client.perform(client.build("POST", "/things"), correlation_id="1")

    assert [call.url.path for call in shop.calls[-3:]] == ["/things", "/token", "/things"]


async def test_a_repeat_after_a_refusal_bears_the_same_correlation_id_and_asks_the_guard_again(open_shop, shop):
    asked = []

    async def guard():
        asked.append(1)

    async with open_shop(correlation_header="X-Correlation") as client:
        await client.get("/things")
        shop.valid.clear()
        request = client.build("POST", "/things")
        await client.perform(request, correlation_id="c-1", guard=guard)

    seen = [call.headers["X-Correlation"] for call in shop.calls[-3:]]
    assert seen[0] == seen[2] == "c-1" != seen[1]
    assert len(asked) == 2


async def test_the_planned_request_and_its_answer_stay_without_token(open_shop):
    async with open_shop(correlation_header="X-Correlation") as client:
        request = client.build("POST", "/things", json={})
        before = list(request.headers.raw)
        response = await client.perform(request, correlation_id="1")

    assert request.headers.raw == before
    assert response.request is request


async def test_a_token_call_bears_the_headers_of_the_connection_and_no_token(open_shop, shop):
    async with open_shop(headers={"Accept-Version": "1"}) as client:
        await client.get("/things")

    assert shop.calls[0].url.path == "/token"
    assert shop.calls[0].headers["Accept-Version"] == "1"
    assert shop.calls[0].headers["Authorization"] == "Basic c2VjcmV0"


async def test_a_refusing_token_service_pauses_the_connection(open_shop, shop):
    shop.token_status = 401
    async with open_shop() as client:
        with pytest.raises(CredentialsError, match="the shop refuses client-1"):
            await client.get("/things")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_failing_token_service_is_transient(status, open_shop, shop):
    shop.token_status = status
    async with open_shop() as client:
        with pytest.raises(TransientError, match=f"/token was answered {status}") as caught:
            await client.perform(client.build("POST", "/things"), correlation_id="1")

    assert caught.value.retry_after == 9


async def test_a_cut_token_call_is_transient_since_asking_again_is_harmless(stub, clock):
    def cut(request):
        raise httpx.ReadError("cut")

    async with stub(cut, clock=clock, auth=Passport()) as client:
        with pytest.raises(TransientError) as caught:
            await client.perform(client.build("POST", "/things"), correlation_id="1")

    assert caught.value.code == "unanswered"


async def test_the_old_token_serves_on_when_the_token_service_fails_before_its_end(open_shop, shop, clock):
    async with open_shop() as client:
        await client.get("/things")
        clock.advance(14.05 * 60)
        shop.token_status = 503
        first = await client.get("/things")
        await client.get("/things")
        clock.advance(55)
        with pytest.raises(TransientError):
            await client.perform(client.build("POST", "/things"), correlation_id="1")

    assert first.status_code == 200
    assert sum(call.url.path == "/token" for call in shop.calls) == 3  # not one for each request


async def test_tasks_that_waited_for_a_failing_renewal_do_not_each_try_again(open_shop, shop):
    shop.token_status = 503
    failures = []

    async with open_shop() as client:

        async def fail():
            with pytest.raises(TransientError):
                await client.perform(client.build("POST", "/things"), correlation_id="1")
            failures.append(1)

        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(fail)

    assert len(failures) == 20
    assert len(shop.calls) < 20


async def test_the_only_place_may_be_held_by_the_request_that_needs_a_token(open_shop, shop):
    async with open_shop(max_in_flight=1) as client:
        with anyio.fail_after(2):
            await client.get("/things")

    assert shop.granted == 1


async def test_a_request_signed_by_itself_is_not_repeated_when_refused(stub, clock):
    class Signature(Passport):
        def sign(self, request, token, now):
            assert token is None
            request.headers["X-Signature"] = str(len(request.content))

    calls = []

    def answer(request):
        calls.append(request)
        return Response(401)

    async with stub(answer, auth=Signature(), needs_token=False) as client:
        with pytest.raises(CredentialsError, match=r"was refused with 401$"):
            await client.perform(client.build("POST", "/things", json={}), correlation_id="1")

    assert [call.headers["X-Signature"] for call in calls] == ["2"]


async def test_nothing_raised_or_logged_bears_the_token(open_shop, shop, caplog):
    caplog.set_level(logging.DEBUG)
    async with open_shop() as client:
        await client.get("/things")
        shop.valid.clear()
        shop.token_status = 401
        with pytest.raises(CredentialsError) as caught:
            await client.get("/things?signature=s3cret")

    told = f"{caught.value!s} {caught.value.facts} {caplog.text}"
    assert "t1" not in told
    assert "c2VjcmV0" not in told
    assert "s3cret" not in told
    assert caught.value.__cause__ is None


def test_a_token_is_not_shown():
    assert "t0k" not in repr(Token("t0k", ManualClock().now(), timedelta(minutes=1).total_seconds(), refresh="t0k"))
