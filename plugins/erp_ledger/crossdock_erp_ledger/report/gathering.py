"""From a workspace to the values that a report is made of; reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from crossdock import ConfigError, CrossdockError, PipelineView, RouteView, Workspace
from crossdock_erp_ledger.journal.mapper import JournalMapper
from crossdock_erp_ledger.journal.policy import Policy
from crossdock_erp_ledger.ledger import LedgerConnection, LedgerEntry
from crossdock_erp_ledger.report.entries import Entry, entries_of
from crossdock_erp_ledger.report.findings import Finding
from crossdock_erp_ledger.report.period import Period
from crossdock_erp_ledger.report.report import Inputs
from crossdock_erp_ledger.report.seen import Seen

_AROUND = timedelta(days=31)
"""How far beyond the month the ledger is read: what was moved into the month beside it is found there."""
_CUTOFF = "erp_ledger.cutoff"


@dataclass(frozen=True, slots=True)
class Feed:
    """A pipeline and its route into the ledger."""

    pipeline: PipelineView
    route: RouteView

    @property
    def policy(self) -> Policy | None:
        """The settings of the mapper that makes entries; None where there is none of ours."""
        return next((one.policy for one in self.route.mappers if isinstance(one, JournalMapper)), None)


def choose(workspace: Workspace, name: str | None) -> tuple[str, LedgerConnection]:
    """The ledger of that name, or the only one. Raises: ConfigError."""
    ledgers = {one: found for one, found in workspace.connections.items() if isinstance(found, LedgerConnection)}
    if name is not None and name in ledgers:
        return name, ledgers[name]
    there = ", ".join(ledgers) or "none"
    if name is not None:
        raise ConfigError(f"there is no ledger {name!r}", code="unknown_connection", fix=f"the file has: {there}")
    if len(ledgers) != 1:
        fix = f"write `--ledger NAME`; the file has: {there}" if ledgers else "add a connection of erp_ledger"
        raise ConfigError(f"the file has {len(ledgers)} ledgers", code="which_ledger", fix=fix)
    return next(iter(ledgers.items()))


async def gather(
    workspace: Workspace, name: str, ledger: LedgerConnection, period: Period, accepted: frozenset[str]
) -> Inputs:
    """Read what the store and the ledger have. Raises: ConfigError where no pipeline posts into it; StoreError."""
    feeds = [
        Feed(pipeline, route)
        for pipeline in workspace.pipelines.values()
        for route in pipeline.routes
        if workspace.connections[route.connection].identity == ledger.identity
    ]
    unread = _stopped(workspace, period)
    if not feeds and not unread:
        fix = "add a pipeline with a route to it, or name another with `--ledger`"
        raise ConfigError(f"no pipeline posts into {name}", code="nothing_posts", fix=fix)
    seen: list[Seen] = []
    for feed in feeds:
        found = [Seen(one, feed.route.name, feed.policy) async for one in workspace.records(feed.pipeline.name)]
        seen += [one for one in found if not one.stored.erased]
        unread += await _not_read(workspace, feed, period)
        unread += _erased(feed, found, period)
    entries = entries_of([effect async for effect in workspace.effects(name)])
    there, fault = await _ledger(workspace, name, ledger, entries, period)
    return Inputs(
        name=name,
        period=period,
        made_at=workspace.now,
        seen=seen,
        entries=entries,
        ledger=there,
        unread=[*unread, *fault],
        has_cutoff=any(one.name == _CUTOFF.rpartition(".")[2] for feed in feeds for one in feed.route.mappers),
        accepted=accepted,
    )


def zone_of(ledger: LedgerConnection) -> ZoneInfo:
    """The zone in which the books' days begin."""
    return ZoneInfo(ledger.timezone)


def _stopped(workspace: Workspace, period: Period) -> list[Finding]:
    fix = "install the plugin, or mend it: `crossdock check` says what is wrong"
    return [
        Finding("stopped", name, f"pipeline {name} cannot run, and may post into this ledger: {why}", fix, period.last)
        for name, why in workspace.stopped.items()
    ]


async def _not_read(workspace: Workspace, feed: Feed, period: Period) -> list[Finding]:
    """Whether the source was read to its end since the month ended."""
    name = feed.pipeline.name
    read = await workspace.read_through(name)
    if read is not None and read >= period.ends:
        return []
    over = "" if workspace.now >= period.ends else f"; {period.name} goes on until {period.ends.isoformat()}"
    since = "was never read to its end" if read is None else f"was read to its end last at {read.isoformat()}"
    fix = f"once the month is over, `crossdock run {name}`; where the source is read no more, `--accept not_read`"
    return [Finding("not_read", name, f"the source of {name} {since}{over}", fix, period.last)]


def _erased(feed: Feed, found: Sequence[Seen], period: Period) -> list[Finding]:
    """What was read since the month began, and whose content is gone: it may be of the month."""
    gone = sum(1 for one in found if one.stored.erased and one.stored.read_at >= period.begins)
    if not gone:
        return []
    message = f"the content of {gone} records of {feed.pipeline.name} read since {period.name} began is erased"
    fix = "close a month before `retain_payload` (90d) is over; `--accept erased` compares the others"
    return [Finding("erased", feed.pipeline.name, message, fix, period.first)]


async def _ledger(
    workspace: Workspace, name: str, ledger: LedgerConnection, entries: Sequence[Entry], period: Period
) -> tuple[list[LedgerEntry] | None, list[Finding]]:
    """What the ledger has of the month and around it, or why that is not known."""
    first, last = _window(entries, period)
    try:
        found = await ledger.read_entries(await workspace.reader(name), first, last)
    except CrossdockError as error:
        fix = error.fix or "see that the ledger can be reached: `crossdock connections test`"
        told = f"{name} could not be read back: {error.message}"
        return None, [Finding("ledger_not_read", name, told, fix, period.last)]
    return list(found), []


def _window(entries: Sequence[Entry], period: Period) -> tuple[date, date]:
    """The days on which the ledger may have what is of the month: also those of late postings."""
    days = [one.posted for one in entries if period.has(one.day) or period.has(one.posted)]
    return (
        min([period.first - _AROUND, *days]),
        max([period.last + _AROUND, *days]),
    )
