"""Temporary files: filled piece by piece under a cap, read piece by piece, gone when closed.

They lie where the system keeps temporary files (`TMPDIR`); no name ever shows.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

from bridgekit.errors import Rejected, RetryLater

PIECE = 256 << 10  # bytes read or written at once


class TooLarge(Rejected):
    """There is more of it than the cap allows; found out while reading, whatever was promised."""

    def __init__(self, cap: int) -> None:
        super().__init__(f"It is larger than {in_words(cap)}")


@asynccontextmanager
async def filled(pieces: AsyncIterator[bytes], cap: int) -> AsyncIterator[BinaryIO]:
    """A file with all of `pieces`, at its beginning; raises `TooLarge` beyond `cap` bytes."""
    with tempfile.TemporaryFile(prefix="bridgekit-") as file:
        try:
            await _fill(file, pieces, cap)
        finally:
            if isinstance(pieces, AsyncGenerator):  # what it holds open is closed now, not some day
                await pieces.aclose()
        yield file


async def _fill(file: BinaryIO, pieces: AsyncIterator[bytes], cap: int) -> None:
    total = 0
    async for piece in pieces:
        total += len(piece)
        if total > cap:
            raise TooLarge(cap)
        try:
            # In a thread: a disk that is slow must not hold up every lane.
            await asyncio.to_thread(file.write, piece)
        except OSError as error:
            raise RetryLater("The bridge has no room for files on its disk", after=60) from error
    file.seek(0)


async def pieces_of(file: BinaryIO) -> AsyncIterator[bytes]:
    """The file from its beginning."""
    await asyncio.to_thread(file.seek, 0)
    while piece := await asyncio.to_thread(file.read, PIECE):
        yield piece


async def head_of(file: BinaryIO, length: int) -> bytes:
    """The first bytes; the file is at its beginning afterwards."""
    file.seek(0)
    head = await asyncio.to_thread(file.read, length)
    file.seek(0)
    return head


def size_of(file: BinaryIO) -> int:
    """In bytes; what was written counts, flushed or not."""
    file.flush()
    return os.fstat(file.fileno()).st_size


def in_words(size: int) -> str:
    """Bytes for people: 100 MB."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes"
