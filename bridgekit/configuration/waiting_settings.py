"""The settings of what waits: how much of it is in memory, when it is said, and where it ends."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bridgekit.units import size


class WaitingSettings(BaseModel):
    """Events that are stored and not delivered yet.

    A homeserver or a network that is away leaves them here. What they hold is on disk; in memory
    is what is next, up to `memory` of all together, and of each of the rest where it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    most: int = Field(
        default=500_000,
        ge=1,
        description="how many may wait of what a network brings, each for itself, and of what the"
        " homeserver brings; at that many no more is taken from it",
    )
    memory: Annotated[int, BeforeValidator(size)] = Field(
        default=64 << 20, description="how much of what they hold is kept in memory, like 64 MB"
    )
    warn: int = Field(
        default=10_000, ge=1, description="from how many on, of the same, the log says so"
    )
