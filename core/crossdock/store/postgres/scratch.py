"""A store that is thrown away: a schema of its own beside whatever else the database holds."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from crossdock.store.postgres import faults
from crossdock.store.postgres.address import connect, shown
from crossdock.store.postgres.queries import load


def renew(url: str, name: str) -> str:
    """Make an empty schema in place of the one of that name; the address of a store there. Raises: StoreError."""
    _execute(url, name, "remove", "make")
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query["options"] = f"{query.get('options', '')} -csearch_path={name}".strip()
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def remove(url: str, name: str) -> None:
    """Throw it away. Raises: StoreError."""
    _execute(url, name, "remove")


def _execute(url: str, name: str, *words: str) -> None:
    where = shown(url)
    try:
        connection = connect(url)
        try:
            for word in words:
                connection.execute(SQL(load("scratch")[word]).format(Identifier(name)))
        finally:
            connection.close()
    except psycopg.Error as error:
        raise faults.explain(error, where) from error
