from __future__ import annotations

import re

import pytest

DEFINITION = "version: 1\nstore: sqlite:crossdock.db\nconnections: {}\npipelines: {}\n"
_LOGGED = re.compile(r"""_log\.\w+\(\s*"(\w+\.\w+)"|\("(\w+\.\w+)", "(?:debug|info|warning|error)"\)""")


@pytest.fixture
def logged(root):
    """The events that core logs."""
    sources = [path.read_text(encoding="utf-8") for path in (root / "core" / "crossdock").rglob("*.py")]
    return {one or other for text in sources for one, other in _LOGGED.findall(text)}


def test_operating_works_when_only_the_page_is_followed(session, blocks_of):
    (session.folder / "crossdock.yaml").write_text(DEFINITION)

    session.follow(blocks_of("docs/operating.md"))

    assert (session.folder / "crossdock.db").stat().st_mode & 0o077 == 0


def test_operating_lists_every_event_that_is_logged_and_no_other(root, logged):
    text = (root / "docs" / "operating.md").read_text(encoding="utf-8")

    listed = set(re.findall(r"^\| `(\w+\.\w+)` \|", text, re.MULTILINE))

    assert "delivery.held" in logged
    assert listed == logged


_OF_CHECKERS = {"CROSSDOCK_BOUNDARY", "CROSSDOCK_CLOCK", "CROSSDOCK_SABOTAGE"}


def test_operating_lists_every_variable_that_is_read(root):
    text = (root / "docs" / "operating.md").read_text(encoding="utf-8")
    sources = "".join(path.read_text(encoding="utf-8") for path in (root / "core" / "crossdock").rglob("*.py"))

    read = set(re.findall(r"\"(CROSSDOCK_\w+)\"", sources)) - _OF_CHECKERS

    assert {name for name in read if name not in text} == set()
