"""A whole definition: the file, what it includes, and its references put in."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crossdock.config.compose import compose
from crossdock.config.faults import Findings
from crossdock.config.nodes import Entry, Items, Mark, Scalar, Table
from crossdock.config.references import References, SecretSource
from crossdock.config.textfile import read_text

_INCLUDABLE = ("connections", "pipelines")


@dataclass(frozen=True, slots=True)
class Document:
    """The merged tree of a definition, the names of the secrets it needs, and the files it was read from."""

    root: Table
    needs_secrets: frozenset[str]
    files: tuple[Path, ...]


def read_document(
    path: Path, *, env: Mapping[str, str], secrets: SecretSource | None, findings: Findings
) -> Document | None:
    """Read a definition; None where nothing of it can be used. What is wrong is in `findings`."""
    root = _read(path, findings)
    if root is None:
        return None
    reader = _Reader(path, findings)
    merged = reader.include(root)
    needed: set[str] = set()
    trees = []
    for file, tree in [(path, merged), *reader.included]:
        # A relative `${file:…}` is looked for beside the file that names it.
        references = References(env, secrets, file.parent, findings)
        trees.append(references.resolve(tree))
        needed |= references.needs_secrets
    return Document(_merge(trees, findings), frozenset(needed), (path, *(file for file, _ in reader.included)))


def _read(path: Path, findings: Findings) -> Table | None:
    text = read_text(path, findings)
    return None if text is None else compose(text, str(path), findings)


class _Reader:
    def __init__(self, path: Path, findings: Findings) -> None:
        self._path = path
        self._findings = findings
        self.included: list[tuple[Path, Table]] = []

    def include(self, root: Table) -> Table:
        """Read what `include:` names; returns the tree without that key."""
        entry = root.entries.get("include")
        if entry is None:
            return root
        for mark, pattern in self._patterns(entry):
            self._include(mark, pattern)
        return Table(root.mark, {key: value for key, value in root.entries.items() if key != "include"})

    def _patterns(self, entry: Entry) -> list[tuple[Mark, str]]:
        nodes = entry.value.items if isinstance(entry.value, Items) else (entry.value,)
        patterns = []
        for node in nodes:
            if isinstance(node, Scalar) and isinstance(node.value, str):
                patterns.append((node.mark, node.value))
            else:
                fix = "write `include: customers/*.yaml`, or a list of such patterns"
                self._findings.add(node.mark, "wrong_type", "include takes the names of files", fix=fix)
        return patterns

    def _include(self, mark: Mark, pattern: str) -> None:
        # Path.glob refuses absolute patterns and fails on some malformed ones.
        paths = sorted(Path(name) for name in glob.glob(str(self._path.parent / pattern), recursive=True))  # noqa: PTH207
        known = {self._path.resolve(), *(path.resolve() for path, _ in self.included)}
        if not paths:
            fix = f"correct the pattern; it is looked for in {self._path.parent}"
            self._findings.add(mark, "unreadable_file", f"no file matches {pattern}", fix=fix)
        for path in paths:
            if path.resolve() not in known and (tree := _read(path, self._findings)) is not None:
                self.included.append((path, self._only_includable(tree)))

    def _only_includable(self, tree: Table) -> Table:
        for entry in tree:
            if entry.key not in (*_INCLUDABLE, "version"):
                self._findings.add(
                    entry.mark,
                    "unknown_key",
                    f"an included file cannot say '{entry.key}'",
                    valid=f"valid here: {', '.join(_INCLUDABLE)}",
                    fix=f"move `{entry.key}` to {self._path}",
                )
        return Table(tree.mark, {key: entry for key, entry in tree.entries.items() if key in _INCLUDABLE})


def _merge(trees: list[Table], findings: Findings) -> Table:
    entries = dict(trees[0].entries)
    for tree in trees[1:]:
        for entry in tree:
            held = entries.get(entry.key)
            entries[entry.key] = entry if held is None else _merge_section(held, entry, findings)
    return Table(trees[0].mark, entries)


def _merge_section(first: Entry, second: Entry, findings: Findings) -> Entry:
    if not isinstance(first.value, Table) or not isinstance(second.value, Table):
        # Whichever is no mapping must be reported; the other one is then left out of the checks.
        return first if not isinstance(first.value, Table) else second
    entries = dict(first.value.entries)
    for entry in second.value:
        if entry.key in entries:
            at = entries[entry.key].mark
            message = f"'{entry.key}' is defined twice, first at {at.file}:{at.line}:{at.column}"
            findings.add(entry.mark, "duplicate_key", message, fix="rename one of them")
        else:
            entries[entry.key] = entry
    return Entry(first.key, first.mark, Table(first.value.mark, entries))
