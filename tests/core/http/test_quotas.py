from datetime import timedelta

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.clock import ManualClock
from crossdock.http import Allowance, Ask, MemoryQuotas, Rate, Response, Urgency
from crossdock.http.line import Line
from crossdock.http.quotas import scaled

SLOW = Rate("POST /things", calls=3, per_s=60.0)  # one of the three is kept back
pytestmark = pytest.mark.anyio


class CountedQuotas(MemoryQuotas):
    """Counts what would be transactions."""

    def __init__(self):
        super().__init__()
        self.rents = 0

    async def rent(self, account, rate, ask, now):
        self.rents += 1
        return await super().rent(account, rate, ask, now)


@given(calls=st.integers(1, 50), factor=st.floats(0.001, 100))
def test_scaled_rate_is_exact(calls, factor):
    rate = scaled(Rate("GET /**", calls, 60.0), factor)

    assert rate.calls >= 1
    assert rate.calls / rate.per_s == pytest.approx(calls * factor / 60.0)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_memory_quotas_keep_accounts_and_rates_apart():
    quotas, now, other = MemoryQuotas(), ManualClock().now(), Rate("GET /things", 1)
    await quotas.rent("shop:1", SLOW, Ask(3), now)

    assert (await quotas.rent("shop:1", SLOW, Ask(1), now)).wait_s > 0
    assert (await quotas.rent("shop:2", SLOW, Ask(1), now)).wait_s == 0
    assert (await quotas.rent("shop:1", other, Ask(1), now)).wait_s == 0


def post(client, path="/things"):
    return client.build("POST", path, json={})


async def test_client_waits_for_the_quota_that_all_its_tasks_share(stub):
    clock, sent = ManualClock(), []

    def answer(request):
        sent.append(clock.monotonic())
        return Response(200)

    async with stub(answer, clock=clock, rates=(SLOW,)) as client, anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(lambda: client.perform(post(client), correlation_id="1"))

    assert sent == pytest.approx([0, 0, 20, 40, 60], abs=0.01)


async def test_clients_of_one_account_share_a_store(stub):
    clock, quotas = ManualClock(), MemoryQuotas()
    for _ in range(4):
        async with stub(lambda request: Response(200), clock=clock, quotas=quotas, rates=(SLOW,)) as client:
            await client.perform(post(client), correlation_id="1")

    assert clock.monotonic() == pytest.approx(40, abs=0.01)


async def test_client_rents_seldom_and_gives_back_what_it_does_not_use(stub):
    clock, quotas, rate = ManualClock(), CountedQuotas(), Rate("POST /things", 6000)
    async with stub(lambda request: Response(200), clock=clock, quotas=quotas, rates=(rate,)) as client:
        for _ in range(2000):
            await client.perform(post(client), correlation_id="1")

    left = await quotas.rent("shop:1", rate, Ask(6000), clock.now())
    assert quotas.rents < 20
    assert clock.monotonic() == 0
    assert left.calls == 5700 - 2000


async def test_client_pays_nothing_for_quotas_that_are_off(stub):
    quotas = CountedQuotas()
    async with stub(lambda request: Response(200), quotas=quotas, rates=(SLOW,), quota_factor=None) as client:
        await client.perform(post(client), correlation_id="1")

    assert quotas.rents == 0


async def test_what_ships_goes_before_what_is_caught_up():
    clock, served = ManualClock(), []

    async def obtain(waiting, urgency):
        await anyio.wait_all_tasks_blocked()  # everybody is in line by then

    async def work(name, urgency):
        await line.wait(urgency)
        served.append(name)

    line = Line(clock, obtain)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, "old", Urgency.BACKFILLING)
        tasks.start_soon(work, "new", Urgency.READING)
        tasks.start_soon(work, "shipped", Urgency.DELIVERING)

    assert served == ["shipped", "new", "old"]


async def test_what_is_caught_up_is_not_passed_for_ever():
    clock, served = ManualClock(), []

    async def obtain(waiting, urgency):
        await anyio.wait_all_tasks_blocked()

    async def work(name, urgency):
        await line.wait(urgency)
        served.append(name)

    async def wait_long_and_ship():
        clock.advance(61)
        await work("shipped a minute later", Urgency.DELIVERING)

    line = Line(clock, obtain)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, "old", Urgency.BACKFILLING)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(wait_long_and_ship)

    assert served[0] == "old"


async def test_one_who_leaves_the_line_does_not_stop_it(stub):
    clock, sent = ManualClock(), []
    rate = Rate("POST /things/*", 30, burst=1)

    async def work(client, name, scope):
        with scope:
            await client.perform(post(client, f"/things/{name}"), correlation_id="1")

    def answer(request):
        sent.append(request.url.path.rpartition("/")[2])
        if len(sent) == 1:
            scopes["b"].cancel()
        return Response(200)

    scopes = {name: anyio.CancelScope() for name in "abcd"}
    async with stub(answer, clock=clock, rates=(rate,)) as client, anyio.create_task_group() as tasks:
        for name, scope in scopes.items():
            tasks.start_soon(work, client, name, scope)

    assert set(sent) >= {"a", "c", "d"}


@pytest.mark.parametrize(("factor", "elapsed"), [(2.0, 0.0), (1.0, 40.0), (0.5, 126.0), (None, 0.0)])
async def test_client_multiplies_quotas(factor, elapsed, stub):
    clock = ManualClock()
    async with stub(lambda request: Response(200), clock=clock, rates=(SLOW,), quota_factor=factor) as client:
        for _ in range(4):
            await client.perform(post(client), correlation_id="1")

    # At half: a bucket of one (1.5 rounded down), refilled in 40 s, and used a twentieth slower.
    assert clock.monotonic() == pytest.approx(elapsed, abs=0.01)


async def test_client_believes_what_answers_say_is_left(stub):
    clock = ManualClock()
    facts = {"allowance": lambda response: Allowance(0, clock.now() + timedelta(seconds=45))}
    async with stub(lambda request: Response(200), clock=clock, rates=(SLOW,), **facts) as client:
        await client.perform(post(client), correlation_id="1")
        await client.perform(post(client), correlation_id="1")

    assert clock.monotonic() == pytest.approx(45, abs=0.01)


async def test_client_keeps_an_answer_when_the_plugin_cannot_read_what_is_left(stub):
    async with stub(lambda request: Response(201), allowance=lambda response: 1 / 0) as client:
        response = await client.perform(post(client), correlation_id="1")

    assert response.status_code == 201


@pytest.mark.parametrize(
    ("headers", "waits"),
    [({"Retry-After": "17"}, 17), ({"Retry-After": "Mon, 02 Nov 2026 09:00:40 GMT"}, 40), ({}, 20)],
)
async def test_nobody_sends_after_a_429_until_it_is_allowed_again(headers, waits, stub):
    clock, sent = ManualClock(), []

    def answer(request):
        sent.append(clock.monotonic())
        return Response(429, headers=headers) if len(sent) == 1 else Response(200)

    async with stub(answer, clock=clock, rates=(SLOW,)) as client:
        first = await client.perform(post(client), correlation_id="1")
        await client.perform(post(client, "/elsewhere"), correlation_id="2")
        await client.perform(post(client), correlation_id="3")

    assert first.status_code == 429
    assert sent == pytest.approx([0, 0, max(waits, 20)], abs=0.01)  # the bucket is empty too: 20 s a call


async def test_client_slows_down_when_429s_say_nothing_and_go_on(stub):
    clock = ManualClock()
    async with stub(lambda request: Response(429), clock=clock) as client:
        for _ in range(9):
            await client.perform(post(client), correlation_id="1")

    assert clock.slept == pytest.approx([1, 2, 4, 8, 16, 32, 60, 60], abs=0.01)
