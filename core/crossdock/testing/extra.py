"""What is said where the kit is used without its extra."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def needed(module: str) -> ModuleType:
    """Import a module that the extra brings. Raises: ImportError, naming the extra."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise ImportError(
            f"crossdock.testing needs {error.name}, which comes with an extra: pip install 'crossdock[testing]'",
            name=error.name,
        ) from None
