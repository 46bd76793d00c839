"""Sizes and lengths of time as people write them: `20 MB`, `90 days`; a bare number counts, too.

What is raised reads on from a setting's name and quotes no value. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SIZES = {"b": 1, "byte": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
_TIMES = {
    **dict.fromkeys(("s", "second"), 1),
    **dict.fromkeys(("min", "minute"), 60),
    **dict.fromkeys(("h", "hour"), 3600),
    **dict.fromkeys(("d", "day"), 86_400),
    "week": 604_800,
}
_LONGEST = 100 * 365 * 86_400  # seconds
_LARGEST = 1 << 50  # bytes
_WRITTEN = re.compile(r"(\d{1,12}(?:\.\d{1,6})?) *([A-Za-z]*)", re.ASCII)


def size(value: object) -> int:
    """How many bytes; a bare number is bytes. Raises `ValueError`."""
    found = _amount(value, _SIZES, "byte")
    if found is None or not 1 <= found <= _LARGEST:
        raise ValueError("is no size; write it like 100 MB (a bare number is bytes)")
    return int(found)


def duration(value: object, bare: str = "second") -> float:
    """How many seconds; a bare number is of the unit `bare`. Raises `ValueError`."""
    found = _amount(value, _TIMES, bare)
    if found is None or not 0 < found <= _LONGEST:
        raise ValueError(
            f"is no length of time; write it like 90 s, 12 hours or 30 days (a bare number is "
            f"{bare}s), at most 100 years"
        )
    return found


def _amount(value: object, units: Mapping[str, int], bare: str) -> float | None:
    """The number times its unit; None if it is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value * units[bare]
    found = _WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    unit = found[2].lower() or bare
    factor = units.get(unit) or units.get(unit.removesuffix("s"))
    return None if factor is None else float(found[1]) * factor
