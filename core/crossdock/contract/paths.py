"""Paths in settings, which begin where the definition lies and not where crossdock was started."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

FOLDER = "folder"
"""What core's validation context calls the folder of the file that a setting stands in."""


def _settled(path: Path, info: ValidationInfo) -> Path:
    try:
        path = path.expanduser()
    except RuntimeError:
        raise ValueError("it begins with the home of a user that there is not") from None
    folder = (info.context or {}).get(FOLDER)
    return path if folder is None else Path(folder).absolute() / path


LocalPath = Annotated[Path, AfterValidator(_settled), WithJsonSchema({"type": "string", "format": "path"})]
"""A path of this machine. A relative one begins beside the file of the definition that names it, as `${file:…}` does;
`~` is the home of whoever runs crossdock. Where it is made in code, it stays as it is."""
