"""The YAML parser's complaints, said so that a person can mend the file."""

from __future__ import annotations

import re

import yaml

from crossdock.config.faults import Findings
from crossdock.config.nodes import Mark

_NO_SPACE = re.compile(r"^\s*(- )?[\w.-]+:[^\s:]")


def report_syntax(error: yaml.YAMLError, text: str, file: str, findings: Findings) -> None:
    """Turn a parser's error into a fault at the place where the mend is due."""
    at = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if at is None:
        findings.add(Mark(file, 1, 1), "syntax", f"this is no YAML: {str(error).splitlines()[0]}", fix="mend the YAML")
        return
    lines = text.splitlines() or [""]
    problem = str(getattr(error, "problem", "") or "")
    opened = getattr(error, "context_mark", None)
    if opened is not None and "end of stream" in problem:
        at = opened
    message, fix = _explain(problem, str(getattr(error, "context", "") or ""), lines, at.line, at.column)
    findings.add(Mark(file, at.line + 1, at.column + 1), "syntax", message, fix=fix)


def _explain(problem: str, context: str, lines: list[str], line: int, column: int) -> tuple[str, str]:
    row = lines[line] if line < len(lines) else ""
    character = row[column : column + 1]
    if "tab" in problem.split():
        return _explain_character("\t")
    if "cannot start any token" in problem:
        return _explain_character(character)
    if "end of stream" in problem and "quoted" in context:
        return "the quote that opens here is never closed", f"close it with {character or 'a quote'}"
    if "expected ',' or" in problem:
        return _explain_flow(row, column, problem)
    if "mapping values are not allowed" in problem:
        return _explain_colon(lines, line)
    if "escape" in problem:
        return "this is no escape that double quotes know", "double the backslash, or use single quotes"
    if "did not find expected" in problem and "block" in context:
        return "this line does not fit the indentation above it", "indent it like its neighbours, with spaces"
    told = " ".join(part for part in (context, problem) if part) or "it cannot be parsed"
    return f"this is no YAML: {told}", "mend the YAML here, or on the line above"


def _explain_character(character: str) -> tuple[str, str]:
    if character == "\t":
        return "a tab stands where spaces belong", "indent with spaces"
    return f"a value cannot start with {character!r} unless it is quoted", "put the value in quotes"


def _explain_flow(row: str, column: int, problem: str) -> tuple[str, str]:
    if "${" in row[: column + 1]:
        return "a reference inside {…} or […] must be quoted", 'write it in quotes: "${env:NAME}"'
    closing = "]" if "']'" in problem else "}"
    return f"a ',' or the closing '{closing}' is missing before this", f"add the ',' or the '{closing}'"


def _explain_colon(lines: list[str], line: int) -> tuple[str, str]:
    above = lines[line - 1] if 0 < line <= len(lines) else ""
    if _NO_SPACE.match(above):
        return f"the line above, '{above.strip()[:40]}', is no `key: value`", "write a space after its colon"
    return "a ':' is not expected here", "check the indentation, or put a value that holds ': ' in quotes"
