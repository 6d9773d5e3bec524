from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from crossdock.checking import check
from crossdock.errors import ConfigError
from crossdock.registry import Registry

HERE = Path(__file__).parent
ENV = {
    "WALMART_CLIENT_ID": "walmart-client",
    "CC_CLIENT_ID": "warehouse-client",
    "EMPTY": "",
    "PLAIN_URL": "http://stranger.example.test",
    "TOKEN": "hunter2-hunter2",
    "MANY": "12",
}


class StoredSecrets:
    """A secret store with two secrets in it, which notes what it was asked to reveal."""

    def __init__(self) -> None:
        self.revealed: list[str] = []
        self._values = {"walmart_us": "first-secret", "acme_3pl": "second-secret"}

    def names(self) -> set[str]:
        return set(self._values)

    def reveal(self, name: str) -> str:
        self.revealed.append(name)
        if name not in self._values:
            raise ConfigError(f"no secret {name}")
        return self._values[name]


def _import(path: Path) -> ModuleType:
    name = f"crossdock_tests_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic looks annotations up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def modules():
    return {path.stem: _import(path) for path in (HERE / "plugins").glob("*.py")}


@pytest.fixture
def registry(modules):
    return Registry(extra=modules, discover=False)


@pytest.fixture
def secrets():
    return StoredSecrets()


@pytest.fixture
def env():
    return dict(ENV)


@pytest.fixture
def check_text(tmp_path, registry, secrets, env):
    """Check a definition that is given as text; `file` names it."""

    def run(text: str | bytes, *, file: str = "crossdock.yaml", **kwargs):
        path = tmp_path / file
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return check(path, **{"registry": registry, "env": env, "secrets": secrets, **kwargs})

    return run
