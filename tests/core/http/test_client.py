from datetime import timedelta

import httpx
import pytest

from crossdock.clock import ManualClock
from crossdock.errors import AnswerLostError, ConfigError, RejectedError, TransientError
from crossdock.http import Exchange, Response
from crossdock.http.lines import Lines
from crossdock.http.wire import Answer, Trace

pytestmark = pytest.mark.anyio


def script(*steps):
    """Answer with one step after another: a status, a response, or a fault to raise."""
    calls, left = [], list(steps)

    def answer(request):
        calls.append(request)
        step = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, Response) else Response(step)

    answer.calls = calls
    return answer


@pytest.mark.parametrize("fault", [429, 500, 503, 520, httpx.ReadError("cut"), httpx.ConnectError("down"), OSError(5)])
async def test_reading_is_repeated_while_the_fault_may_pass(fault, stub):
    answer, clock = script(fault, fault, 200), ManualClock()

    async with stub(answer, clock=clock, correlation_header="X-Correlation") as client:
        response = await client.get("/things")

    assert response.status_code == 200
    assert len(answer.calls) == 3
    assert len({call.headers["X-Correlation"] for call in answer.calls}) == 1
    assert all(wait <= 2.0 for wait in clock.slept)


@pytest.mark.parametrize("fault", [503, httpx.ReadError("cut")])
async def test_reading_gives_up_after_five_tries(fault, stub):
    answer, clock = script(fault), ManualClock()

    async with stub(answer, clock=clock) as client:
        with pytest.raises(TransientError, match=r"shop: GET shop.example.test/things") as caught:
            await client.get("/things?signature=s3cret")

    assert not isinstance(caught.value, AnswerLostError)
    assert "s3cret" not in f"{caught.value} {caught.value.facts}"
    assert caught.value.__cause__ is None
    assert len(answer.calls) == 5
    assert len(clock.slept) == 4


async def test_reading_backs_off_with_full_jitter(stub):
    waits = []
    for _ in range(3):
        clock = ManualClock()
        async with stub(script(500), clock=clock) as client:
            with pytest.raises(TransientError):
                await client.get("/things")
        waits.append(clock.slept)

    assert all(wait <= 0.5 * 2**n for run in waits for n, wait in enumerate(run))
    assert len(set(waits[0])) == 4


@pytest.mark.parametrize(("written", "waits"), [("30", 30), ("9999", 300)])
async def test_reading_waits_as_long_as_the_vendor_asks(written, waits, stub):
    clock = ManualClock()
    answer = script(Response(503, headers={"Retry-After": written}), 200)

    async with stub(answer, clock=clock) as client:
        await client.get("/things")

    assert clock.monotonic() == pytest.approx(waits, abs=0.01)


@pytest.mark.parametrize("status", [200, 204, 301, 400, 403, 404, 409, 422])
async def test_reading_returns_other_answers_as_they_are(status, stub):
    answer = script(status)

    async with stub(answer) as client:
        assert (await client.get("/things")).status_code == status

    assert len(answer.calls) == 1


@pytest.mark.parametrize("status", [302, 400, 429, 500, 503])
async def test_perform_returns_any_complete_answer_and_repeats_nothing(status, stub):
    answer = script(status)

    async with stub(answer) as client:
        response = await client.perform(client.build("POST", "/things"), correlation_id="1")

    assert response.status_code == status
    assert len(answer.calls) == 1


async def test_post_reads_where_the_connection_says_so(stub):
    answer = script(200)

    async with stub(answer) as client:
        await client.post("/tenants/1/orders/search", json={"page": 1})

    assert answer.calls[0].content == b'{"page":1}'


@pytest.mark.parametrize(("method", "path"), [("POST", "/things"), ("DELETE", "/things"), ("POST", "/search/x")])
async def test_plugins_cannot_send_what_does_not_only_read(method, path, stub):
    answer = script(200)

    async with stub(answer) as client:
        with pytest.raises(RejectedError, match="is not declared as only reading") as caught:
            await client.send(client.build(method, path))

    assert caught.value.code == "not_reading"
    assert not answer.calls


async def test_a_header_cannot_make_a_reading_request_another_one(stub):
    async with stub(script(200)) as client:
        with pytest.raises(RejectedError):
            await client.get("/things", headers={"X-HTTP-Method-Override": "DELETE"})


async def test_a_read_only_connection_cannot_write(stub):
    answer = script(200)

    async with stub(answer, read_only=True) as client:
        await client.perform(client.build("GET", "/things"), correlation_id="1")
        with pytest.raises(RejectedError, match=r"shop is read_only: POST shop\.example\.test/things would") as caught:
            await client.perform(client.build("POST", "/things"), correlation_id="2")

    assert caught.value.code == "read_only"
    assert len(answer.calls) == 1


@pytest.mark.parametrize("url", ["https://evil.example.test/things", "http://shop.example.test/things"])
async def test_nothing_is_sent_to_another_origin(url, stub):
    answer = script(200)

    async with stub(answer) as client:
        with pytest.raises(RejectedError, match="is not an address of this connection") as caught:
            await client.perform(httpx.Request("POST", url), correlation_id="1")

    assert caught.value.code == "foreign_host"
    assert not answer.calls


async def test_perform_puts_the_correlation_id_where_the_vendor_wants_it(stub):
    answer = script(200)

    async with stub(answer, correlation_header="WM_QOS.CORRELATION_ID") as client:
        await client.perform(client.build("POST", "/things"), correlation_id="8f31")

    assert answer.calls[0].headers["WM_QOS.CORRELATION_ID"] == "8f31"


async def test_a_guard_that_objects_is_heard_over_any_transport(stub):
    answer = script(200)

    async def guard():
        raise TransientError("the lease ran out")

    async with stub(answer) as client:
        with pytest.raises(TransientError, match="the lease ran out"):
            await client.perform(client.build("POST", "/things"), correlation_id="1", guard=guard)

    assert not answer.calls


async def test_the_vendors_clock_is_ours_corrected_by_its_dates(stub):
    clock = ManualClock()
    answer = script(Response(200, headers={"Date": "Mon, 02 Nov 2026 09:02:00 GMT"}))

    async with stub(answer, clock=clock) as client:
        assert await client.vendor_now() == clock.now()
        await client.get("/things")
        clock.advance(1)

        assert await client.vendor_now() == clock.now() + timedelta(minutes=2)


@pytest.mark.parametrize("headers", [{"Date": "yesterday"}, {"Date": "Mon, 02 Nov 2026 09:02:00 GMT", "Age": "600"}])
async def test_the_vendors_clock_is_not_read_from_unusable_dates(headers, stub):
    clock = ManualClock()

    async with stub(script(Response(200, headers=headers)), clock=clock) as client:
        await client.get("/things")

        assert await client.vendor_now() == clock.now()


async def test_the_observer_hears_of_each_try_and_of_no_secret(stub):
    heard: list[Exchange] = []
    answer = script(503, httpx.ReadError("cut"), 200)

    async with stub(answer, observer=heard.append) as client:
        await client.get("/things?signature=s3cret")

    assert [(each.status, each.fault) for each in heard] == [(503, None), (None, "answer_lost"), (200, None)]
    assert {(each.connection, each.method, each.path) for each in heard} == {("shop", "GET", "/things")}
    assert len({each.correlation_id for each in heard}) == 1


@pytest.mark.parametrize(
    ("base_url", "says"),
    [
        ("http://shop.example.test", "plain http to shop.example.test would show credentials"),
        ("http://127.0.0.1.example.test", "plain http to"),
        ("ftp://shop.example.test", "is not an https URL"),
        ("shop.example.test", "is not an https URL"),
        ("https://", "is not an https URL"),
        ("https://user:pass@shop.example.test", "must not bear a user or password"),
        ("https://shop.example.test?x=1", "must not bear a query"),
        ("https://shop.example.test:port", "base_url is no URL"),
    ],
)
async def test_open_client_refuses_addresses_that_cannot_be_used(base_url, says, stub):
    with pytest.raises(ConfigError, match=says) as caught:
        async with stub(script(200), base_url=base_url):
            pass

    assert "pass" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "[::1]", "shop.localhost", "sim.internal:8080"])
async def test_open_client_lets_plain_http_go_to_loopback_and_named_hosts(host, stub):
    async with stub(script(200), base_url=f"http://{host}", plain_http_hosts=("sim.internal",)) as client:
        assert (await client.get("/things")).status_code == 200


class StuckWire:
    """A pool that lost its places."""

    faults = (httpx.HTTPError,)

    def __init__(self, stuck):
        self.stuck, self.closed = stuck, False

    async def exchange(self, request, trace):
        if self.stuck:
            raise httpx.PoolTimeout("no place")
        await trace.leave()
        return Answer(200, [], b"")

    async def aclose(self):
        self.closed = True


async def test_a_pool_without_places_is_replaced_and_closed():
    wires = [StuckWire(True), StuckWire(False)]
    left, request = iter(wires), httpx.Request("GET", "https://shop.example.test/")
    lines = Lines(lambda url: next(left))

    with pytest.raises(httpx.PoolTimeout):
        await lines.exchange(request, Trace())
    answer = await lines.exchange(request, Trace())

    assert answer.status == 200
    assert [wire.closed for wire in wires] == [True, False]


async def test_a_pool_without_places_means_that_nothing_left(stub):
    async with stub(script(200)) as client:
        client._post._lines = Lines(lambda url: StuckWire(True))
        with pytest.raises(TransientError, match="could not be sent") as caught:
            await client.perform(client.build("POST", "/things"), correlation_id="1")

    assert not isinstance(caught.value, AnswerLostError)


async def test_a_fault_of_ours_is_not_taken_for_one_of_the_network(stub):
    class BrokenWire(StuckWire):
        async def exchange(self, request, trace):
            raise KeyError("a bug")

    async with stub(script(200)) as client:
        client._post._lines = Lines(lambda url: BrokenWire(False))
        with pytest.raises(KeyError, match="a bug"):
            await client.get("/things")
