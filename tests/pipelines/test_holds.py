"""Every hold that a component declares is walked: held with advice, its cause removed, then delivered once."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import pytest

import crossdock
import crossdock_erp_ledger
import crossdock_walmart
import crossdock_wms_cartoncloud
import hold_walks.cartoncloud
import hold_walks.core
import hold_walks.fsm
import hold_walks.ledger
import hold_walks.m3
import hold_walks.m3_customers
import hold_walks.money
import hold_walks.told_twice
import hold_walks.walmart  # noqa: F401
from crossdock.contract.holds import CORE
from crossdock.registry import Registry
from crossdock.store.rows import State
from hold_walks import WALKS

ELSEWHERE = {
    ("crossdock", "outcome_unknown"): "core/engine/test_deciding.py",
    ("crossdock", "changed_after_delivery"): "core/engine/test_deciding.py",
    ("crossdock", "restored_unseen"): "core/engine/test_restored.py",
    ("crossdock", "backfill_unseen"): "core/engine/test_delivering.py",
    ("crossdock", "conflict"): "core/engine/test_hold_walks.py",
    ("crossdock", "overdue"): "core/engine/test_hold_walks.py",
    ("crossdock", "plugin_fault"): "core/engine/test_hold_walks.py",
    ("crossdock", "facts_overlap"): "core/engine/test_facts.py",
}
"""Walked in the engine's own tests, which need no vendor: the file that names the code."""

BY_A_PERSON = {
    ("erp_ledger", "partly_posted"),
    ("erp_ledger", "refund_withdrawn"),
    ("erp_ledger", "settlement_changed"),
    ("erp_ledger", "settlement_sum_differs"),
    ("erp_ledger", "unknown_settlement_kind"),
    ("walmart", "damaged_order_id"),
    ("walmart", "unknown_refund_status"),
}
"""What was said once for all, or done by others: there is no cause to be removed, and a person's word ends it."""

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
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [(call.func.id, call) for call in calls if isinstance(call.func, ast.Name)]
    said = [call.args[0] for name, call in named if name in ("HoldError", "Attention") and call.args]
    # A `Kind` says which words of the remote system come to which hold.
    said += [word.value for name, call in named if name == "Kind" for word in call.keywords if word.arg == "code"]
    return {one.value for one in said if isinstance(one, ast.Constant)}


def test_every_declared_hold_is_walked():
    assert {(walk.owner, walk.code) for walk in WALKS} | set(ELSEWHERE) == declared()


def test_every_hold_ends_when_its_cause_is_removed_not_only_by_a_choice():
    walked = {(walk.owner, walk.code) for walk in WALKS}

    assert walked - {(walk.owner, walk.code) for walk in WALKS if not walk.by} == BY_A_PERSON


@pytest.mark.parametrize(
    ("owner", "package"),
    [
        ("crossdock", crossdock),
        ("erp_ledger", crossdock_erp_ledger),
        ("walmart", crossdock_walmart),
        ("wms_cartoncloud", crossdock_wms_cartoncloud),
    ],
)
def test_what_is_raised_is_what_is_declared(owner, package):
    told = {code for one, code in declared() if one == owner}

    assert raised(package) == told - BY_ITSELF


@pytest.mark.parametrize(("code", "file"), [(code, file) for (_, code), file in ELSEWHERE.items()])
def test_hold_that_is_walked_elsewhere_is_named_there(code, file):
    assert f'"{code}"' in (Path(__file__).parents[1] / file).read_text()


@pytest.mark.parametrize("walk", WALKS, ids=str)
def test_hold_is_explained_then_ends_and_is_delivered_once(walk, tmp_path, monkeypatch):
    site = walk.site(tmp_path, monkeypatch)
    steps = walk.take(site)

    next(steps)
    held = [one for one in site.held() if one.code == walk.code]
    shown = [(one.key, one.state.value, one.code, one.reason) for one in site.deliveries()]
    before = site.facts()
    assert next(steps, "at its end") == "at its end"
    after, ended = site.facts(), {one.id: one for one in site.deliveries()}

    assert held, shown
    assert all(one.fix for one in held)
    assert {ended[one.id].state for one in held} <= {State.DELIVERED, State.SKIPPED}
    assert [one for one in ended.values() if one.state in (State.HELD, State.DEAD, State.ATTEMPTED)] == []
    assert set(after.values()) == {1}
    assert before.items() <= after.items()
    assert len(after) - len(before) == walk.made
