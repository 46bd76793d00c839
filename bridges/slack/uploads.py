"""Files to Slack, by the flow that is left: a place for the bytes, the bytes, and the share.

https://docs.slack.dev/messaging/working-with-files. The answer names no message: `files.info` does,
a little later. Which files a share is about is kept before it is asked for, so that after
a crash it is known what to look for.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientError, ClientSession

from bridgekit import (
    Absence,
    Attachment,
    ChatID,
    Found,
    Host,
    LoginError,
    LoginID,
    MatrixEvent,
    Message,
    Rejected,
    RetryLater,
    Sent,
)
from bridges.slack.fields import JSON, record, records, text, texts
from bridges.slack.ids import channel_of, is_ts, message_id
from bridges.slack.refusals import InDoubt
from bridges.slack.web_api import WebAPI

_LOOKS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds between looks: Slack scans a file before it shares it
_OK = 200  # of HTTP


class Uploads:
    """For one login; a chat has one message on its way at a time."""

    def __init__(self, login: LoginID, api: WebAPI, http: ClientSession, host: Host) -> None:
        self._login, self._api, self._http, self._host = login, api, http, host

    async def send(self, event: MatrixEvent[Message], comment: str, thread: str | None) -> Sent:
        """Share the files of a message, and what it says; raises as `Client.send` does."""
        files = [await self._upload(one) for one in event.content.attachments]
        named = [text(file, "id") for file in files]
        await self._host.save(self._key(event.chat.id), json.dumps({event.txn: named}))
        channel = channel_of(event.chat.id).id
        await self._api.call(
            "files.completeUploadExternal",
            files=files,
            channel_id=channel,
            thread_ts=thread,
            initial_comment=comment or None,
        )
        shared = await self._seen(named, channel)
        if shared is None:
            raise InDoubt("files.completeUploadExternal: accepted, and not shared yet")
        return Sent((message_id(shared),))

    async def find(self, event: MatrixEvent[Message]) -> Found | Absence:
        """What became of a share that was asked for."""
        kept = await self._host.load(self._key(event.chat.id))
        begun: JSON = {} if kept is None else json.loads(kept)
        if event.txn not in begun:
            return Absence.ABSENT  # it is kept before Slack is asked
        shared = await self._shared(texts(begun, event.txn), channel_of(event.chat.id).id)
        return Absence.UNSURE if shared is None else Found((message_id(shared),))

    def _key(self, chat: ChatID) -> str:
        return f"upload {self._login} {chat}"

    async def _upload(self, attachment: Attachment) -> JSON:
        """Nothing of this is seen by anybody yet, so whatever fails may be done again."""
        async with self._host.open(attachment) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            try:
                place = await self._api.call(
                    "files.getUploadURLExternal", filename=attachment.name, length=size
                )
                async with self._http.post(text(place, "upload_url"), data=file) as response:
                    status = response.status
            except (InDoubt, ClientError, TimeoutError) as error:
                raise RetryLater("Slack did not take the file") from error
        if status != _OK:
            raise RetryLater("Slack did not take the file")
        return {"id": text(place, "file_id"), "title": attachment.name}

    async def _seen(self, files: Sequence[str], channel: str) -> str | None:
        """As `_shared`, of what was accepted: whatever Slack says now, it is not to be repeated."""
        try:
            return await self._shared(files, channel)
        except (LoginError, Rejected, RetryLater) as error:
            raise InDoubt("files.completeUploadExternal: accepted, but not where") from error

    async def _shared(self, files: Sequence[str], channel: str) -> str | None:
        """The message that shows them; None if there is none for a good while."""
        for pause in _LOOKS:
            for file in files:
                answer = await self._api.call("files.info", file=file)
                found = share_of(record(answer, "file"), channel)
                if found is not None:
                    return found
            await asyncio.sleep(pause)
        return None


def share_of(file: JSON, channel: str) -> str | None:
    """The message with which a file was shared to a channel."""
    shares: Any = record(file, "shares")
    for kind in ("public", "private"):
        for share in records(record(shares, kind), channel):
            if is_ts(text(share, "ts")):
                return text(share, "ts")
    return None
