from __future__ import annotations

from collections.abc import Callable

import pytest

from crossdock.clock import ManualClock
from crossdock.store.cipher import Key
from crossdock.store.open import open_store
from crossdock.store.protocol import Store


@pytest.fixture
def backend() -> str:
    return "postgresql"


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_shared(clock: ManualClock, key: Key, postgres_url: str) -> Callable[[], Store]:
    """Another process's view of the store, as far as it knows itself."""
    return lambda: open_store(postgres_url, clock=clock, key=key)
