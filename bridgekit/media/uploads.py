"""Network to Matrix: a file is read from where the network has it, examined and uploaded.

What was uploaded is remembered, so a try that is repeated, or a sticker that is sent again, costs
nothing and leaves no second copy. In encrypted rooms each message has its own, with its own key.
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
from bridgekit.media.encrypting import Encrypting
from bridgekit.media.examined import Examined, examined
from bridgekit.media.fetcher import Fetcher, Unreachable
from bridgekit.media.file_key import FileKey
from bridgekit.media.files import TooLarge, filled, pieces_of
from bridgekit.media.hourly import Hourly
from bridgekit.media.least_rate import in_time
from bridgekit.media.limits import SizeLimit
from bridgekit.media.sniff import UNKNOWN
from bridgekit.media.uploaded import (
    FileBlocked,
    FileMissing,
    Thumbnail,
    Uploaded,
    from_json,
    to_json,
)
from bridgekit.scanning.scan import Scan
from bridgekit.scanning.verdict import Blocked
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.media import Media, save_upload
from bridgekit.store.writer import Writer
from bridgekit.supports import SupportsDownload

if TYPE_CHECKING:
    from bridgekit.media.pictures import Small

log = structlog.get_logger()

PAUSES = (1.0, 5.0)  # seconds before a source that failed is asked again; then it is given up
# Files of one network under way, each with its temporary file and two connections.
AT_ONCE = 8
PLACE = "upload:"
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
        sealing: Sealing,
        clock: Clock,
        keep_exif: bool,
        scan: Scan,
    ) -> None:
        """`sealing` keeps the keys of files that are encrypted."""
        self._repository, self._fetcher, self._sealing = repository, fetcher, sealing
        self._media, self._writer, self._limit = media, writer, limit
        self._hourly = hourly
        self._clock, self._keep_exif, self._scan = clock, keep_exif, scan
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
        secret: bool = False,
    ) -> Uploaded:
        """Bring a file to Matrix; `secret`: encrypted.

        `key` is the source of the job: what a plain URL shows may change, so it is remembered for
        that job alone; a reference of the client's own is for all, or for the
        `receiver` of a private chat alone. Raises `FileMissing` where
        there is nothing to bring; `RetryLater` if the homeserver, or the client, asks for it,
        enough was brought in this hour, or nobody can look through it.
        """
        known = await self.known(network, attachment, key=key, receiver=receiver, secret=secret)
        if known is not None:
            return known
        async with self._slots[network]:
            self._hourly.check()
            await self._scan.check()
            file = await self._brought(network, client, attachment, secret=secret)
        self._hourly.spend(file.size)
        source, body = _digest(attachment, key, receiver, secret=secret), to_json(file)
        body = self._sealing.seal(body, PLACE + source) if secret else body
        await self._writer.write(save_upload(network, source, body, millis(self._clock)))
        return file

    async def known(
        self,
        network: NetworkName,
        attachment: Attachment,
        *,
        key: str = "",
        receiver: LoginID | None = None,
        secret: bool = False,
    ) -> Uploaded | None:
        """What `upload` brought before."""
        source = _digest(attachment, key, receiver, secret=secret)
        known = await self._media.upload(network, source)
        try:
            return None if known is None else from_json(self._sealing.open(known, PLACE + source))
        except Unreadable:  # sealed with a key that is gone: it is brought once more
            return None

    async def _brought(
        self, network: NetworkName, client: object, attachment: Attachment, *, secret: bool
    ) -> Uploaded:
        name = names.cleaned(attachment.name)
        limit = await self._limit.largest()
        for pause in (0.0, *PAUSES):
            await self._clock.sleep(pause)
            try:
                async with filled(self._pieces(client, attachment, limit), limit) as file:
                    await self._scan.file(file)  # before anything of ours reads it, too
                    look = await examined(file, attachment, keep_exif=self._keep_exif)
                    return await self._stored(file, look, secret=secret)
            except FileMissing:
                raise
            except Blocked as blocked:
                raise FileBlocked(name, blocked) from None
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

    async def _stored(self, file: BinaryIO, look: Examined, *, secret: bool) -> Uploaded:
        try:
            mxc, key = await self._kept(file, look.size, look.mime, look.name, secret=secret)
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
            thumbnail=await self._thumbnail(look.small, secret=secret),
            animated=look.animated,
            key=key,
        )

    async def _thumbnail(self, small: Small | None, *, secret: bool) -> Thumbnail | None:
        if small is None:
            return None
        size = len(small.data)
        try:
            file = BytesIO(small.data)
            mxc, key = await self._kept(file, size, small.mime, None, secret=secret)
        except (Refused, RetryLater):  # the picture itself is there; nobody waits for less
            return None
        return Thumbnail(mxc, small.mime, size, small.width, small.height, key)

    async def _kept(
        self, file: BinaryIO, size: int, mime: str, name: str | None, *, secret: bool
    ) -> tuple[str, FileKey | None]:
        """Where the homeserver has it; of what is secret it learns the size alone."""
        if not secret:
            return await self._repository.upload(pieces_of(file), size, mime, name), None
        encrypting = Encrypting()
        pieces = encrypting.pieces(pieces_of(file))
        return await self._repository.upload(pieces, size, UNKNOWN, None), encrypting.key()


def is_url(source: str) -> bool:
    """Whether it can be read by anybody, as far as its form tells."""
    return _URL.match(source) is not None


def _digest(attachment: Attachment, key: str, receiver: LoginID | None, *, secret: bool) -> str:
    words = (
        attachment.source,
        attachment.name,
        attachment.kind,
        key if secret or is_url(attachment.source) else "",
        receiver or "",
        *(("secret",) if secret else ()),
    )
    text = "\0".join(words).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()
