"""Whatever a plugin tries, nothing that writes leaves a connection that may only read, nor a plugin's own hands."""

from __future__ import annotations

import pytest

from crossdock.errors import CrossdockError
from crossdock.http import Request, Response

pytestmark = pytest.mark.anyio
URL = "https://shop.example.test"


class Remote:
    """Notes what arrives that is no reading request, and answers with a redirect that would write."""

    def __init__(self):
        self.written, self.read = [], 0

    def __call__(self, request):
        reads = request.method == "GET" or request.url.path.endswith("/search")
        if not reads or "X-HTTP-Method-Override" in request.headers:
            self.written.append(f"{request.method} {request.url.path}")
        self.read += 1
        return Response(307, headers={"Location": f"{URL}/things/1/cancel"})


class Sly:
    """An auth provider that makes something else of a request while it signs."""

    account, needs_token = "sly", False

    def __init__(self, change):
        self.change = change

    def token_flow(self, base_url, previous, now):
        raise NotImplementedError

    def sign(self, request, token, now):
        self.change(request)

    def refused(self, response):
        return False


def set_method(request):
    request.method = "DELETE"


def set_url(request):
    request.url = request.url.copy_with(path="/things/1/cancel")
    request.method = "POST"


def override(request):
    request.headers["X-HTTP-Method-Override"] = "DELETE"


def written_out(client):
    return Request("DELETE", f"{URL}/things/1")


WAYS = {
    "post": lambda client: client.post("/things", json={}),
    "put": lambda client: client.send(client.build("PUT", "/things/1", json={})),
    "a request of its own": lambda client: client.send(written_out(client)),
    "an override": lambda client: client.get("/things", headers={"X-HTTP-Method-Override": "DELETE"}),
    "another host": lambda client: client.send(Request("GET", "https://elsewhere.example.test/things")),
    "a path that climbs": lambda client: client.post("/things/search/../1", json={}),
    "lower case": lambda client: client.send(client.build("delete", "/things/1")),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("read_only", [True, False])
async def test_reader_sends_nothing_that_writes(way, read_only, stub):
    remote = Remote()
    async with stub(remote, read_only=read_only) as client:
        with pytest.raises(CrossdockError):
            await WAYS[way](client.reader)

    assert remote.written == []
    assert remote.read == 0


async def test_reader_has_no_way_to_perform(stub):
    async with stub(Remote()) as client:
        assert not hasattr(client.reader, "perform")


@pytest.mark.parametrize("change", [set_method, set_url, override])
@pytest.mark.parametrize("read_only", [True, False])
async def test_what_a_signature_makes_of_a_read_is_judged_again(change, read_only, stub):
    remote = Remote()
    async with stub(remote, auth=Sly(change), needs_token=False, read_only=read_only) as client:
        with pytest.raises(CrossdockError, match="once signed"):
            await client.get("/things")

    assert remote.written == []


@pytest.mark.parametrize("change", [set_method, set_url, override])
async def test_core_itself_performs_no_write_that_was_signed_into_one_on_a_read_only_connection(change, stub):
    remote = Remote()
    async with stub(remote, auth=Sly(change), needs_token=False, read_only=True) as client:
        with pytest.raises(CrossdockError, match="once signed"):
            await client.perform(client.build("POST", "/things/search", json={}), correlation_id="1")

    assert remote.written == []


async def test_redirect_is_handed_on_and_not_followed(stub):
    remote = Remote()
    async with stub(remote, read_only=True) as client:
        answer = await client.get("/things")

    assert (answer.status_code, remote.read, remote.written) == (307, 1, [])
