"""Where code of an adapter waits at this moment: that is where a kill strikes it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from inspect import getfile
from pathlib import Path

from bridgekit.testing.crash.domain import waiting_lines


def waiting_in(home: Path, but: type) -> list[str]:
    """The innermost line in `home` of each task that has one; not in the file of `but`."""
    return sorted(set(_places(home, Path(getfile(but)).resolve())))


def _places(home: Path, fake: Path) -> Iterator[str]:
    for task in asyncio.all_tasks():
        own = [
            (file, line)
            for line in waiting_lines(task.get_coro())
            if (file := Path(line.code.co_filename).resolve()).is_relative_to(home)
        ]
        if own and all(file != fake for file, _ in own):
            file, line = own[-1]
            yield f"{file.name}:{line.number}, in {line.code.co_name}"
