"""The settings of files: how large, how long their public links live, what pictures keep."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bridgekit.units import duration, size


def _seconds(value: object) -> int:
    return max(1, int(duration(value)))


class MediaSettings(BaseModel):
    """Files, both ways. Sizes in bytes, times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    max_size: Annotated[int, BeforeValidator(size)] = Field(
        default=100 << 20, description="the largest file that is bridged, like 100 MB"
    )
    per_hour: Annotated[int, BeforeValidator(size)] = Field(
        default=10 << 30, description="how much the homeserver is given in an hour, like 10 GB"
    )
    link_lifetime: Annotated[int, BeforeValidator(_seconds)] = Field(
        default=30 * 86_400, description="how long a public link to a file works, like 30 days"
    )
    keep_exif: bool = Field(
        default=False, description="true: pictures keep the place where they were made"
    )
