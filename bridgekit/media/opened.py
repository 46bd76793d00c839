"""Matrix to network: a file of Matrix as a real file, for as long as an adapter needs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import BinaryIO

from bridgekit.errors import Rejected
from bridgekit.facts import Attachment
from bridgekit.matrix.api import Refused
from bridgekit.matrix.media import MediaRepository
from bridgekit.media import names
from bridgekit.media.files import TooLarge, filled
from bridgekit.media.source import decode

AT_ONCE = 8  # files being read, each with a connection


class Opened:
    """`largest` is what the operator allows, in bytes."""

    def __init__(self, repository: MediaRepository, largest: int) -> None:
        self._repository, self.largest = repository, largest
        self._slots = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def open(self, attachment: Attachment) -> AsyncIterator[BinaryIO]:
        """The content, at its beginning. Raises `Rejected` naming the file, or `RetryLater`."""
        mxc, name = decode(attachment.source).mxc, names.cleaned(attachment.name)
        async with AsyncExitStack() as stack:
            try:
                async with self._slots:
                    file = await stack.enter_async_context(self._filled(mxc))
            except Refused as refused:
                raise Rejected(f"The file {name} is not to be had. {refused}") from refused
            except TooLarge as error:
                raise Rejected(f"The file {name} could not be bridged. {error}") from error
            yield file

    @asynccontextmanager
    async def _filled(self, mxc: str) -> AsyncIterator[BinaryIO]:
        async with AsyncExitStack() as stack:
            async with self._repository.download(mxc) as download:
                if download.size is not None and download.size > self.largest:
                    raise TooLarge(self.largest)
                file = await stack.enter_async_context(filled(download.pieces, self.largest))
            yield file
