"""A network with files: they are streamed both ways, and never held in memory."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiohttp import ClientSession
from matrix_bridgekit_tinychat.client import TinychatClient, check
from matrix_bridgekit_tinychat.config import TinychatConfig
from matrix_bridgekit_tinychat.convert import to_event, to_text

from bridgekit import (
    Adapter,
    Attachment,
    AttachmentKind,
    Deletion,
    Limits,
    Login,
    Manifest,
    MatrixEvent,
    Message,
    MessageID,
    RemoteEvent,
    RemoteUserID,
    Sent,
    SupportsDownload,
    SupportsOwnLogins,
)

PIECE = 1 << 16


class MediaAdapter(Adapter[TinychatConfig], SupportsOwnLogins):
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

    def own_logins(self) -> Mapping[str, Mapping[str, str]]:
        return {"bot": {"token": self.config.token.get_secret_value()}}

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator["MediaClient"]:
        headers = {"Authorization": f"Bearer {login.credentials['token']}"}
        async with ClientSession(self.config.url, headers=headers) as http:
            async with http.get("/me") as response:
                check(response)
                me = RemoteUserID((await response.json())["id"])
            yield MediaClient(me, login, http, self.host)


class MediaClient(TinychatClient, SupportsDownload):
    async def run(self) -> None:
        while True:
            async with self._http.get("/news") as response:
                check(response)
                news = await response.json()
            await self._host.receive(self._login.id, with_file(news))
            async with self._http.post(f"/news/{news['number']}/seen") as response:
                check(response)

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


def with_file(news: Mapping[str, Any]) -> RemoteEvent[Message | Deletion]:
    """The file only by its name: the core downloads it when it shows the message."""
    event = to_event(news)
    if isinstance(event.content, Deletion) or "file" not in news:
        return event
    file = Attachment(AttachmentKind.FILE, source=news["file"], name=news["name"])
    return replace(event, content=Message(event.content.text, attachments=(file,)))
