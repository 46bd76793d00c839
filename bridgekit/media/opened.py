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
from bridgekit.media.encrypting import Altered, decrypted
from bridgekit.media.files import TooLarge, filled
from bridgekit.media.source import MatrixFile, decode

AT_ONCE = 8  # files being read, each with a connection


class Opened:
    """`largest` is what the operator allows, in bytes."""

    def __init__(self, repository: MediaRepository, largest: int) -> None:
        self._repository, self.largest = repository, largest
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
            yield file

    @asynccontextmanager
    async def _filled(self, source: MatrixFile) -> AsyncIterator[BinaryIO]:
        async with AsyncExitStack() as stack:
            async with self._repository.download(source.mxc) as download:
                if download.size is not None and download.size > self.largest:
                    raise TooLarge(self.largest)
                key, pieces = source.key, download.pieces
                plain = pieces if key is None else decrypted(pieces, key)
                file = await stack.enter_async_context(filled(plain, self.largest))
            yield file
