"""What searches for leaks finds them, wherever they are; and nothing in the tree bears what fixtures plant."""

from __future__ import annotations

import pytest

from planted import PEOPLE, SECRETS

SECRET, PERSON = SECRETS[0], PEOPLE[0]
WAYS = {
    "stdout": f"print('{SECRET}')",
    "stderr": f"import sys; print('about {PERSON} 7', file=sys.stderr)",
    "a log line": f"from crossdock.observe.logs import get_logger; get_logger('x').warning('x', shelf='{SECRET}')",
    "a process": f"import subprocess; subprocess.run(['echo', '{PERSON}'], capture_output=True)",
    "a command": (
        f"import click; from click.testing import CliRunner; "
        f"CliRunner().invoke(click.Command('x', callback=lambda: click.echo('{SECRET}')))"
    ),
    "a file": f"(tmp_path / 'trace.json').write_text('{PERSON}')",
    "a store": f"(tmp_path / 'crossdock.db').write_bytes(b'SQLite format 3 {SECRET}')",
}
HARMLESS = {
    "a buyer in a store": f"(tmp_path / 'crossdock.db').write_bytes(b'SQLite format 3 {PERSON}')",
    "a definition": f"(tmp_path / 'crossdock.yaml').write_text('{SECRET}')",
    "a mask": "print('secret=***')",
}


def outcome(pytester, body):
    pytester.makeconftest('pytest_plugins = ["planted"]')
    pytester.makepyfile(f"def test_it(tmp_path):\n    {body}\n")
    return pytester.runpytest_inprocess("-p", "no:xdist", "-p", "no:cacheprovider")


@pytest.mark.shows_planted
@pytest.mark.parametrize("way", WAYS)
def test_leak_is_found_in(way, pytester):
    result = outcome(pytester, WAYS[way])

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*written all the same:*"])


@pytest.mark.shows_planted
@pytest.mark.parametrize("way", HARMLESS)
def test_no_leak_is_seen_in(way, pytester):
    outcome(pytester, HARMLESS[way]).assert_outcomes(passed=1)


def test_cassettes_bear_neither_secrets_nor_names(request):
    cassettes = list(request.config.rootpath.glob("tests/**/cassettes/**/*.yaml"))

    guilty = [path.name for path in cassettes if any(marker in path.read_text() for marker in SECRETS + PEOPLE)]

    assert cassettes
    assert guilty == []
