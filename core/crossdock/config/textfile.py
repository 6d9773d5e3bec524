"""Reading a definition's text; whatever keeps it from being read is a fault with a position."""

from __future__ import annotations

import re
from pathlib import Path

from crossdock.config.faults import Findings
from crossdock.config.nodes import Mark

_LARGEST = 4 * 1024 * 1024
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_text(path: Path, findings: Findings) -> str | None:
    """Read a file as UTF-8, or report why that cannot be."""
    start = Mark(str(path), 1, 1)
    findings.name_file(start.file)
    try:
        with path.open("rb") as file:
            body = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        _report_unreadable(start, error, findings)
        return None
    if len(body) > _LARGEST:
        findings.add(
            start, "too_large", "the file is larger than 4 MiB", fix="split it, and name the parts in `include:`"
        )
        return None
    return _decode(body, start, findings)


def _report_unreadable(start: Mark, error: Exception, findings: Findings) -> None:
    if isinstance(error, FileNotFoundError):
        message, fix = (
            "there is no such file",
            "name the file with `-c FILE`, or run `crossdock init` to start one",
        )
    elif isinstance(error, IsADirectoryError):
        message, fix = "this is a directory", "name the file in it, with `-c FILE`"
    elif isinstance(error, PermissionError):
        message, fix = "this user may not read the file", "give the user that runs crossdock the right to read it"
    else:
        reason = getattr(error, "strerror", None) or str(error)
        message, fix = f"the file cannot be read: {reason}", "name a readable file with `-c FILE`"
    findings.add(start, "unreadable_file", message, fix=fix)


def _decode(body: bytes, start: Mark, findings: Findings) -> str | None:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mark = _position(start.file, body[: error.start].decode("utf-8", "replace"))
        findings.add(
            mark,
            "not_utf8",
            f"byte 0x{body[error.start]:02x} is no UTF-8",
            fix="save the file as UTF-8",
        )
        return None
    if found := _UNPRINTABLE.search(text):
        mark = _position(start.file, text[: found.start()])
        message = f"the control character U+{ord(found.group()):04X} cannot stand in YAML"
        findings.add(mark, "syntax", message, fix="remove it, or write it as an escape in double quotes")
        return None
    return text


def _position(file: str, before: str) -> Mark:
    line = before.count("\n") + 1
    return Mark(file, line, len(before) - (before.rfind("\n") + 1) + 1)
