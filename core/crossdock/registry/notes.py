"""What authors write under the fields of a component: the source is where settings are documented."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise

from pydantic import BaseModel


def notes_of(component: type[BaseModel]) -> dict[str, str]:
    """What stands under each field, by the field's name; what a base class says holds where nothing else is said."""
    notes: dict[str, str] = {}
    for base in reversed(component.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            notes.update(_notes_in(base))
    return notes


def _notes_in(base: type[BaseModel]) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
    except (OSError, TypeError, SyntaxError):
        return {}  # no source is there: a compiled plugin, or a class that was made
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    notes = {}
    for field, note in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(note, ast.Expr):
            text = note.value.value if isinstance(note.value, ast.Constant) else None
            if isinstance(text, str):
                notes[field.target.id] = " ".join(text.split())
    return notes
