"""Examining accounts: who we are there, what we may do, and whether what settings name is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crossdock.checking import Assembly
from crossdock.contract.checks import Check, Finding, failed, passed, unknown
from crossdock.contract.component import Component
from crossdock.contract.connection import Connection, TestReport
from crossdock.engine.binding import Binder
from crossdock.errors import CredentialsError, CrossdockError

_SKEW = timedelta(seconds=30)
"""More than this between two clocks, and windows of time or signatures may go wrong."""


@dataclass(frozen=True, slots=True)
class Examined:
    """One check of one subject, and what it found."""

    check: str
    subject: str
    finding: Finding


class Examiner:
    """Examines the connections of a definition. Reads only."""

    def __init__(self, assembly: Assembly, binder: Binder, checks: Sequence[Check]) -> None:
        self._assembly = assembly
        self._binder = binder
        self._checks = checks
        self._reports: dict[str, TestReport] = {}

    async def examine(self) -> list[Examined]:
        """Everything about every connection."""
        found: list[Examined] = []
        for name in self._assembly.connections:
            found += [Examined(check, name, finding) for check, finding in await self._account(name)]
        return found + [Examined("choices", name, finding) for name, finding in self._choices()]

    async def _account(self, name: str) -> list[tuple[str, Finding]]:
        connection, client = self._binder.connection(name), await self._binder.client(name)
        used = frozenset(use.rpartition(".")[2] for use in self._assembly.components_of(name))
        try:
            report = self._reports[name] = await connection.test(client.reader, used)
        except CredentialsError as error:
            return [("access", failed(error.message, error.fix or "set the credentials again"))]
        except CrossdockError as error:
            return [("access", _not_reached(error))]
        except Exception as error:  # noqa: BLE001  a plugin that stumbles has not looked
            return [("access", unknown(f"its test failed with {type(error).__name__}"))]
        found = [("access", passed(f"we are {report.account}")), *_permissions(report)]
        found.append(("clock", _clock(client.ahead)))
        return found + await self._special(name, connection)

    async def _special(self, name: str, connection: Connection) -> list[tuple[str, Finding]]:
        """What the plugin itself looks for."""
        found: list[tuple[str, Finding]] = []
        http, components = (await self._binder.client(name)).reader, self._components(name)
        for check in self._checks:
            if not isinstance(connection, check.connection):
                continue
            try:
                found += [(check.name, finding) for finding in await check.run(connection, http, components)]
            except Exception as error:  # noqa: BLE001  one check that stumbles does not hide the others
                why = error.message if isinstance(error, CrossdockError) else type(error).__name__
                found.append((check.name, unknown(f"it could not be looked at: {why}")))
        return found

    def _components(self, name: str) -> list[Component]:
        found: list[Component] = []
        for pipeline in self._assembly.pipelines.values():
            reads = pipeline.connection_name == name
            found += [pipeline.source] if reads else []
            for route in pipeline.routes:
                acts = route.connection_name == name
                found += [route.sink] if acts else []
                found += route.mappers if reads or acts else ()
        return found

    def _choices(self) -> list[tuple[str, Finding]]:
        """Whether what settings name is among what the accounts offer, wherever an account lists its choices."""
        found: dict[tuple[str, str, str], Finding] = {}
        for name, report in self._reports.items():
            for component in self._components(name):
                for kind, values in component.choices_used().items():
                    if kind in report.choices:
                        for value in sorted(values):
                            found[name, kind, value] = _choice(report, kind, value, component)
        return [(name, finding) for (name, _, _), finding in found.items()]


def _not_reached(error: CrossdockError) -> Finding:
    if error.code == "no_connection_test":
        return unknown(error.message)
    return failed(error.message, error.fix or "check base_url, the network and the remote system's status page")


def _permissions(report: TestReport) -> list[tuple[str, Finding]]:
    fix = "grant it in the remote system, to the credentials that the connection uses"
    found = [("permissions", failed(f"it lacks {missing}", fix)) for missing in report.missing]
    if not found and report.granted:
        found.append(("permissions", passed(f"nothing is missing of {', '.join(report.granted)}")))
    found += [("permissions", passed(f"more than is needed: {more}")) for more in report.excessive]
    return found


def _clock(ahead: timedelta) -> Finding:
    seconds = ahead.total_seconds()
    if abs(ahead) <= _SKEW:
        return passed(f"its clock and ours differ by {abs(seconds):.0f} s")
    told = f"its clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} ours"
    return failed(told, "let this machine keep time (`timedatectl set-ntp true`)")


def _choice(report: TestReport, kind: str, value: str, component: Component) -> Finding:
    offered: Mapping[str, None] = dict.fromkeys(report.choices[kind])
    parts = (part for choice in offered for part in (choice, choice.partition(" ")[0], choice.partition(" ")[2]))
    if value.strip().casefold() in {part.strip().casefold() for part in parts}:
        return passed(f"{kind}: {value} is there")
    told = f"{kind}: {value}, which {component.name} names, is not among those that can be used"
    listed = f"it lists: {', '.join(offered) or 'none'}"
    return unknown(told, listed) if kind in report.partial else failed(told, f"name another; {listed}")
