"""Definitions as they are written: text, positions, references, faults."""

from crossdock.config.document import Document, read_document
from crossdock.config.faults import Fault, Faults, Findings
from crossdock.config.nodes import Entry, Items, Mark, Node, Scalar, Table, describe
from crossdock.config.references import NoSecrets, References, SecretSource

__all__ = [
    "Document",
    "Entry",
    "Fault",
    "Faults",
    "Findings",
    "Items",
    "Mark",
    "NoSecrets",
    "Node",
    "References",
    "Scalar",
    "SecretSource",
    "Table",
    "describe",
    "read_document",
]
