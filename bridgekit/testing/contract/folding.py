"""A story without what comes again and again in it: a poll that brings nothing, say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_LONGEST = 4  # lines that come again together
_OFTEN = 3  # times: less is told as it was
_TIME = 10  # characters before what a line tells


def folded(lines: Sequence[str]) -> Iterator[str]:
    """The same lines; of those that repeat themselves at once only the first, and how often."""
    at = 0
    while at < len(lines):
        size, times = _repeated(lines, at)
        yield from lines[at : at + size]
        at += size * times
        if times > 1:
            last = lines[at - 1][:_TIME].strip()
            yield f"{'':{_TIME}}  … and the same {times - 1} times more, until {last}"


def _repeated(lines: Sequence[str], at: int) -> tuple[int, int]:
    """How many lines repeat themselves from here on, and how often they are there."""
    for size in range(1, _LONGEST + 1):
        told = _told(lines, at, size)
        times = 1
        while len(told) == size and _told(lines, at + size * times, size) == told:
            times += 1
        if times >= _OFTEN:
            return size, times
    return 1, 1


def _told(lines: Sequence[str], at: int, size: int) -> list[str]:
    """Whenever it was."""
    return [line[_TIME:] for line in lines[at : at + size]]
