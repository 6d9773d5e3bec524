"""What all canonical documents share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """A frozen value that a source emits, a mapper turns, or a sink accepts. Plugins may subclass it for their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")
