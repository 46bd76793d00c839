"""Which bytes of a file are asked for (RFC 9110, "Range Requests"). Pure."""

from __future__ import annotations

import re
from typing import NamedTuple


class Span(NamedTuple):
    """From `start` up to, not with, `end`."""

    start: int
    end: int


class Unsatisfiable(Exception):  # noqa: N818 (an answer, not a fault)
    """The file has no such bytes."""


def asked_for(header: str | None, size: int) -> Span | None:
    """The one range that a header asks for; None: all of it, as for several ranges or nonsense."""
    found = re.fullmatch(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", header or "")
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:  # the last so many
        return _sure(max(0, size - int(found[2])), size)
    start, last = int(found[1]), int(found[2] or size)
    return None if last < start else _sure(start, min(last + 1, size))


def _sure(start: int, end: int) -> Span:
    if start >= end:
        raise Unsatisfiable
    return Span(start, end)
