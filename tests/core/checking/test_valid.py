from __future__ import annotations

from pathlib import Path

import pytest

from crossdock.checking import check
from crossdock.registry import installed

VALID = sorted((Path(__file__).parent / "valid").glob("*.yaml"))
REAL = {plugin.name for plugin in installed()}


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_file_gives_no_finding(path, registry, env, secrets):
    checked = check(path, registry=registry, env=env, secrets=secrets)

    assert [str(fault) for fault in checked.faults] == []
    assert checked.assembly is not None
    assert checked.ok
