"""What `POST /_sim/settings` may change."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Settings(BaseModel):
    """Settings that every simulator has; a vendor's subclass adds its own. Unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    read_lag_s: Annotated[float, Field(ge=0, le=3600)] = 0.0
    """Searches and lists see a write only after this time."""
    quotas: Annotated[
        Literal["off"] | Annotated[float, Field(gt=0)],
        BeforeValidator(lambda given: "off" if given is False else given),  # what YAML 1.1 reads `off` as
    ] = 1.0
    """The vendor's limits, scaled; "off" lifts them."""
