"""A disk of a few megabytes, to be filled to the last byte, where this process may mount one."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOM = 32  # MB: the reserve of 8, the database and its log, and something to be filled
PIECE = 1 << 20


@contextmanager
def small_disk(where: Path) -> Iterator[bool]:
    """At `where`, until the block ends; False where mounting is not allowed."""
    where.mkdir()
    try:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}m", "tmpfs", str(where)]
        mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", where], check=True)


class Filler:
    """A file that takes all the room there is."""

    def __init__(self, disk: Path) -> None:
        self._path = disk / "filler"

    def fill(self) -> None:
        """Leave nothing, not even for a short line."""
        piece = PIECE
        while piece:
            if not self._take(piece):
                piece //= 2

    async def take_piece(self) -> None:
        """A megabyte, as soon as somebody gives one up."""
        while not self._take(PIECE):  # noqa: ASYNC110 (a disk tells nobody)
            await asyncio.sleep(0.02)

    def empty(self) -> None:
        self._path.unlink()

    def _take(self, size: int) -> bool:
        try:
            with self._path.open("ab", buffering=0) as file:
                return file.write(bytes(size)) == size
        except OSError:
            return False
