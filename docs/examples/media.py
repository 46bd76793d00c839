"""A network with files: they are streamed both ways, and never held in memory."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from matrix_bridgekit_tinychat import TinychatAdapter
from matrix_bridgekit_tinychat.client import TinychatClient, check
from matrix_bridgekit_tinychat.config import TinychatConfig
from matrix_bridgekit_tinychat.convert import to_text

from bridgekit import (
    Attachment,
    AttachmentKind,
    Content,
    Limits,
    Login,
    Manifest,
    MatrixEvent,
    Message,
    MessageID,
    RemoteEvent,
    Sent,
    SupportsDownload,
)

PIECE = 1 << 16


class MediaAdapter(TinychatAdapter):
    manifest = Manifest(
        name="media",
        title="Media",
        config=TinychatConfig,
        limits=Limits(
            text=2000,
            attachments=frozenset({AttachmentKind.FILE, AttachmentKind.IMAGE}),
            media=20_000_000,
            idempotent=True,
        ),
    )

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["MediaClient"]:
        async with self.signed_in(login) as (me, http):
            yield MediaClient(me, login, http, self.host)


class MediaClient(TinychatClient, SupportsDownload):
    async def _understood(self, news: Mapping[str, Any]) -> Sequence[RemoteEvent[Content]]:
        return [with_file(event, news) for event in await super()._understood(news)]

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        message = {"chat": event.chat.id, "text": to_text(event), "key": event.txn}
        for attachment in event.content.attachments:  # one at most, when it comes from Matrix
            async with (
                self._host.open(attachment) as file,
                self._http.post("/files", data=file) as response,
            ):
                check(response)
                message["file"] = (await response.json())["id"]
                message["name"] = attachment.name
        async with self._http.post("/messages", json=message) as response:
            check(response)
            return Sent((MessageID((await response.json())["id"]),))

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        async with self._http.get(f"/files/{attachment.source}") as response:
            check(response)
            async for piece in response.content.iter_chunked(PIECE):
                yield piece


def with_file(event: RemoteEvent[Content], news: Mapping[str, Any]) -> RemoteEvent[Content]:
    """The file only by its name: the core downloads it when it shows the message."""
    if not isinstance(event.content, Message) or "file" not in news:
        return event
    file = Attachment(AttachmentKind.FILE, source=news["file"], name=news.get("name", "file"))
    return replace(event, content=Message(event.content.text, attachments=(file,)))
