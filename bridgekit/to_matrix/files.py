"""The files of a message, brought to Matrix; one that cannot be had is said in its place."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.events import Content
from bridgekit.facts import Attachment
from bridgekit.media.uploaded import FileMissing, Uploaded
from bridgekit.media.uploads import Uploads
from bridgekit.to_matrix.lookup import client_of
from bridgekit.to_matrix.scene import Scene

File = Uploaded | FileMissing


class Files:
    """What was uploaded once is not uploaded again, so each is safe to repeat."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads

    async def bring(
        self, scene: Scene[Content], attachments: Sequence[Attachment], key: str
    ) -> list[File]:
        """Each file or why it is missing, in order. `key`: what shows them. Raises `RetryLater`."""
        return [await self._one(scene, attachment, key) for attachment in attachments]

    async def picture(self, scene: Scene[Content], attachment: Attachment, key: str) -> str | None:
        """The mxc of an avatar or an emoji; None where it cannot be had."""
        file = await self._one(scene, attachment, key)
        return None if isinstance(file, FileMissing) else file.mxc

    async def _one(self, scene: Scene[Content], attachment: Attachment, key: str) -> File:
        client = await client_of(scene.portal, scene.network)
        name, receiver = scene.network.name, scene.portal.key.receiver
        try:
            return await self._uploads.upload(name, client, attachment, key=key, receiver=receiver)
        except FileMissing as missing:
            return missing
