"""What only this backend asks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from crossdock.store.sqlite.queries import Query, read


@cache
def load(name: str) -> Mapping[str, Query]:
    """The queries of `sql/<name>.sql` by their names."""
    return {title: Query(text, (name, title)) for title, text in read(__package__, name).items()}
