"""Every hold that a component declares is walked: held with advice, its cause removed, then delivered once."""

from __future__ import annotations

from pathlib import Path

import hold_walks.cartoncloud
import hold_walks.core
import hold_walks.walmart  # noqa: F401
import pytest
from hold_walks import WALKS
from hold_walks.world import World, declared

from crossdock.contract.holds import CORE
from crossdock.registry import Registry
from crossdock.store.rows import State

ELSEWHERE = {
    ("crossdock", "outcome_unknown"): "core/engine/test_deciding.py",
    ("crossdock", "changed_after_delivery"): "core/engine/test_deciding.py",
    ("crossdock", "restored_unseen"): "core/engine/test_restored.py",
    ("crossdock", "conflict"): "core/engine/test_hold_walks.py",
    ("crossdock", "overdue"): "core/engine/test_hold_walks.py",
    ("crossdock", "plugin_fault"): "core/engine/test_hold_walks.py",
}
"""Walked in the engine's own tests, which need no vendor: the file that names the code."""

NOT_WALKED = set()
"""Tested where they arise, and not walked from end to end yet. This list may only become shorter."""


def every_code() -> set[tuple[str, str]]:
    """Every code that core and the installed plugins declare."""
    held = {(owner, hold.code) for owner, holds in declared(Registry()).items() for hold in holds}
    return held | {("crossdock", hold.code) for hold in CORE}


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


def test_every_declared_hold_is_walked_or_said_not_to_be():
    assert set(WALKS) | set(ELSEWHERE) | NOT_WALKED == every_code()
    assert not (set(WALKS) | set(ELSEWHERE)) & NOT_WALKED


@pytest.mark.parametrize(("code", "file"), [(code, file) for (_, code), file in ELSEWHERE.items()])
def test_hold_that_is_walked_elsewhere_is_named_there(code, file):
    assert f'"{code}"' in (Path(__file__).parents[1] / file).read_text()


@pytest.mark.parametrize(("owner", "code"), list(WALKS), ids=str)
def test_hold_is_explained_then_cured_and_delivered_once(owner, code, world):
    walk = WALKS[owner, code](world)

    next(walk)
    held = [one for one in world.held() if one.code == code]
    shown = [(one.key, one.state.value, one.code, one.reason) for one in world.deliveries()]
    before = world.facts()
    assert next(walk, "at its end") == "at its end"

    assert held, shown
    assert all(one.fix for one in held)
    ended = {one.id: one for one in world.deliveries()}
    assert {ended[one.id].state for one in held} <= {State.DELIVERED, State.SKIPPED}, shown
    assert [one for one in ended.values() if one.state in (State.HELD, State.DEAD, State.ATTEMPTED)] == []
    assert set(world.facts().values()) == {1}
    assert before.items() <= world.facts().items()
