"""Every hold that a component declares is walked: held with advice, its cause removed, then delivered once."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import pytest

import crossdock
import crossdock_walmart
import crossdock_wms_cartoncloud
import hold_walks.cartoncloud
import hold_walks.core
import hold_walks.walmart  # noqa: F401
from crossdock.contract.holds import CORE
from crossdock.registry import Registry
from crossdock.store.rows import State
from hold_walks import WALKS
from hold_walks.world import World

ELSEWHERE = {
    ("crossdock", "outcome_unknown"): "core/engine/test_deciding.py",
    ("crossdock", "changed_after_delivery"): "core/engine/test_deciding.py",
    ("crossdock", "restored_unseen"): "core/engine/test_restored.py",
    ("crossdock", "conflict"): "core/engine/test_hold_walks.py",
    ("crossdock", "overdue"): "core/engine/test_hold_walks.py",
    ("crossdock", "plugin_fault"): "core/engine/test_hold_walks.py",
    ("erp_ledger", "period_closed"): "plugins/erp_ledger/books/test_pipeline.py",
    ("erp_ledger", "account_not_usable"): "plugins/erp_ledger/books/test_pipeline.py",
    ("erp_ledger", "entry_differs"): "plugins/erp_ledger/books/test_pipeline.py",
    ("erp_ledger", "books_changed"): "plugins/erp_ledger/books/test_pipeline.py",
    ("erp_ledger", "other_books"): "plugins/erp_ledger/books/test_pipeline.py",
}
"""Walked in the engine's own tests, which need no vendor, or beside the plugin: the file that names the code."""

BY_ITSELF = {"outcome_unknown", "overdue", "plugin_fault", "read_only"}
"""What the engine makes holds of that nobody raised as such."""


def declared() -> set[tuple[str, str]]:
    """Every code that core and the installed plugins declare, with who does."""
    registry, found = Registry(), {("crossdock", hold.code) for hold in CORE}
    registry.load_all()
    for kind in ("source", "mapper", "sink"):
        for use in registry.names(kind):
            owner = use.partition(".")[0] if "." in use else "crossdock"
            found |= {(owner, hold.code) for hold in getattr(registry, kind)(use).holds}
    return found


def raised(package: ModuleType) -> set[str]:
    """Every code that stands in the source of a package where a hold is made."""
    trees = [ast.parse(file.read_text()) for file in Path(package.__path__[0]).rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("HoldError", "Attention")]
    return {call.args[0].value for call in made if isinstance(call.args[0], ast.Constant)}


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


def test_every_declared_hold_is_walked():
    assert {(walk.owner, walk.code) for walk in WALKS} | set(ELSEWHERE) == declared()


def test_every_hold_ends_when_its_cause_is_removed_not_only_by_a_choice():
    assert {(walk.owner, walk.code) for walk in WALKS if not walk.by} == {(walk.owner, walk.code) for walk in WALKS}


@pytest.mark.parametrize(
    ("owner", "package"),
    [("crossdock", crossdock), ("walmart", crossdock_walmart), ("wms_cartoncloud", crossdock_wms_cartoncloud)],
)
def test_what_is_raised_is_what_is_declared(owner, package):
    told = {code for one, code in declared() if one == owner}

    assert raised(package) == told - BY_ITSELF


@pytest.mark.parametrize(("code", "file"), [(code, file) for (_, code), file in ELSEWHERE.items()])
def test_hold_that_is_walked_elsewhere_is_named_there(code, file):
    assert f'"{code}"' in (Path(__file__).parents[1] / file).read_text()


@pytest.mark.parametrize("walk", WALKS, ids=str)
def test_hold_is_explained_then_ends_and_is_delivered_once(walk, world):
    steps = walk.take(world)

    next(steps)
    held = [one for one in world.held() if one.code == walk.code]
    shown = [(one.key, one.state.value, one.code, one.reason) for one in world.deliveries()]
    before = world.facts()
    assert next(steps, "at its end") == "at its end"
    after, ended = world.facts(), {one.id: one for one in world.deliveries()}

    assert held, shown
    assert all(one.fix for one in held)
    assert {ended[one.id].state for one in held} <= {State.DELIVERED, State.SKIPPED}
    assert [one for one in ended.values() if one.state in (State.HELD, State.DEAD, State.ATTEMPTED)] == []
    assert set(after.values()) == {1}
    assert before.items() <= after.items()
    assert len(after) - len(before) == walk.made
