"""What is wrong with a definition, and where: every fault bears its position and its mend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Literal

from crossdock.config.nodes import Mark
from crossdock.errors import ConfigError

Severity = Literal["error", "warning"]
_SHORTEST_HIDDEN = 4  # replacing "1" or "us" wherever it stands would only garble messages


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding in a definition. `code` is stable; `valid` says what fits there, `fix` how to mend it."""

    file: str
    line: int
    column: int
    code: str
    message: str
    valid: str | None = None
    fix: str | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        label = "warning: " if self.severity == "warning" else ""
        lines = [f"{self.file}:{self.line}:{self.column}: {label}{self.message}"]
        if self.valid:
            lines.append(f"  {self.valid}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, str | int | None]:
        """The fault as `check --json` prints it."""
        return asdict(self)


class Faults(ConfigError):  # noqa: N818  (several of them)
    """A definition cannot be used; bears every fault that was found, in file order."""

    code = "faulty_definition"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(slots=True)
class Findings:
    """Collects faults while a definition is read; each position and code is reported once."""

    _faults: dict[tuple[str, int, int, str, str], Fault] = field(default_factory=dict)
    _files: dict[str, int] = field(default_factory=dict)
    _hidden: dict[str, str] = field(default_factory=dict, repr=False)

    def hide(self, value: str, shown: str) -> None:
        """Show something else wherever a value would appear: what a reference held may be confidential."""
        if len(value) >= _SHORTEST_HIDDEN:
            self._hidden[value] = shown

    def add(
        self,
        mark: Mark,
        code: str,
        message: str,
        *,
        valid: str | None = None,
        fix: str | None = None,
        severity: Severity = "error",
    ) -> Fault:
        """Report something at a position."""
        message = self._scrub(message)
        valid, fix = (text and self._scrub(text) for text in (valid, fix))
        fault = Fault(mark.file, mark.line, mark.column, code, message, valid, fix, severity)
        self._files.setdefault(mark.file, len(self._files))
        # An anchored mapping is checked wherever it is used; its faults are one fault.
        return self._faults.setdefault((mark.file, mark.line, mark.column, code, message), fault)

    def _scrub(self, text: str) -> str:
        for value, shown in sorted(self._hidden.items(), key=lambda pair: -len(pair[0])):
            text = text.replace(value, shown)
        return text

    def withdraw(self, fault: Fault) -> None:
        """Take back a fault that turned out to be only the other side of another one."""
        self._faults.pop((fault.file, fault.line, fault.column, fault.code, fault.message), None)

    def warn(self, mark: Mark, code: str, message: str, *, valid: str | None = None, fix: str | None = None) -> Fault:
        """Report something that does not keep the definition from being used."""
        return self.add(mark, code, message, valid=valid, fix=fix, severity="warning")

    def name_file(self, file: str) -> None:
        """Fix the place of a file in the order of the report."""
        self._files.setdefault(file, len(self._files))

    def __iter__(self) -> Iterator[Fault]:
        return iter(
            sorted(self._faults.values(), key=lambda fault: (self._files[fault.file], fault.line, fault.column))
        )

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that are no mere warnings, in file order."""
        return tuple(fault for fault in self if fault.severity == "error")
