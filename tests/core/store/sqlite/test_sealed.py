from __future__ import annotations

from datetime import timedelta

import anyio
import pytest

from crossdock.errors import ConfigError, StoreError
from crossdock.http.types import Token
from crossdock.store.cipher import Key
from crossdock.store.protocol import LEASE
from crossdock.store.sqlite.sealed import take_lease

pytestmark = pytest.mark.anyio


@pytest.fixture
def token(clock):
    return Token("t0ken-value", clock.now(), 899.5, refresh="refresh-value")


def files_hold(path, words):
    return any(words in file.read_bytes() for file in path.parent.iterdir())


async def test_token_survives_sealed(open_at, path, token):
    async with open_at(path) as store:
        await store.save("shop", token)
        assert not files_hold(path, b"t0ken-value")
        assert not files_hold(path, b"refresh-value")

    async with open_at(path) as store:
        assert await store.load("shop") == token
        assert await store.load("other") is None


async def test_token_lives_in_memory_only_without_a_key(open_at, path, clock, token):
    async with open_at(path, key=None) as store:
        await store.save("shop", token)
        assert await store.load("shop") == token

    async with open_at(path, key=None) as store:
        assert await store.load("shop") is None


@pytest.mark.parametrize("given", [None, Key(b"x" * 32)])
async def test_stored_token_names_the_key_it_needs(open_at, path, clock, key, token, given):
    async with open_at(path) as store:
        await store.save("shop", token)

    async with open_at(path, key=given) as store:
        with pytest.raises(ConfigError, match=f"token of shop needs key {key.id}"):
            await store.load("shop")


async def test_secret_survives_sealed_and_is_replaced(open_at, path, clock, key):
    async with open_at(path) as store:
        await store.put_secret("shop", "first-value", clock.now())
        clock.advance(60)
        await store.put_secret("shop", "hush-ü", clock.now())
        assert not files_hold(path, "hush-ü".encode())

    async with open_at(path) as store:
        assert await store.secret("shop") == "hush-ü"
        assert await store.secret("other") is None
        assert await store.secret_names() == {"shop": clock.now()}


async def test_secret_names_and_removal_need_no_key(open_at, path, clock):
    async with open_at(path) as store:
        await store.put_secret("shop", "hush", clock.now())

    async with open_at(path, key=None) as store:
        assert list(await store.secret_names()) == ["shop"]
        assert await store.remove_secret("shop") is True
        assert await store.remove_secret("shop") is False
        assert await store.secret_names() == {}


async def test_secret_cannot_be_set_or_opened_without_the_key(open_at, path, clock, key):
    async with open_at(path) as store:
        await store.put_secret("shop", "hush", clock.now())

    async with open_at(path, key=None) as store:
        with pytest.raises(ConfigError, match="storing secret other needs a key"):
            await store.put_secret("other", "hush", clock.now())
        with pytest.raises(ConfigError, match=f"secret shop needs key {key.id}, and no key was given"):
            await store.secret("shop")


async def test_secret_moved_to_another_name_does_not_open(store, beside, clock):
    await store.put_secret("a", "hush", clock.now())
    beside.change("UPDATE secrets SET name = 'b'")

    with pytest.raises(ConfigError, match="changed or moved"):
        await store.secret("b")


async def test_only_one_task_renews_at_a_time(store):
    inside, most = 0, 0

    async def renew():
        nonlocal inside, most
        async with store.refreshing("shop"):
            inside += 1
            most = max(most, inside)
            await anyio.lowlevel.checkpoint()
            inside -= 1

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(renew)

    assert (inside, most) == (0, 1)


@pytest.mark.sqlite  # a server goes by its own clock
async def test_right_to_renew_waits_for_another_process_and_no_longer_than_its_lease(open_at, path, clock):
    async with open_at(path) as ours, open_at(path) as theirs:
        await hold_forever(theirs, "shop")
        start = clock.now()

        async with ours.refreshing("shop"):
            waited = clock.now() - start

        async with ours.refreshing("other"):
            assert clock.now() - start == waited
    assert LEASE <= waited < LEASE + timedelta(seconds=1)


async def test_right_to_renew_is_given_back_when_renewing_fails(open_at, path, clock):
    async with open_at(path) as ours, open_at(path) as theirs:
        with pytest.raises(ValueError, match="refused"):
            async with theirs.refreshing("shop"):
                raise ValueError("refused")
        start = clock.now()

        async with ours.refreshing("shop"):
            assert clock.now() == start


@pytest.mark.sqlite  # a server goes by its own clock
async def test_late_holder_does_not_give_back_what_another_took(open_at, path, beside, clock):
    async with open_at(path) as ours, open_at(path) as theirs:
        async with theirs.refreshing("shop"):
            clock.advance(LEASE.total_seconds() + 1)
            right = ours.refreshing("shop")
            await right.__aenter__()
        rows = beside.rows("SELECT name FROM leases")
        await right.__aexit__(None, None, None)

    assert rows == [("token:shop",)]


async def hold_forever(store, account):
    """As a process does that is killed while it renews."""
    now = store._clock.now()
    assert await store._writer.do(lambda connection: take_lease(connection, f"token:{account}", "gone", now, LEASE))


async def test_closed_store_says_so(open_at, path):
    store = open_at(path)

    with pytest.raises(StoreError, match="is not open"):
        await store.load("shop")


async def rekey(store, new, clock):
    return await store.rekey(new, actor="kim", at=clock.now())


async def test_rekey_changes_every_row_or_none(store, open_at, path, clock, token):
    await store.put_secret("one", "1", clock.now())
    await store.put_secret("two", "2", clock.now())
    await store.save("shop", token)
    new = Key(bytes(32))

    assert await rekey(store, new, clock) == 3
    assert await rekey(store, new, clock) == 0

    assert [await store.secret(name) for name in ("one", "two")] == ["1", "2"]
    assert await store.load("shop") == token
    async with open_at(path) as other:
        with pytest.raises(ConfigError, match=f"secret one needs key {new.id}"):
            await other.secret("one")
    assert await store.verify_audit() is None


async def test_rekey_that_meets_a_row_of_another_key_names_it_and_changes_nothing(store, clock, beside):
    await store.put_secret("one", "1", clock.now())
    beside.change("INSERT INTO secrets SELECT 'two', 'abcdef', sealed, at FROM secrets")

    with pytest.raises(ConfigError, match="secret two needs key abcdef"):
        await rekey(store, Key(bytes(32)), clock)

    assert await store.secret("one") == "1"


async def test_rekey_notices_a_row_that_was_moved(store, clock, beside):
    await store.put_secret("one", "1", clock.now())
    await store.put_secret("two", "2", clock.now())
    beside.change("UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'one') WHERE name = 'two'")

    with pytest.raises(ConfigError, match="secrets row two was changed or moved"):
        await rekey(store, Key(bytes(32)), clock)

    assert await store.secret("one") == "1"


@pytest.mark.sqlite
async def test_nothing_that_was_sealed_under_the_old_key_is_left_in_the_files(store, clock, path):
    await store.put_secret("one", "1" * 40, clock.now())
    (sealed,) = store._writer._connection.execute("SELECT sealed FROM secrets").fetchone()

    await rekey(store, Key(bytes(32)), clock)
    await store.tidy()

    assert all(sealed not in file.read_bytes() for file in path.parent.iterdir())
