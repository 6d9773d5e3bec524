"""`crossdock replay` and `crossdock discard` through the command line."""

from __future__ import annotations

import anyio
import pytest
from click.testing import CliRunner

from crossdock.cli.main import cli
from crossdock.clock import SystemClock
from crossdock.contract.values import Record
from crossdock.store.open import open_store
from crossdock.store.rows import Change, DeliveryUpdate, Intake, State


@pytest.fixture
def dead(tmp_path):
    """A definition's folder with two dead deliveries and a delivered one."""
    (tmp_path / "crossdock.yaml").write_text("version: 1\nstore: sqlite:crossdock.db\n")

    async def fill():
        clock = SystemClock()
        async with open_store("sqlite:crossdock.db", clock=clock, folder=tmp_path) as store:
            records = [Record(key, {"key": key}) for key in "abc"]
            await store.stage(Intake("orders", "account", "order", False, ["route"], records, clock.now()))
            for delivery_id, state in ((1, State.DEAD), (2, State.DEAD), (3, State.DELIVERED)):
                await store.apply(Change(deliveries=[DeliveryUpdate(delivery_id, state, clock.now())]))

    anyio.run(fill)
    return tmp_path


def run(folder, *arguments):
    return CliRunner().invoke(cli, ["-c", str(folder / "crossdock.yaml"), *arguments])


def test_replay_says_what_is_due_again(dead):
    done = run(dead, "replay", "1", "2", "--reason", "mended")

    assert done.exit_code == 0, done.output
    assert "delivery 1 of a is due again" in done.output
    assert "crossdock run orders" in done.output


def test_replay_says_what_it_did_before_it_refuses_another(dead):
    done = run(dead, "replay", "1", "3", "--reason", "mended")

    assert done.exit_code == 2
    assert "delivery 1 of a is due again" in done.output
    assert "only held and dead ones can be replayed" in done.output


def test_discard_closes_for_good(dead):
    assert run(dead, "discard", "2", "--reason", "typed in by hand").exit_code == 0

    assert run(dead, "replay", "2", "--reason", "again").exit_code == 2


def test_replay_needs_a_reason(dead):
    done = run(dead, "replay", "1")

    assert done.exit_code == 2
    assert "--reason" in done.output
