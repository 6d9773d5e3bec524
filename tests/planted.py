"""A pytest plugin that searches everything the programs write, in every test, for what the fixtures planted.

The fixtures' secrets and their buyers' names are markers. After each test its captured output, the output of commands
and processes that it ran, and the files that it left are searched: none may bear a marker, and no store a secret.
"""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

SECRETS = (
    "s3cr3t-of-the-depot",
    "the-new-one-of-the-depot",
    "another-secret-altogether",
    "token-0123456789",
    "not-a-secret",
    "hush-hush",
    *(base64.b64encode(pair).decode() for pair in (b"tester:not-a-secret", b"client-1:hush-hush", b"client-1:s3cret")),
)
PEOPLE = ("Sample Buyer", "Zzyzx")
_GIVEN = {".yaml", ".yml", ".py", ".toml", ".env", ".key"}  # what a test writes for the programs to read
_LARGEST = 64 * 1024 * 1024

_written: list[str] = []


class Leaks:
    """What was found, in words that show a marker's first letters only."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def search(self, where: str, text: str, markers: tuple[str, ...]) -> None:
        self.found += [f"{where} bears {marker[:4]}…" for marker in markers if marker in text]


def leaks_of(sections: list[tuple[str, str]], written: list[str], folder: Path | None) -> list[str]:
    """Everything that one test made the programs write."""
    leaks = Leaks()
    for name, text in sections:
        leaks.search(name, text, SECRETS + PEOPLE)
    for text in written:
        leaks.search("the output of a command", text, SECRETS + PEOPLE)
    for path in _files(folder):
        content = path.read_bytes().decode("utf-8", "replace")
        store = content.startswith("SQLite format 3") or re.search(r"\.db(-wal|-shm)?$", path.name) is not None
        leaks.search(path.name, content, SECRETS if store else SECRETS + PEOPLE)
    return leaks.found


def _files(folder: Path | None) -> Iterator[Path]:
    for path in folder.rglob("*") if folder is not None and folder.exists() else ():
        if path.is_file() and path.suffix not in _GIVEN and path.stat().st_size < _LARGEST:
            yield path


def _note(output: Any) -> None:
    if isinstance(output, bytes):
        output = output.decode("utf-8", "replace")
    if output:
        _written.append(str(output))


@pytest.fixture(scope="session", autouse=True)
def _listen() -> Iterator[None]:
    """Note what commands in this process and processes of their own write."""
    patch = pytest.MonkeyPatch()
    invoke, communicate = CliRunner.invoke, subprocess.Popen.communicate

    def listening_invoke(self, *args, **kwargs):
        result = invoke(self, *args, **kwargs)
        _note(result.output)
        return result

    def listening_communicate(self, *args, **kwargs):
        outputs = communicate(self, *args, **kwargs)
        for output in outputs:
            _note(output)
        return outputs

    patch.setattr(CliRunner, "invoke", listening_invoke)
    patch.setattr(subprocess.Popen, "communicate", listening_communicate)
    yield
    patch.undo()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Fail a test that passed, but made something write what it must not."""
    report = yield
    if call.when != "call":
        return report
    written, _written[:] = list(_written), []
    if report.passed and item.get_closest_marker("shows_planted") is None:
        folder = getattr(item, "funcargs", {}).get("tmp_path")
        leaks = leaks_of(report.sections, written, folder)
        if leaks:
            report.outcome = "failed"
            report.longrepr = "planted by the fixtures, and written all the same:\n  " + "\n  ".join(
                dict.fromkeys(leaks)
            )
    return report


def pytest_configure(config: pytest.Config) -> None:
    """The way out for the few tests that write a marker on purpose."""
    config.addinivalue_line("markers", "shows_planted: writes planted secrets or names on purpose, in its own files")
