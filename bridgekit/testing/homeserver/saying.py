"""What a person says in rooms: a verb for every kind of event that a client sends."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Collection
from typing import Any

from bridgekit.testing.homeserver import contents
from bridgekit.testing.homeserver.connection import Connection, path_of

JSON = dict[str, Any]


class Speaker:
    """One who sends events. Every verb that sends one returns its ID."""

    def __init__(self, user_id: str, access_token: str, connection: Connection) -> None:
        self.user_id = user_id
        self.access_token = access_token
        self._connection = connection
        self._transactions = (f"{secrets.token_hex(4)}.{n}" for n in itertools.count())

    async def request(
        self, method: str, path: str, body: JSON | None = None, query: dict[str, str] | None = None
    ) -> Any:
        """Any request, for what has no verb; `path` is below /_matrix/client/v3."""
        return await self._connection.request(method, path, body, query)

    async def send(
        self, room: str, event_type: str, content: JSON, *, txn: str | None = None
    ) -> str:
        path = path_of("rooms", room, "send", event_type, txn or next(self._transactions))
        answer = await self.request("PUT", path, content)
        return str(answer["event_id"])

    async def redact(self, room: str, event_id: str, reason: str | None = None) -> str:
        path = path_of("rooms", room, "redact", event_id, next(self._transactions))
        answer = await self.request("PUT", path, {"reason": reason} if reason else {})
        return str(answer["event_id"])

    # Text.

    async def say(
        self,
        room: str,
        body: str,
        *,
        html: str | None = None,
        msgtype: str = "m.text",
        txn: str | None = None,
        mention: Collection[str] = (),
        mention_room: bool = False,
        **more: Any,
    ) -> str:
        """Send a text. `more` are further keys of its content."""
        content = contents.text(body, html, msgtype) | more
        if mention or mention_room:
            content |= contents.mentions(mention, everybody=mention_room)
        return await self.send(room, "m.room.message", content, txn=txn)

    async def edit(self, room: str, event_id: str, body: str, html: str | None = None) -> str:
        new = contents.text(body, html)
        return await self.send(room, "m.room.message", contents.edited(event_id, new))

    async def reply(self, room: str, event_id: str, body: str, **how: Any) -> str:
        """Say something (see `say`) in reply."""
        return await self.say(room, body, **contents.reply_to(event_id), **how)

    async def thread(
        self, room: str, root: str, body: str, *, reply_to: str | None = None, **how: Any
    ) -> str:
        """Say something in the thread of `root`, perhaps in reply to a message there."""
        place = contents.in_thread(root, reply_to, reply=reply_to is not None)
        return await self.say(room, body, **place, **how)

    async def quote(self, room: str, picked: str, body: str, *, of: str | None = None) -> str:
        """Quote a passage and say something to it; `of`: in reply to that event."""
        relation = contents.reply_to(of) if of else {}
        return await self.send(room, "m.room.message", contents.quoting(picked, body) | relation)

    async def react(self, room: str, event_id: str, key: str) -> str:
        """React; redact what is returned to take it back."""
        content = contents.related("m.annotation", event_id, key=key)
        return await self.send(room, "m.reaction", content)

    # Files, places.

    async def upload(
        self, data: bytes, mime: str = "application/octet-stream", name: str = "file"
    ) -> str:
        """Put a file into the content repository; its mxc:// URI."""
        return await self._connection.upload(data, mime, name)

    async def download(self, uri: str) -> bytes:
        """The bytes behind an mxc:// URI."""
        server, _, media = uri.removeprefix("mxc://").partition("/")
        return await self._connection.download(server, media)

    async def send_file(
        self,
        room: str,
        name: str,
        mime: str,
        data: bytes,
        *,
        kind: str | None = None,
        caption: str | None = None,
        info: JSON | None = None,
        **more: Any,
    ) -> str:
        """Upload and send; `kind` is the msgtype (default: by `mime`)."""
        uri = await self.upload(data, mime, name)
        about = {"mimetype": mime, "size": len(data), **(info or {})}
        content = contents.file(kind or contents.msgtype_of(mime), name, uri, about, caption)
        return await self.send(room, "m.room.message", content | more)

    async def voice(self, room: str, data: bytes, duration_ms: int = 1000) -> str:
        extra = contents.voice(duration_ms)
        info = {"duration": duration_ms}
        return await self.send_file(
            room, "Voice message.ogg", "audio/ogg", data, info=info, **extra
        )

    async def sticker(self, room: str, body: str, mime: str, data: bytes) -> str:
        uri = await self.upload(data, mime, body)
        info = {"mimetype": mime, "size": len(data), "w": 256, "h": 256}
        return await self.send(room, "m.sticker", {"body": body, "url": uri, "info": info})

    async def send_location(
        self, room: str, latitude: float, longitude: float, name: str = ""
    ) -> str:
        content = contents.location(latitude, longitude, name)
        return await self.send(room, "m.room.message", content)

    # Polls: in the unstable form that clients send, or the stable one.

    async def poll(
        self, room: str, question: str, *options: str, most: int = 1, stable: bool = False
    ) -> str:
        """Ask; `most` options may be chosen."""
        content = contents.poll(question, options, most, stable=stable)
        return await self.send(room, contents.poll_event("start", stable=stable), content)

    async def vote(self, room: str, poll: str, *options: int, stable: bool = False) -> str:
        """The whole choice, counted from 0; none withdraws it."""
        content = contents.vote(poll, options, stable=stable)
        return await self.send(room, contents.poll_event("response", stable=stable), content)

    async def end_poll(self, room: str, poll: str, *, stable: bool = False) -> str:
        content = contents.poll_end(poll, stable=stable)
        return await self.send(room, contents.poll_event("end", stable=stable), content)
