"""Matrix to network: a file of Matrix as a real file, for as long as an adapter needs it.

The content scan looks through it first, each time that it is read: what a homeserver has of another
one may have been exchanged since.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import BinaryIO

from bridgekit.errors import Rejected
from bridgekit.facts import Attachment
from bridgekit.matrix.api import Refused
from bridgekit.matrix.media import Download, MediaRepository
from bridgekit.media import names
from bridgekit.media.encrypting import Altered, decrypted
from bridgekit.media.files import TooLarge, filled, pieces_of, size_of
from bridgekit.media.source import MatrixFile, decode
from bridgekit.scanning.scan import Scan
from bridgekit.scanning.verdict import Blocked

AT_ONCE = 8  # files being read, each with a connection


class Opened:
    """`largest` is what the operator allows, in bytes."""

    def __init__(self, repository: MediaRepository, largest: int, scan: Scan) -> None:
        self._repository, self.largest, self.scan = repository, largest, scan
        self._slots = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def open(self, attachment: Attachment) -> AsyncIterator[BinaryIO]:
        """The content, at its beginning. Raises `Rejected` naming the file, or `RetryLater`."""
        source, name = decode(attachment.source), names.cleaned(attachment.name)
        async with AsyncExitStack() as stack:
            try:
                async with self._slots:
                    file = await stack.enter_async_context(self._filled(source))
            except Refused as refused:
                raise Rejected(f"The file {name} is not to be had. {refused}") from refused
            except (TooLarge, Altered) as error:
                raise Rejected(f"The file {name} could not be bridged. {error}") from error
            except Blocked as blocked:
                raise blocked.file(name) from None
            yield file

    async def look(self, attachment: Attachment) -> None:
        """Have it looked through before it is needed; raises as `open`."""
        if self.scan.on:
            async with self.open(attachment):
                pass

    @asynccontextmanager
    async def looked_through(self, download: Download) -> AsyncIterator[Download]:
        """What may be read, as a whole; raises `Blocked`, `ScannerAway`, `TooLarge`, `Altered`."""
        if not self.scan.on:
            yield download
            return
        await self.scan.check()
        async with AsyncExitStack() as stack:
            async with self._slots:
                file = await stack.enter_async_context(filled(download.pieces, self.largest))
                await self.scan.file(file)
            yield replace(download, size=size_of(file), pieces=pieces_of(file))

    @asynccontextmanager
    async def _filled(self, source: MatrixFile) -> AsyncIterator[BinaryIO]:
        await self.scan.check()
        async with AsyncExitStack() as stack:
            async with self._repository.download(source.mxc) as download:
                if download.size is not None and download.size > self.largest:
                    raise TooLarge(self.largest)
                key, pieces = source.key, download.pieces
                plain = pieces if key is None else decrypted(pieces, key)
                file = await stack.enter_async_context(filled(plain, self.largest))
            await self.scan.file(file)
            yield file
