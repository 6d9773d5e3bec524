from datetime import timedelta

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.clock import ManualClock
from crossdock.http import Allowance, MemoryQuotas, Rate, Response
from crossdock.http.quotas import scaled

SLOW = Rate("POST /things", calls=3, per_s=60.0)
pytestmark = pytest.mark.anyio


async def grants(quotas, rate, clock, tries):
    """When each of `tries` calls was granted, asking again when told to."""
    times = []
    for _ in range(tries):
        while (wait := await quotas.take("shop:1", rate, clock.now())) > 0:
            clock.advance(wait)
        times.append(clock.monotonic())
    return times


def drive(coroutine):
    """Run a coroutine that never really waits."""
    with pytest.raises(StopIteration) as done:
        coroutine.send(None)
    return done.value.value


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_memory_quotas_grant_a_burst_and_then_an_even_flow():
    times = await grants(MemoryQuotas(), SLOW, ManualClock(), 6)

    assert times == pytest.approx([0, 0, 0, 20, 40, 60], abs=0.01)


@given(
    calls=st.integers(1, 50),
    per_s=st.floats(0.1, 3600),
    pauses=st.lists(st.floats(0, 100), min_size=1, max_size=80),
)
def test_memory_quotas_never_grant_more_than_bucket_and_refill(calls, per_s, pauses):
    rate, quotas, clock = Rate("GET /**", calls, per_s), MemoryQuotas(), ManualClock()
    granted = []
    for pause in pauses:
        clock.advance(pause)
        if drive(quotas.take("shop:1", rate, clock.now())) == 0:
            granted.append(clock.now().timestamp())

    for first, start in enumerate(granted):
        for last in range(first, len(granted)):
            allowed = calls + (granted[last] - start + 0.01) * calls / per_s
            assert last - first + 1 <= allowed + 1e-6


@given(calls=st.integers(1, 50), factor=st.floats(0.001, 100))
def test_scaled_rate_is_exact(calls, factor):
    rate = scaled(Rate("GET /**", calls, 60.0), factor)

    assert rate.calls >= 1
    assert rate.calls / rate.per_s == pytest.approx(calls * factor / 60.0)


@given(remaining=st.integers(0, 30), taken=st.integers(0, 20))
def test_memory_quotas_grant_no_more_than_the_vendor_says_is_left(remaining, taken):
    rate, quotas, clock = Rate("GET /**", 20, 60.0), MemoryQuotas(), ManualClock()
    for _ in range(taken):
        drive(quotas.take("shop:1", rate, clock.now()))

    drive(quotas.correct("shop:1", rate, remaining, None, clock.now()))

    left = 0
    while drive(quotas.take("shop:1", rate, clock.now())) == 0:
        left += 1
    assert left == min(remaining, 20 - taken)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_memory_quotas_wait_for_the_replenishment_that_the_vendor_names():
    quotas, clock = MemoryQuotas(), ManualClock()

    await quotas.correct("shop:1", SLOW, 0, clock.now() + timedelta(seconds=90), clock.now())

    assert await quotas.take("shop:1", SLOW, clock.now()) == pytest.approx(90)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_memory_quotas_keep_accounts_and_rates_apart():
    quotas, clock, other = MemoryQuotas(), ManualClock(), Rate("GET /things", 1)
    await grants(quotas, SLOW, clock, 3)

    assert await quotas.take("shop:2", SLOW, clock.now()) == 0
    assert await quotas.take("shop:1", other, clock.now()) == 0


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

    assert sent == pytest.approx([0, 0, 0, 20, 40], abs=0.01)


async def test_clients_of_one_account_share_a_store(stub):
    clock, quotas = ManualClock(), MemoryQuotas()
    for _ in range(4):
        async with stub(lambda request: Response(200), clock=clock, quotas=quotas, rates=(SLOW,)) as client:
            await client.perform(post(client), correlation_id="1")

    assert clock.monotonic() == pytest.approx(20, abs=0.01)


@pytest.mark.parametrize(("factor", "elapsed"), [(2.0, 0.0), (1.0, 20.0), (0.5, 120.0), (None, 0.0)])
async def test_client_multiplies_quotas(factor, elapsed, stub):
    clock = ManualClock()
    async with stub(lambda request: Response(200), clock=clock, rates=(SLOW,), quota_factor=factor) as client:
        for _ in range(4):
            await client.perform(post(client), correlation_id="1")

    # At half: a bucket of one (1.5 rounded down), refilled in 40 s.
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
