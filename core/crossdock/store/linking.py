"""A link seen from its other side; the same for every backend."""

from __future__ import annotations

from collections.abc import Mapping

from crossdock.contract.values import Link
from crossdock.jsonio import Json


def turn(link: Link) -> Link:
    """The same link seen from its other side; lines that say no id of their own are left out.

    One near line on several far ones is a list, and so are two near lines on one far line: nobody can mistake it for
    one of them.
    """
    lines: dict[str, Json] = {}
    for near_line, several in link.lines.items():
        for beside in several if isinstance(several, list) else [several]:
            far_line = beside.get("id") if isinstance(beside, Mapping) else beside
            if not isinstance(far_line, str | int):
                continue
            back = {**beside, "id": near_line} if isinstance(beside, Mapping) else near_line
            taken = lines.get(str(far_line))
            lines[str(far_line)] = back if taken is None else [*(taken if isinstance(taken, list) else [taken]), back]
    return Link(near=link.far, far=link.near, lines=lines, detail=link.detail)
