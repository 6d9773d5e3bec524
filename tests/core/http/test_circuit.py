from __future__ import annotations

import anyio
import httpx
import pytest

from crossdock.clock import ManualClock
from crossdock.errors import AnswerLostError, TransientError
from crossdock.http import LOST, MemoryCircuits, Response

pytestmark = pytest.mark.anyio


class Remote:
    """A remote system that can be away, and counts who tried it."""

    def __init__(self):
        self.away, self.status, self.tried = True, 200, 0

    def __call__(self, request):
        self.tried += 1
        if self.away:
            raise httpx.ConnectError("refused")
        return Response(self.status)


@pytest.fixture
def remote():
    return Remote()


async def perform(client):
    return await client.perform(client.build("POST", "/things", json={}), correlation_id="1")


async def fail(client, times):
    codes = []
    for _ in range(times):
        with pytest.raises(TransientError) as error:
            await perform(client)
        codes.append(error.value.code)
    return codes


async def test_connection_is_lost_after_five_faults_and_then_nothing_is_sent(remote, stub):
    async with stub(remote) as client:
        codes = await fail(client, 9)

        assert codes == ["answer_lost"] * 5 + [LOST] * 4
        assert remote.tried == 5
        assert 0 < client.lost_s <= 2


async def test_connection_is_lost_when_it_answers_nothing_but_5xx(remote, stub):
    remote.away, remote.status = False, 502
    async with stub(remote) as client:
        answers = [await perform(client) for _ in range(5)]

        with pytest.raises(TransientError, match=r"shop is lost since .*: it answered 502"):
            await perform(client)
    assert [answer.status_code for answer in answers] == [502] * 5


async def test_connection_is_not_lost_while_something_works_in_between(remote, stub):
    async with stub(remote) as client:
        for _ in range(4):
            await fail(client, 4)
            remote.away = False
            await perform(client)
            remote.away = True

        assert client.lost_s == 0


async def test_refusals_and_throttling_do_not_count_as_loss(remote, stub):
    remote.away = False
    async with stub(remote) as client:
        for remote.status in (404, 422, 429, 409, 400, 410):
            await perform(client)

        assert client.lost_s == 0


async def test_one_request_tries_a_lost_connection_and_all_go_on_where_it_works(remote, stub):
    clock, told = ManualClock(), []
    async with stub(remote, clock=clock, outages=lambda outage, over: told.append(over)) as client:
        await fail(client, 7)
        clock.advance(2)
        remote.away, remote.tried = False, 0

        async with anyio.create_task_group() as tasks:
            for _ in range(6):
                tasks.start_soon(perform, client)

    assert remote.tried == 6
    assert told == [False, True]


async def test_only_the_one_that_tries_is_sent_while_it_is_still_lost(remote, stub):
    clock = ManualClock()
    codes = []

    async def one(client):
        codes.extend(await fail(client, 1))

    async with stub(remote, clock=clock) as client:
        await fail(client, 5)
        clock.advance(2)
        remote.tried = 0

        async with anyio.create_task_group() as tasks:
            for _ in range(6):
                tasks.start_soon(one, client)

    assert remote.tried == 1
    assert sorted(codes) == ["answer_lost"] + [LOST] * 5


async def test_pauses_grow_up_to_a_minute_and_the_loss_is_told_once(remote, stub):
    clock, told, pauses = ManualClock(), [], []
    async with stub(remote, clock=clock, outages=lambda outage, over: told.append(over)) as client:
        await fail(client, 5)
        for _ in range(8):
            pauses.append(client.lost_s)
            clock.advance(client.lost_s)
            await fail(client, 1)

    assert pauses == pytest.approx([2, 4, 8, 16, 32, 60, 60, 60])
    assert told == [False]


async def test_next_client_knows_of_the_outage_and_tries_once(remote, stub):
    clock, circuits = ManualClock(), MemoryCircuits()
    async with stub(remote, clock=clock, circuits=circuits) as client:
        await fail(client, 5)
    remote.tried = 0

    async with stub(remote, clock=clock, circuits=circuits) as client:
        early = await fail(client, 3)
        clock.advance(2)
        remote.away = False
        await perform(client)

    assert early == [LOST] * 3
    assert remote.tried == 1
    assert await circuits.outage("shop:1") is None


async def test_one_that_tried_and_was_cancelled_lets_another_try(remote, stub):
    clock = ManualClock()
    async with stub(remote, clock=clock) as client:
        await fail(client, 5)
        clock.advance(2)
        with anyio.CancelScope() as scope:
            scope.cancel()
            request = client.build("POST", "/things", json={})
            await client.perform(request, correlation_id="1", guard=anyio.lowlevel.checkpoint)
        remote.away = False

        assert (await perform(client)).status_code == 200


async def test_read_does_not_repeat_itself_on_a_lost_connection(remote, stub):
    clock = ManualClock()
    async with stub(remote, clock=clock) as client:
        with pytest.raises(TransientError, match="its answer is lost"):
            await client.get("/things")
        slept = len(clock.slept)

        with pytest.raises(TransientError) as error:
            await client.get("/things")

    assert error.value.code == LOST
    assert remote.tried == 5
    assert len(clock.slept) == slept


async def test_what_left_stays_unknown_although_the_connection_is_lost(remote, stub):
    async with stub(remote) as client:
        await fail(client, 4)
        with pytest.raises(AnswerLostError):  # the fifth opens the circuit, and its own outcome is unknown
            await perform(client)

        assert client.lost_s > 0
