from __future__ import annotations

import subprocess
import sys
from uuid import uuid4

import anyio
import psycopg
import pytest

from crossdock.clock import ManualClock
from crossdock.errors import ConfigError, StoreError
from crossdock.store.open import is_there, open_store
from crossdock.store.postgres.address import shown

pytestmark = pytest.mark.anyio


@pytest.fixture
def opened(empty_postgres_url):
    return lambda: open_store(empty_postgres_url, clock=ManualClock())


@pytest.fixture
def tables(empty_postgres_url):
    def names():
        with psycopg.connect(empty_postgres_url) as connection:
            sql = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            return {name for (name,) in connection.execute(sql).fetchall()}

    return names


@pytest.fixture
def change(empty_postgres_url):
    def change(statement):
        with psycopg.connect(empty_postgres_url, autocommit=True) as connection:
            connection.execute(statement)

    return change


async def test_opening_makes_the_store_and_finds_it_again(opened, tables):
    before = tables()
    for number in range(2):
        async with opened() as store:
            assert len(await store.secret_names()) == 0
        assert before == set()
        assert {"deliveries", "crossdock_schema"} <= tables(), number


async def test_looking_whether_there_is_a_store_makes_none(opened, empty_postgres_url, tables):
    assert is_there(empty_postgres_url) is False
    assert tables() == set()

    async with opened():
        assert is_there(empty_postgres_url) is True


async def test_processes_that_open_a_new_store_at_once_make_it_once(opened):
    async def enter():
        async with opened() as store:
            await store.pauses()

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(enter)


async def test_store_of_a_newer_version_is_refused(opened, change):
    async with opened():
        pass
    change("INSERT INTO crossdock_schema VALUES (99, now())")

    with pytest.raises(StoreError, match="made by a newer crossdock: its schema is 99") as caught:
        async with opened():
            pass

    assert caught.value.code == "store_newer"


async def test_tables_of_something_else_are_left_as_they_are(opened, change, tables):
    change("CREATE TABLE deliveries (parcel INTEGER)")

    with pytest.raises(StoreError, match="holds tables that are not crossdock's") as caught:
        async with opened():
            pass

    assert caught.value.code == "store_foreign"
    assert tables() == {"deliveries"}


async def test_schema_that_is_not_there_is_told(postgres_database):
    with pytest.raises(StoreError, match="has no schema to work in"):
        async with open_store(f"{postgres_database}&options=-csearch_path%3Dnowhere", clock=ManualClock()):
            pass


async def test_nothing_is_made_without_the_right_to(empty_postgres_url, postgres, opened):
    name = f"plain_{uuid4().hex}"
    postgres.execute(f"CREATE ROLE {name} LOGIN")
    schema = empty_postgres_url.rpartition("%3D")[2]
    postgres.execute(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
    url = empty_postgres_url.replace("postgres:@", f"{name}@")

    with pytest.raises(StoreError, match="cannot be written: permission denied") as caught:
        async with open_store(url, clock=ManualClock()):
            pass

    assert caught.value.code == "store_not_writable"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://ann:hush@127.0.0.1:1/shop", "the store shop at 127.0.0.1:1 cannot be reached"),
        ("postgresql://ann:hush@nowhere.invalid/shop", "the store shop at nowhere.invalid cannot be reached"),
    ],
)
async def test_server_that_is_not_there_is_named_without_the_password(url, said):
    with pytest.raises(StoreError, match=said) as caught:
        async with open_store(url, clock=ManualClock()):
            pass

    assert caught.value.code == "store_unreachable"
    assert "hush" not in f"{caught.value} {caught.value.fix}"


async def test_database_that_is_not_there_is_named(postgres_server):
    with pytest.raises(StoreError, match=r'does not let us in: .*database "nowhere" does not exist'):
        async with open_store(postgres_server.replace("/postgres?", "/nowhere?"), clock=ManualClock()):
            pass


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://ann:hush@db.example.test:5433/shop?sslmode=require", "the store shop at db.example.test:5433"),
        ("postgresql:///shop?host=/run/postgresql", "the store shop at /run/postgresql"),
        ("postgresql://db.example.test", "the store of the default database at db.example.test"),
    ],
)
def test_address_is_shown_without_user_and_password(url, said):
    assert shown(url) == said


def test_address_that_is_none_is_refused_without_showing_it():
    with pytest.raises(ConfigError, match="no address") as caught:
        open_store("postgresql://ann:hush@db.example.test:port/x", clock=ManualClock())

    assert "hush" not in f"{caught.value} {caught.value.fix}"


def test_missing_driver_names_what_to_install():
    script = """
import sys
sys.modules["psycopg"] = None
from crossdock.clock import ManualClock
from crossdock.store.open import is_there, open_store
open_store("postgresql://db.example.test/shop", clock=ManualClock())
"""

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert "ConfigError: a PostgreSQL store needs psycopg, which is not installed" in ended.stderr
