"""Reading a search to its end although its rows move from page to page meanwhile."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

from crossdock.jsonio import Json
from crossdock_wms_cartoncloud.api import Page
from crossdock_wms_cartoncloud.rows import text_at, version_at

PASSES = 3
"""How often a list that moves is read before the cursor stays where it is until next time."""


@dataclass
class Report:
    """How a read went: whether nothing can have been missed, and what an operator should hear."""

    complete: bool = True
    notes: list[str] = field(default_factory=list)

    @property
    def note(self) -> str | None:
        """All notes as one text."""
        return "; ".join(dict.fromkeys(self.notes)) or None


@dataclass
class _Pass:
    """One turn through all pages. A row is missed only if rows before it went away while pages were turned."""

    pages: int = 0
    totals: set[int | None] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    fresh: int = 0

    @property
    def whole(self) -> bool:
        """Whether the list stood still: one answer, or all of them tell one total and the rows add up to it."""
        if self.pages <= 1 or self.totals == {None}:
            return True
        total = next(iter(self.totals))
        return len(self.totals) == 1 and total is not None and len(self.seen) >= total


async def read_listing(turn: Callable[[int], Awaitable[Page]], report: Report) -> AsyncGenerator[list[Json], None]:
    """Yield the rows of all pages, each (id, version) once; turn the pages again where rows went away meanwhile.

    A pass that brings nothing new after an earlier one is believed too: some totals count what we may not see. Where
    none is, the report says that the read is not complete.
    """
    known: set[tuple[str, int | None]] = set()
    for attempt in range(PASSES):
        walk = _Pass()
        number, pages = 1, 1
        while number <= pages:
            page = await turn(number)
            fresh = _fresh(page, walk, known)
            if fresh:
                yield fresh
            if not page.rows:
                break
            number, pages = number + 1, page.pages
        if walk.whole or (attempt and not walk.fresh):
            return
    report.complete = False
    report.notes.append("the list kept moving while it was read; it is read again next time")


def _fresh(page: Page, walk: _Pass, known: set[tuple[str, int | None]]) -> list[Json]:
    walk.pages += 1
    walk.totals.add(page.total)
    fresh = []
    for place, row in enumerate(page.rows):
        key = text_at(row, "id")
        walk.seen.add(key or f"{walk.pages}/{place}")
        if key is not None and (key, version_at(row)) not in known:
            known.add((key, version_at(row)))
            fresh.append(row)
    walk.fresh += len(fresh)
    return fresh
