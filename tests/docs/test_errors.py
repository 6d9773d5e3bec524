"""Every code that the programs can say has its heading in errors.md, and no heading is left of one that is gone."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

# Where a code stands in the call that says it, if it is not `code=`.
_PLACES = {
    "Attention": 0,
    "Complaint": 0,
    "Fault": 3,
    "HoldError": 0,
    "Notice": 0,
    "Verdict": 1,
    "add": 1,
    "notice": 0,
    "skipped": 1,
    "warn": 1,
}
_PRINTED = re.compile(r"^[a-z][a-z0-9_]*$")
_IN_SQL = re.compile(r"\bcode = '(\w+)'")
_NOT_OURS = {"simulator", "testing"}  # what these say, they say to authors and in a vendor's words


def _texts(node, constants):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _texts(node.body, constants) | _texts(node.orelse, constants)
    return constants.get(node.id, set()) if isinstance(node, ast.Name) else set()


def _constants(trees):
    found = {}
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, set()).update(_texts(node.value, {}))
    return found


def _in_call(call, constants):
    found = [_texts(keyword.value, constants) for keyword in call.keywords if keyword.arg == "code"]
    place = _PLACES.get(getattr(call.func, "attr", getattr(call.func, "id", "")))
    if place is not None and len(call.args) > place:
        found.append(_texts(call.args[place], constants))
    return set().union(*found)


def _in_assignment(assign, constants):
    found = set()
    for target in assign.targets:
        pairs = [(target, assign.value)]
        if isinstance(target, ast.Tuple) and isinstance(assign.value, ast.Tuple):
            pairs = list(zip(target.elts, assign.value.elts, strict=True))
        for name, value in pairs:
            if isinstance(name, ast.Name) and name.id == "code":
                found |= _texts(value, constants)
    return found


@pytest.fixture(scope="module")
def codes(request):
    """The codes in the sources of core and of our plugins."""
    root = request.path.parents[2]
    sources = [
        path for top in ("core", "plugins") for path in (root / top).rglob("*.py") if not _NOT_OURS & set(path.parts)
    ]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sources]
    constants, found = _constants(trees), set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call):
            found |= _in_call(node, constants)
        elif isinstance(node, ast.Assign):
            found |= _in_assignment(node, constants)
    for path in (root / "core").rglob("*.sql"):
        found.update(_IN_SQL.findall(path.read_text(encoding="utf-8")))
    return {code for code in found if _PRINTED.match(code)}


@pytest.fixture(scope="module")
def headings(request):
    text = (request.path.parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
    return re.findall(r"^### `(\w+)`$", text, re.MULTILINE)


def test_codes_are_found_wherever_they_are_written(codes):
    # One of each form: keyword, position, conditional, constant, tuple, class, SQL.
    assert codes >= {
        "gave_up",
        "unmapped_node",
        "not_done",
        "outcome_unknown",
        "not_available",
        "answer_lost",
        "superseded",
    }


def test_errors_page_explains_every_code(codes, headings):
    assert sorted(codes - set(headings)) == []


def test_errors_page_explains_no_code_that_is_gone(codes, headings):
    assert sorted(set(headings) - codes) == []


def test_errors_page_explains_each_code_once(headings):
    assert [code for code, times in Counter(headings).items() if times > 1] == []
