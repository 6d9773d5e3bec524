"""Digests of what a definition says, to see that a setting changed; a secret counts by its name, not its value."""

from __future__ import annotations

import hashlib

from crossdock.config import Items, Node, Scalar, Table


def digest(node: Node, *beside: str) -> str:
    """A digest of a tree: the same for the same settings, whatever their order, layout and comments."""
    state = hashlib.sha256()
    for part in (*beside, _canonical(node)):
        state.update(f"{len(part)}:{part};".encode("utf-8", "surrogatepass"))
    return state.hexdigest()


def _canonical(node: Node) -> str:
    if isinstance(node, Table):
        return "{" + ",".join(f"{key!r}:{_canonical(node.entries[key].value)}" for key in sorted(node.entries)) + "}"
    if isinstance(node, Items):
        return "[" + ",".join(_canonical(item) for item in node.items) + "]"
    return _canonical_scalar(node)


def _canonical_scalar(node: Scalar) -> str:
    secretive = node.template is not None and node.template.secretive
    return repr(node.text if secretive else node.value)
