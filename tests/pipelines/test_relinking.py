"""Staff changed what was sent: a person says what stands for which line, and it goes back once."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def edited(loop):
    """An order of two mugs (line 2) and a cap (line 4), changed by staff, dispatched, and held for it."""
    loop.cartoncloud.control("settings", {"quotas": "off"})
    (order,) = loop.place(1, lines=[{"sku": "MUG-01", "quantity": 2}, {"sku": "CAP-01", "quantity": 1}])
    run(loop, "orders")
    run(loop, "acknowledge")
    lines = [{"sku": "MUG-02", "quantity": 3}, {"sku": "PEN-01", "quantity": 1}, {"sku": "CAP-01", "quantity": 1}]
    loop.cartoncloud.control(f"edit/{order}", {"lines": lines})
    loop.dispatch(order, "1ZEDIT")
    run(loop, "tracking", code=1)
    return order


def run(site, *pipelines, code=0):
    done = site.run("run", *pipelines, "--wait", "3s")
    assert done.returncode == code, done.stdout + done.stderr


def held(site):
    listed = json.loads(site.run("deliveries", "--state", "held", "--json").stdout)["deliveries"]
    return [(one["code"], one["fix"]) for one in listed]


def test_edited_order_that_is_linked_anew_is_delivered_once(loop, edited):
    ((code, fix),) = held(loop)
    said = ["--line", "2", "MUG-02", "3", "--line", "4", "CAP-01", "1", "--extra", "PEN-01", "1", "--reason", "no mugs"]

    linked = loop.run("links", "lines", edited, *said)
    run(loop, "tracking")
    run(loop)

    assert code == "lines_edited"
    assert f"`crossdock links lines {edited} --line NUMBER PRODUCT QUANTITY" in fix
    assert linked.returncode == 0, linked.stderr
    assert held(loop) == []
    assert loop.told("shipped") == {edited: [1]}
    assert loop.shipped(edited) == {("1ZEDIT", "MUG-01"): 2, ("1ZEDIT", "CAP-01"): 1}  # what was ordered, by its lines
    assert "no mugs" in loop.run("links", "changes").stdout


def test_line_that_is_left_out_is_not_told_and_undoing_holds_it_again(loop, edited):
    said = ["--line", "4", "CAP-01", "1", "--extra", "MUG-02", "3", "--extra", "PEN-01", "1", "--reason", "mugs broke"]
    loop.run("links", "lines", edited, *said)
    undone = loop.run("links", "undo", "1", "--reason", "they did not")
    run(loop, "tracking", code=1)
    again = held(loop)
    loop.run("links", "undo", "2", "--reason", "they did")
    run(loop, "tracking")

    assert undone.returncode == 0, undone.stderr
    assert [code for code, _ in again] == ["lines_edited"]
    assert loop.shipped(edited) == {("1ZEDIT", "CAP-01"): 1}
