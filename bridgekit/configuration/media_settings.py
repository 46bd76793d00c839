"""The settings of files: how large, how long their public links live, what pictures keep.

A validator's words read on from the setting's name and never quote a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_SIZES = {"kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
_TIMES = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}


def _amount(value: Any, units: Mapping[str, int], example: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    found = re.fullmatch(r"(\d{1,6}) *([A-Za-z]+)", value if isinstance(value, str) else "")
    unit = found[2].lower() if found else ""
    factor = units.get(unit) or units.get(unit.removesuffix("s"))
    if found is None or factor is None or not int(found[1]):
        raise ValueError(f"is no amount; write it like {example}")
    return int(found[1]) * factor


def _size(value: Any) -> int:
    return _amount(value, _SIZES, "100 MB")


def _time(value: Any) -> int:
    return _amount(value, _TIMES, "30 days")


class MediaSettings(BaseModel):
    """Files, both ways. Sizes in bytes, times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    max_size: Annotated[int, BeforeValidator(_size)] = Field(
        default=100 << 20, description="the largest file that is bridged, like 100 MB"
    )
    link_lifetime: Annotated[int, BeforeValidator(_time)] = Field(
        default=30 * 86_400, description="how long a public link to a file works, like 30 days"
    )
    keep_exif: bool = Field(
        default=False, description="true: pictures keep the place where they were made"
    )
