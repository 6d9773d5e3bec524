"""Pages: a bare array as the body, everything else in headers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from crossdock.simulator import Call, answer
from crossdock_wms_cartoncloud.simulator.problems import refuse
from crossdock_wms_cartoncloud.simulator.settings import CartonCloudSettings


def answer_page(
    call: Call, values: Sequence[dict[str, Any]], settings: CartonCloudSettings, *, minimal: bool = False
) -> Response:
    """The page that the query asks for; where `minimal` is offered, `Prefer: return=minimal` leaves ids only."""
    number = _positive(call, "page", 1)
    size = min(_positive(call, "size", settings.page_size), settings.max_page_size)
    pages = -(-len(values) // size)
    shown: Sequence[dict[str, Any]] = values[(number - 1) * size : number * size]
    headers = {
        "Total-Pages": str(pages),
        "Page-Size": str(size),
        "Page-Number": str(number),
        "Total-Elements": str(len(values)),
    }
    if links := _links(call, number, size, pages):
        headers["Link"] = links
    if minimal and prefers(call, "return=minimal"):
        shown = [{"id": value["id"]} for value in shown]
        headers["Preference-Applied"] = "return=minimal"
    return answer(list(shown), 200, headers)


def prefers(call: Call, preference: str) -> bool:
    """Whether the Prefer header asks for it."""
    return preference in [part.strip() for part in call.headers.get("prefer", "").split(",")]


def _positive(call: Call, name: str, default: int) -> int:
    text = call.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 2**31:
        raise refuse(400, f"Parameter '{name}' must be a whole number above 0")
    return int(text)


def _links(call: Call, number: int, size: int, pages: int) -> str:
    targets = {"first": 1, "prev": number - 1, "next": number + 1, "last": pages}
    base = f"http://{call.headers.get('host', 'localhost')}{call.raw_path}"
    return ", ".join(
        f'<{base}?page={page}&size={size}>; rel="{rel}"'
        for rel, page in targets.items()
        if 1 <= page <= pages and not (rel in ("first", "last") and pages < 2)
    )
