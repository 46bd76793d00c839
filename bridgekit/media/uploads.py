"""Network to Matrix: a file is read from where the network has it, examined and uploaded.

What was uploaded is remembered, so a try that is repeated, or a sticker that is sent again, costs
nothing and leaves no second copy.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

import structlog

from bridgekit.clock import Clock
from bridgekit.configuration.media_settings import MediaSettings
from bridgekit.errors import ChatMoved, LoginError, Rejected, RetryLater
from bridgekit.facts import Attachment
from bridgekit.ids import LoginID, NetworkName
from bridgekit.lanes.journey import millis
from bridgekit.matrix.api import Refused
from bridgekit.matrix.media import MediaRepository
from bridgekit.media import names
from bridgekit.media.examined import Examined, examined
from bridgekit.media.fetcher import Fetcher, Unreachable
from bridgekit.media.files import TooLarge, filled, pieces_of
from bridgekit.media.hourly import Hourly
from bridgekit.media.least_rate import in_time
from bridgekit.media.limits import SizeLimit
from bridgekit.media.uploaded import FileMissing, Thumbnail, Uploaded, from_json, to_json
from bridgekit.store.media import Media, save_upload
from bridgekit.store.writer import Writer
from bridgekit.supports import SupportsDownload

if TYPE_CHECKING:
    from bridgekit.media.pictures import Small

log = structlog.get_logger()

PAUSES = (1.0, 5.0)  # seconds before a source that failed is asked again; then it is given up
# Files of one network under way, each with its temporary file and two connections.
AT_ONCE = 8
NOBODY = "Nobody is connected who could fetch it"
_URL = re.compile(r"(?i)https?://")


class Uploads:
    """Each method may be called again for what it did already."""

    def __init__(
        self,
        *,
        repository: MediaRepository,
        fetcher: Fetcher,
        media: Media,
        writer: Writer,
        limit: SizeLimit,
        hourly: Hourly,
        clock: Clock,
        keep_exif: bool,
    ) -> None:
        self._repository, self._fetcher = repository, fetcher
        self._media, self._writer, self._limit = media, writer, limit
        self._hourly = hourly
        self._clock, self._keep_exif = clock, keep_exif
        # Each network its own: one that hangs holds up no other.
        self._slots: defaultdict[NetworkName, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE)
        )

    def renew(self, settings: MediaSettings) -> None:
        """What was reloaded."""
        self._limit.configured, self._hourly.most = settings.max_size, settings.per_hour
        self._keep_exif = settings.keep_exif

    async def upload(
        self,
        network: NetworkName,
        client: object,
        attachment: Attachment,
        *,
        key: str = "",
        receiver: LoginID | None = None,
    ) -> Uploaded:
        """Bring a file to Matrix.

        `key` is the source of the job: what a plain URL shows may change, so it is remembered for
        that job alone; a reference of the client's own is for all, or for the
        `receiver` of a private chat alone. Raises `FileMissing` where
        there is nothing to bring; `RetryLater` if the homeserver, or the client, asks for it, or
        enough was brought in this hour.
        """
        known = await self.known(network, attachment, key=key, receiver=receiver)
        if known is not None:
            return known
        async with self._slots[network]:
            self._hourly.check()
            file = await self._brought(network, client, attachment)
        self._hourly.spend(file.size)
        source = _digest(attachment, key, receiver)
        await self._writer.write(save_upload(network, source, to_json(file), millis(self._clock)))
        return file

    async def known(
        self,
        network: NetworkName,
        attachment: Attachment,
        *,
        key: str = "",
        receiver: LoginID | None = None,
    ) -> Uploaded | None:
        """What `upload` brought before."""
        known = await self._media.upload(network, _digest(attachment, key, receiver))
        return None if known is None else from_json(known)

    async def _brought(
        self, network: NetworkName, client: object, attachment: Attachment
    ) -> Uploaded:
        name = names.cleaned(attachment.name)
        limit = await self._limit.largest()
        for pause in (0.0, *PAUSES):
            await self._clock.sleep(pause)
            try:
                async with filled(self._pieces(client, attachment, limit), limit) as file:
                    look = await examined(file, attachment, keep_exif=self._keep_exif)
                    return await self._stored(file, look)
            except FileMissing:
                raise
            except RetryLater as error:
                if not isinstance(error, Unreachable):
                    raise
            except (Rejected, LoginError, ChatMoved) as error:
                raise FileMissing(name, str(error)) from error
            except Exception as error:  # noqa: BLE001 (whatever an adapter's library raises)
                log.warning("a file was not read", network=network, error=type(error).__name__)
        raise FileMissing(name, "It was not to be had, in several tries")

    def _pieces(self, client: object, attachment: Attachment, limit: int) -> AsyncIterator[bytes]:
        if attachment.size is not None and attachment.size > limit:
            raise TooLarge(limit)
        if isinstance(client, SupportsDownload):
            return in_time(client.download(attachment), self._clock)
        if is_url(attachment.source):
            return in_time(self._fetcher.fetch(attachment.source, limit=limit), self._clock)
        raise Rejected(NOBODY)

    async def _stored(self, file: BinaryIO, look: Examined) -> Uploaded:
        try:
            mxc = await self._repository.upload(pieces_of(file), look.size, look.mime, look.name)
        except Refused as refused:
            raise FileMissing(look.name, str(refused)) from refused
        return Uploaded(
            mxc=mxc,
            kind=look.kind,
            mime=look.mime,
            size=look.size,
            name=look.name,
            width=look.width,
            height=look.height,
            duration=look.duration,
            thumbnail=await self._thumbnail(look.small),
            animated=look.animated,
        )

    async def _thumbnail(self, small: Small | None) -> Thumbnail | None:
        if small is None:
            return None
        size = len(small.data)
        try:
            pieces = pieces_of(BytesIO(small.data))
            mxc = await self._repository.upload(pieces, size, small.mime, None)
        except (Refused, RetryLater):  # the picture itself is there; nobody waits for less
            return None
        return Thumbnail(mxc, small.mime, size, small.width, small.height)


def is_url(source: str) -> bool:
    """Whether it can be read by anybody, as far as its form tells."""
    return _URL.match(source) is not None


def _digest(attachment: Attachment, key: str, receiver: LoginID | None) -> str:
    words = (
        attachment.source,
        attachment.name,
        attachment.kind,
        key if is_url(attachment.source) else "",
        receiver or "",
    )
    text = "\0".join(words).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()
