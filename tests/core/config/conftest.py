from __future__ import annotations

import pytest

from crossdock.config import Findings, read_document


@pytest.fixture
def findings():
    return Findings()


@pytest.fixture
def read(tmp_path, findings):
    """Read a definition that is given as text; what is wrong with it is in `findings`."""

    def run(text: str | bytes, *, env=None, secrets=None):
        path = tmp_path / "crossdock.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_document(path, env=env or {}, secrets=secrets, findings=findings)

    return run


@pytest.fixture
def places(findings):
    """The findings as (line, column, code)."""
    return lambda: [(fault.line, fault.column, fault.code) for fault in findings]
