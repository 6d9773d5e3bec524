from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCENARIO = HERE / "scenario"


@pytest.fixture
def env(monkeypatch):
    """The plugin of the tests is installed for this process and for all that it starts."""
    path = os.pathsep.join(filter(None, [str(HERE / "site"), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.syspath_prepend(str(HERE / "site"))
    return dict(os.environ)


@pytest.fixture
def chaos(env):
    """Run `crossdock chaos`; what it printed, and its exit code."""

    def chaos(*arguments: str, scenario: Path = SCENARIO):
        command = [sys.executable, "-m", "crossdock", "chaos", str(scenario), "--sites", "1", *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if "--json" not in arguments:
            return done.stdout + done.stderr, done.returncode
        assert done.stdout, done.stderr
        return json.loads(done.stdout), done.returncode

    return chaos
