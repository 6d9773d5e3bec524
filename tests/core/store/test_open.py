from __future__ import annotations

from pathlib import Path

import pytest

from crossdock.clock import ManualClock
from crossdock.errors import ConfigError
from crossdock.store.open import open_store
from crossdock.store.sqlite.file import SqliteStore


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:crossdock.db", "/base/crossdock.db"),
        ("sqlite:data/crossdock.db", "/base/data/crossdock.db"),
        ("sqlite:/var/lib/crossdock.db", "/var/lib/crossdock.db"),
        ("sqlite:///crossdock.db", "/base/crossdock.db"),
        ("sqlite:////var/lib/crossdock.db", "/var/lib/crossdock.db"),
    ],
)
def test_open_store_finds_the_file_from_the_given_folder(url, path):
    store = open_store(url, clock=ManualClock(), folder=Path("/base"))

    assert isinstance(store, SqliteStore)
    assert store.path == Path(path)


@pytest.mark.parametrize("url", ["sqlite:", "sqlite://", "mysql:x", "crossdock.db", "", "postgresql:d"])
def test_open_store_refuses_what_it_cannot_open(url):
    with pytest.raises(ConfigError) as caught:
        open_store(url, clock=ManualClock())

    assert "sqlite:" in str(caught.value.fix)
