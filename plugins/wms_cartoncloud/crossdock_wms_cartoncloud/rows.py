"""Raw rows as CartonCloud gives them, looked into without believing their shape: a malformed one stops itself alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from crossdock import Record
from crossdock.jsonio import Json


def at(raw: Json, *path: str) -> Json:
    """What stands at a path; None where nothing does."""
    for key in path:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw


def text_at(raw: Json, *path: str) -> str | None:
    """The text, or the number as text, that stands at a path; None where it is blank or something else."""
    value = at(raw, *path)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def moment_at(raw: Json, *path: str) -> datetime | None:
    """The time, in UTC, that stands at a path with its offset."""
    try:
        moment = datetime.fromisoformat(text_at(raw, *path) or "")
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def version_at(raw: Json) -> int | None:
    """The version of a row, which rises with each change, whichever way its status goes."""
    version = at(raw, "version")
    return version if isinstance(version, int) and not isinstance(version, bool) else None


def names_of(order: Json) -> dict[str, str]:
    """The names of a sale order beside its id."""
    names = {
        "customer_reference": text_at(order, "references", "customer"),
        "numeric_id": text_at(order, "references", "numericId"),
    }
    return {name: value for name, value in names.items() if value is not None}


def numbered(name: str, rows: Sequence[Json]) -> dict[str, str]:
    """The ids of several things as names: "consignment", "consignment_2"."""
    ids = [found for found in (text_at(row, "id") for row in rows) if found is not None]
    return {name if place == 1 else f"{name}_{place}": found for place, found in enumerate(ids, start=1)}


def record_of(
    order: Json, raw: Json = None, *, version: int | None = None, names: Mapping[str, str] = MappingProxyType({})
) -> Record:
    """The record of a sale order; `raw` is kept where it is more than the order itself, `names` beside the order's."""
    return Record(
        key=text_at(order, "id") or "",
        raw=order if raw is None else raw,
        version=version,
        identifiers={**names_of(order), **names},
    )
