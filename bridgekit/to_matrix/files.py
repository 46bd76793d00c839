"""The files of a message, brought to Matrix; one that cannot be had is said in its place."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from functools import partial

from bridgekit.configuration.plugins import yielded
from bridgekit.errors import Rejected, RetryLater
from bridgekit.events import Content
from bridgekit.facts import Attachment
from bridgekit.ids import RoomID
from bridgekit.lanes.parking import Stay
from bridgekit.media.uploaded import FileBlocked, FileMissing, Uploaded
from bridgekit.media.uploads import NOBODY, Uploads, is_url
from bridgekit.supports import SupportsDownload
from bridgekit.to_matrix.examining import Examining
from bridgekit.to_matrix.lookup import Asked, asked
from bridgekit.to_matrix.scene import Scene

File = Uploaded | FileMissing

DROPS = 5  # connections that may end while a file is read, before it is what ends them


class Files:
    """What was uploaded once is not uploaded again, so each is safe to repeat."""

    def __init__(
        self,
        uploads: Uploads,
        encrypts: Callable[[RoomID | None], Awaitable[bool]],
        examining: Examining,
    ) -> None:
        """`encrypts` says whether a room is encrypted: nobody may read its files in passing."""
        self._uploads, self._encrypts, self._examining = uploads, encrypts, examining

    async def bring(
        self, scene: Scene[Content], attachments: Sequence[Attachment], key: str
    ) -> list[File]:
        """Each file or why it is missing, in order. `key`: what shows them. Raises `RetryLater`."""
        secret = bool(attachments) and await self._encrypts(scene.portal.room)
        return [await self._one(scene, one, key, secret=secret) for one in attachments]

    async def picture(self, scene: Scene[Content], attachment: Attachment, key: str) -> str | None:
        """The mxc of an avatar or an emoji; None where it cannot be had."""
        file = await self._one(scene, attachment, key)
        return None if isinstance(file, FileMissing) else file.mxc

    async def _one(
        self, scene: Scene[Content], attachment: Attachment, key: str, *, secret: bool = False
    ) -> File:
        name, receiver = scene.network.name, scene.portal.key.receiver
        known = partial(self._uploads.known, key=key, receiver=receiver, secret=secret)
        upload = partial(self._uploads.upload, key=key, receiver=receiver, secret=secret)
        try:
            source = _source(scene)
        except Stay:
            brought = await known(name, attachment)
            if brought is not None:
                return brought
            # Asked again: one that has connected meanwhile would wake nobody.
            source = _source(scene) if _needs_client(scene, attachment) else None
        try:
            return await upload(name, source, attachment)
        except FileMissing as missing:
            if isinstance(missing, FileBlocked):
                await self._examining.report(scene, missing.blocked)
            return missing


def _source(scene: Scene[Content]) -> SupportsDownload | None:
    """Who reads the files of a chat; None: nobody but whoever reads a URL. Raises `Stay`."""
    found = asked(scene.portal, scene.network)
    reads = found is not None and isinstance(found.client, SupportsDownload)
    return _WhoIsThere(scene) if reads else None


def _needs_client(scene: Scene[Content], attachment: Attachment) -> bool:
    """Whether a client may be the only one who can read it: a URL may be one that asks who is."""
    clients = yielded(type(scene.network.adapter))
    reads = [client is None or issubclass(client, SupportsDownload) for client in clients]
    return any(reads) or not is_url(attachment.source)


class _WhoIsThere(SupportsDownload):
    """For each try at a file, the client that is connected then."""

    def __init__(self, scene: Scene[Content]) -> None:
        self._scene = scene
        self._began = False

    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """Raises `Stay` if nobody is there now, `Rejected` if nobody will be."""
        try:
            found = asked(self._scene.portal, self._scene.network)
        except Stay:
            self._note_drop()
            raise
        if found is None or not isinstance(found.client, SupportsDownload):
            raise Rejected(NOBODY)
        self._began = True
        return _while_there(found, found.client.download(attachment))

    def _note_drop(self) -> None:
        journey = self._scene.journey
        journey.failures += self._began
        if journey.failures >= DROPS:
            raise Rejected("The connection to the network ended each time that it was read")


async def _while_there(found: Asked, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """These pieces; raises `ConnectionError` once the connection has ended."""
    try:
        while (piece := await found.calls.ask(found.client, _next(pieces))) is not None:
            yield piece
    except RetryLater as error:
        if found.gone:
            raise ConnectionError("The connection has ended") from error
        raise
    finally:
        if isinstance(pieces, AsyncGenerator):  # what it holds open is closed now, not some day
            await pieces.aclose()


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    return await anext(pieces, None)
