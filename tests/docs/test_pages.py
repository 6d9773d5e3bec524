"""What all pages have in common: their definitions are valid, their links lead somewhere, their commands exist."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import pytest

from crossdock.checking import check
from crossdock.cli.main import COMMANDS
from crossdock.registry import Registry
from crossdock.scenario import load_scenario

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(ROOT.glob("*/README.md")),
    *sorted(ROOT.glob("plugins/*/README.md")),
]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"`crossdock (?:-c \S+ )?([a-z]+)")
_PLUGGED = re.compile(r"^@click\.command\(\)\n(?:@.*\n)*(?:async )?def (\w+)", re.MULTILINE)
_NOT_YET = re.compile(r"^#+ [^\n]*not there yet.*?(?=^#|\Z)", re.MULTILINE | re.DOTALL | re.IGNORECASE)


@pytest.fixture(params=PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def page(request):
    return request.param


def marked(blocks, word):
    return [block for block in blocks if block.says(word) or block.value(word)]


def anchors(page):
    """As the pages' viewer makes them of headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture
def registry(blocks_of, tmp_path):
    """The installed plugins, and the one of the page about plugins."""
    code = next(b for b in blocks_of("docs/writing-a-plugin.md") if b.value("file") == "crossdock_bench/plugin.py")
    path = tmp_path / "crossdock_bench_of_the_page.py"
    path.write_text(code.text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    sys.modules[path.stem] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield Registry(extra={"bench": module})
    del sys.modules[path.stem]


def test_page_has_definitions_without_a_fault(page, blocks_of, registry, tmp_path):
    for block in marked(blocks_of(page.relative_to(ROOT)), "check"):
        file = tmp_path / "crossdock.yaml"
        file.write_text(block.text)
        names = set(re.findall(r"\$\{env:(\w+)\}", block.text))
        env = {name: "http://127.0.0.1:1" if name.endswith("_URL") else "something" for name in names}

        checked = check(file, registry=registry, env=env)

        assert checked.faults == (), f"{block}: {checked.faults[0]}"


def test_page_has_scenarios_that_can_be_played(page, blocks_of, tmp_path):
    for block in marked(blocks_of(page.relative_to(ROOT)), "scenario"):
        (tmp_path / "scenario.yaml").write_text(block.text)

        assert load_scenario(tmp_path).about


def test_page_links_to_what_is_there(page):
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{page.name} links to {link}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}"


def test_page_names_no_command_that_is_not_there(page):
    text = _NOT_YET.sub("", page.read_text(encoding="utf-8"))
    plugged = {command.name for plugin in Registry().load_all() for command in plugin.commands()}
    own = _PLUGGED.findall(text)  # of the plugin that the page makes

    assert set(_COMMAND.findall(text)) - {*COMMANDS, *plugged, *own} == set()


def test_documentation_has_blocks_that_are_executed(blocks_of):
    blocks = [block for page in PAGES for block in blocks_of(page.relative_to(ROOT))]

    assert len(marked(blocks, "check")) >= 3
    assert len(marked(blocks, "run")) >= 15


def test_readme_shows_what_the_demo_says(blocks_of):
    (sample,) = marked(blocks_of("README.md"), "demo")
    scenario = load_scenario(ROOT / "examples" / "walmart-cartoncloud")

    told = [step.say for step in scenario.steps if step.say]

    assert [line for line in told if line not in sample.text] == []
    assert ", ".join(f"{count} {code}" for code, count in sorted(scenario.held.items())) in sample.text


def test_changelog_has_a_section_for_the_version_that_is_built():
    version = tomllib.loads((ROOT / "core" / "pyproject.toml").read_text())["project"]["version"]

    assert re.search(rf"^## .*\b{re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_readme_uses_targets_that_make_has():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    used = set(re.findall(r"\bmake (\w+)", (ROOT / "README.md").read_text()))

    assert used >= {"demo", "test"}
    assert used <= targets
