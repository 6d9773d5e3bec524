from datetime import timedelta

import httpx
import pytest

from crossdock.clock import ManualClock
from crossdock.errors import CredentialsError, TransientError
from crossdock.http import SCARCE, MemoryQuotas, MemoryTokenStore, Rate, Request, Response, Token

pytestmark = pytest.mark.anyio
DAY_S = 86_400
SCARCE_LOGINS = (Rate("a minute", 4, burst=4), Rate("a day", 10, per_s=DAY_S, burst=10))


class Passport:
    """A new token for each login."""

    def __init__(self, life_s):
        self.account, self.life_s, self.logins = "client-1", life_s, 0

    def token_flow(self, base_url, previous, now):
        response = yield Request("POST", "https://login.example.test/token")
        if response.status_code == 401:
            raise CredentialsError("refused")
        self.logins += 1
        return Token(f"t{self.logins}", now, self.life_s)

    def sign(self, request, token, now):
        request.headers["Authorization"] = token.value

    def refused(self, response):
        return response.status_code == 401


@pytest.fixture
def clock():
    return ManualClock()


def answer(request):
    return Response(200)


async def read_each(client, clock, minutes, every):
    """Read once in a while; how often it was refused for want of a login."""
    refused = 0
    for _ in range(minutes // every):
        try:
            await client.get("/things")
        except TransientError as error:
            refused += error.code == SCARCE
        await clock.sleep(every * 60)
    return refused


async def test_client_says_at_once_that_no_login_is_left(stub, clock):
    auth = Passport(life_s=60)
    async with stub(answer, clock=clock, auth=auth, logins=SCARCE_LOGINS) as client:
        refused = await read_each(client, clock, minutes=30, every=2)
        before = clock.now()
        with pytest.raises(TransientError, match="no more logins now: 10 in 86400 s") as scarce:
            await client.get("/things")

    assert clock.now() - before < timedelta(seconds=5)  # nobody waited for hours
    assert (scarce.value.code, auth.logins) == (SCARCE, 15 - refused)
    assert scarce.value.retry_after > 60
    assert "CROSSDOCK_KEY_FILE" in scarce.value.fix


async def test_logins_of_any_day_stay_below_twice_the_rate(stub, clock):
    auth = Passport(life_s=60)
    async with stub(answer, clock=clock, auth=auth, logins=SCARCE_LOGINS) as client:
        await read_each(client, clock, minutes=1440, every=5)

    assert 10 < auth.logins <= 20


async def test_logins_are_counted_by_all_processes_of_an_account(stub, clock):
    quotas, auth, refused = MemoryQuotas(), Passport(life_s=7200), 0
    for _ in range(6):  # each a process of its own, without a key: it keeps no token
        async with stub(answer, clock=clock, auth=auth, logins=(Rate("few", 4, per_s=DAY_S),), quotas=quotas) as client:
            try:
                await client.get("/things")
            except TransientError:
                refused += 1

    assert (auth.logins, refused) == (3, 3)  # one of the four is kept back


async def test_kept_token_needs_no_login(stub, clock):
    tokens, auth = MemoryTokenStore(), Passport(life_s=7200)
    for _ in range(6):
        async with stub(answer, clock=clock, auth=auth, logins=SCARCE_LOGINS, tokens=tokens) as client:
            await client.get("/things")

    assert auth.logins == 1


async def test_quotas_off_limits_no_logins(stub, clock):
    auth = Passport(life_s=60)
    async with stub(answer, clock=clock, auth=auth, logins=SCARCE_LOGINS, quota_factor=None) as client:
        assert await read_each(client, clock, minutes=60, every=2) == 0


async def test_login_limits_hold_wherever_the_token_comes_from(stub, clock):
    asked = []

    def served(request):
        asked.append(request.url.host)
        return httpx.Response(200)

    async with stub(served, clock=clock, auth=Passport(60), logins=(Rate("one", 1, per_s=DAY_S),)) as client:
        await client.get("/things")
        await clock.sleep(120)
        with pytest.raises(TransientError):
            await client.get("/things")

    assert asked.count("login.example.test") == 1
