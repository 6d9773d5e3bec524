from __future__ import annotations

import re
from pathlib import Path

import pytest

from crossdock.checking import check

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.yaml"))
EXPECTED = re.compile(r"# expect: (\d+):(\d+) (\w+) \| (.+)")
WARNINGS = {
    "unused_connection", "unused_key", "no_probe", "read_only_connection", "literal_secret", "shared_store",
    "cannot_keep_up", "slow_route",
}  # fmt: skip


def test_corpus_is_large_enough_to_mean_something():
    codes = {code for path in CORPUS for *_, code, _ in EXPECTED.findall(path.read_text())}

    assert len(CORPUS) >= 100
    assert len(codes) >= 30


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_check_finds_every_fault_of_a_broken_file_at_its_place_and_no_other(path, registry, env, secrets):
    expected = [(int(line), int(column), code, said) for line, column, code, said in EXPECTED.findall(path.read_text())]

    checked = check(path, registry=registry, env=env, secrets=secrets)

    assert [(fault.line, fault.column, fault.code, fault.message) for fault in checked.faults] == expected
    assert expected


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_each_fault_of_a_broken_file_says_how_to_mend_it(path, registry, env, secrets):
    checked = check(path, registry=registry, env=env, secrets=secrets)

    assert all(fault.fix for fault in checked.faults)
    assert {fault.severity for fault in checked.faults if fault.code in WARNINGS} <= {"warning"}
    assert {fault.severity for fault in checked.faults if fault.code not in WARNINGS} <= {"error"}


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_no_fault_shows_what_came_through_a_reference(path, registry, env, secrets):
    checked = check(path, registry=registry, env=env, secrets=secrets)

    shown = "\n".join(str(fault) for fault in checked.faults)
    assert not [value for value in env.values() if len(value) > 4 and value in shown]
    assert "12345678" not in shown  # a secret that stands in the file
    assert secrets.revealed == []
