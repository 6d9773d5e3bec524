"""`${env:…}`, `${file:…}` and `${secret:…}`: put in after parsing, on values alone, and never as an empty text."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from crossdock.config.faults import Findings
from crossdock.config.nodes import Entry, Items, Mark, Node, Scalar, Table
from crossdock.config.template import Malformed, Reference, Template, split
from crossdock.errors import ConfigError

_LARGEST_FILE = 64 * 1024


class SecretSource(Protocol):
    """Where `${secret:…}` is looked up."""

    def names(self) -> set[str] | None:
        """The names of the stored secrets, or None where they cannot be looked at now."""
        ...

    def reveal(self, name: str) -> str:
        """The value of one. Raises: ConfigError."""
        ...


class NoSecrets:
    """Stands in where no secret store is at hand: names are taken on trust, revealing is refused."""

    def names(self) -> set[str] | None:
        """Nobody knows."""
        return None

    def reveal(self, name: str) -> str:
        """Refuse. Raises: ConfigError."""
        raise ConfigError(f"the secret {name} cannot be looked up here", fix=f"run `crossdock secrets set {name}`")


class References:
    """Resolves the references of a tree and keeps account of the secrets it needs."""

    def __init__(self, env: Mapping[str, str], secrets: SecretSource | None, base: Path, findings: Findings) -> None:
        self._env = env
        self._secrets: SecretSource = secrets or NoSecrets()
        self._stored = self._secrets.names()
        self._base = base
        self._findings = findings
        self._done: dict[int, tuple[Node, Node]] = {}
        self.needs_secrets: set[str] = set()

    def resolve(self, node: Table) -> Table:
        """The same tree with its references put in."""
        resolved = self._node(node)
        assert isinstance(resolved, Table)  # noqa: S101  (a table stays a table)
        return resolved

    def _node(self, node: Node) -> Node:
        # What an alias shares stays shared, and is reported once. The original is kept so that its id stays its own.
        if id(node) not in self._done:
            self._done[id(node)] = (node, self._fresh(node))
        return self._done[id(node)][1]

    def _fresh(self, node: Node) -> Node:
        if isinstance(node, Table):
            return Table(node.mark, {entry.key: self._entry(entry) for entry in node})
        if isinstance(node, Items):
            return Items(node.mark, tuple(self._node(item) for item in node.items))
        if isinstance(node.value, str) and "${" in node.value:
            return self._scalar(node, node.value)
        return node

    def _entry(self, entry: Entry) -> Entry:
        if any(not isinstance(piece, str) for piece in split(entry.key)):
            fix = "write the key itself; references belong into values"
            self._findings.add(entry.mark, "bad_reference", f"a key cannot be a reference: {entry.key}", fix=fix)
        return Entry(entry.key, entry.mark, self._node(entry.value))

    def _scalar(self, node: Scalar, text: str) -> Scalar:
        parts: list[str | Reference] = []
        broken = False
        for piece in split(text):
            if isinstance(piece, str):
                parts.append(piece)
            elif isinstance(piece, Malformed):
                broken = True
                self._report_malformed(node.mark, piece)
            else:
                parts.append(reference := self._reference(*piece))
                broken |= not self._resolves(reference, node.mark)
        template = Template(tuple(parts))
        if not template.references:
            return replace(node, value="".join(map(str, parts)), broken=broken, lines=())
        value = None if broken else template.secret() if template.secretive else template.reveal()
        for reference in template.references:
            if not broken and reference.kind != "secret":
                self._findings.hide(reference.look_up(), str(reference))
        return replace(node, value=value, template=template, broken=broken, lines=())

    def _reference(self, kind: str, name: str) -> Reference:
        look_ups = {"env": self._from_env, "file": self._from_file, "secret": self._secrets.reveal}
        return Reference(kind, name, lambda: look_ups[kind](name))

    def _resolves(self, reference: Reference, mark: Mark) -> bool:
        """Whether it can be had; a secret is not looked up for that, only its name."""
        if reference.kind == "secret":
            return self._is_stored(reference.name, mark)
        try:
            reference.look_up()
        except ConfigError as error:
            self._findings.add(mark, "unset_reference", error.message, fix=error.fix)
            return False
        return True

    def _is_stored(self, name: str, mark: Mark) -> bool:
        self.needs_secrets.add(name)
        if self._stored is None or name in self._stored:
            return True
        stored = ", ".join(sorted(self._stored)) or "none"
        near = difflib.get_close_matches(name, self._stored, n=1)
        fix = f"write ${{secret:{near[0]}}}, or run" if near else "run"
        self._findings.add(
            mark,
            "unset_reference",
            f"the secret {name} is not stored",
            valid=f"stored secrets: {stored}",
            fix=f"{fix} `crossdock secrets set {name}`",
        )
        return False

    def _from_env(self, name: str) -> str:
        value = self._env.get(name)
        if value is None:
            raise ConfigError(f"the environment variable {name} is not set", fix=f"set {name} before crossdock starts")
        if not value.strip():
            raise ConfigError(f"the environment variable {name} is empty", fix=f"give {name} a value")
        return value

    def _from_file(self, name: str) -> str:
        path = self._base / Path(name).expanduser()
        try:
            with path.open("rb") as file:
                body = file.read(_LARGEST_FILE + 1)
            text = body.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
        except FileNotFoundError:
            raise ConfigError(f"there is no file {name}", fix=f"create {path}, or correct the path") from None
        except (OSError, ValueError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
            raise ConfigError(f"the file {name} cannot be read: {reason}", fix="name a readable text file") from None
        if len(body) > _LARGEST_FILE:
            raise ConfigError(f"the file {name} is larger than 64 KiB", fix="name a file that holds only the value")
        if not text.strip():
            raise ConfigError(f"the file {name} is empty", fix="write the value into it")
        return text

    def _report_malformed(self, mark: Mark, piece: Malformed) -> None:
        self._findings.add(
            mark,
            "bad_reference",
            f"{piece.text} is no reference",
            valid="references: ${env:NAME}, ${file:PATH}, ${secret:NAME}",
            fix="write one of these, or $${ for a literal ${",
        )
