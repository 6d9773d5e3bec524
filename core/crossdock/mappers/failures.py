"""Why an expression gave no result, said without any value of the document."""

from __future__ import annotations


class ExpressionError(Exception):
    """An expression failed, or went beyond its limits. `reason` bears no value of the document; `fix` may help."""

    def __init__(self, reason: str, fix: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix
