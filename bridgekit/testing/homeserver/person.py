"""A person with a Matrix client: the verbs that tests and the demo speak in, on any homeserver."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import Any, Protocol
from urllib.parse import quote

JSON = dict[str, Any]

_PAGE = "1000"


class Connection(Protocol):
    """How a person reaches their homeserver."""

    async def request(
        self, method: str, path: str, body: JSON | None = None, query: dict[str, str] | None = None
    ) -> Any:
        """Ask `path` (below /_matrix/client/v3); the JSON answer, or raise `MatrixError`."""

    def changes(self) -> AsyncGenerator[None]:
        """At once, then whenever something this person may see has happened."""


class Person:
    """One account. Rooms are named by ID, or by alias where it says so.

    Every verb raises `MatrixError` when the homeserver refuses.
    """

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

    async def create_room(
        self,
        *,
        name: str | None = None,
        invite: Iterable[str] = (),
        preset: str = "private_chat",
        direct: bool = False,
        encrypted: bool = False,
        **options: Any,
    ) -> str:
        """The new room's ID. `options` are further keys of POST /createRoom."""
        config: JSON = {"preset": preset, "invite": list(invite), "is_direct": direct, **options}
        if name is not None:
            config["name"] = name
        if encrypted:
            encryption = {"algorithm": "m.megolm.v1.aes-sha2"}
            state = {"type": "m.room.encryption", "state_key": "", "content": encryption}
            config["initial_state"] = [*config.get("initial_state", ()), state]
        answer = await self.request("POST", "/createRoom", config)
        return str(answer["room_id"])

    async def join(self, room_or_alias: str) -> str:
        answer = await self.request("POST", _path("join", room_or_alias), {})
        return str(answer["room_id"])

    async def invite(self, room: str, user_id: str) -> None:
        await self._member(room, "invite", user_id)

    async def kick(self, room: str, user_id: str, reason: str | None = None) -> None:
        await self._member(room, "kick", user_id, reason)

    async def ban(self, room: str, user_id: str, reason: str | None = None) -> None:
        await self._member(room, "ban", user_id, reason)

    async def unban(self, room: str, user_id: str) -> None:
        await self._member(room, "unban", user_id)

    async def leave(self, room: str) -> None:
        await self.request("POST", _path("rooms", room, "leave"), {})

    async def say(
        self,
        room: str,
        body: str,
        *,
        html: str | None = None,
        msgtype: str = "m.text",
        txn: str | None = None,
    ) -> str:
        """Send a text; the event ID."""
        content: JSON = {"msgtype": msgtype, "body": body}
        if html is not None:
            content |= {"format": "org.matrix.custom.html", "formatted_body": html}
        return await self.send(room, "m.room.message", content, txn=txn)

    async def send(
        self, room: str, event_type: str, content: JSON, *, txn: str | None = None
    ) -> str:
        path = _path("rooms", room, "send", event_type, txn or next(self._transactions))
        answer = await self.request("PUT", path, content)
        return str(answer["event_id"])

    async def redact(self, room: str, event_id: str, reason: str | None = None) -> str:
        path = _path("rooms", room, "redact", event_id, next(self._transactions))
        answer = await self.request("PUT", path, {"reason": reason} if reason else {})
        return str(answer["event_id"])

    async def set_state(self, room: str, event_type: str, content: JSON, key: str = "") -> str:
        path = _path("rooms", room, "state", event_type, key)
        answer = await self.request("PUT", path, content)
        return str(answer["event_id"])

    async def state(self, room: str, event_type: str, key: str = "") -> JSON:
        """The content of a state event; M_NOT_FOUND if there is none."""
        content: JSON = await self.request("GET", _path("rooms", room, "state", event_type, key))
        return content

    async def set_name(self, room: str, name: str) -> str:
        return await self.set_state(room, "m.room.name", {"name": name})

    async def set_display_name(self, name: str) -> None:
        path = _path("profile", self.user_id, "displayname")
        await self.request("PUT", path, {"displayname": name})

    async def typing(self, room: str, *, active: bool = True) -> None:
        path = _path("rooms", room, "typing", self.user_id)
        await self.request("PUT", path, {"typing": active, "timeout": 30_000})

    async def read(self, room: str, event_id: str) -> None:
        """Send a read receipt."""
        await self.request("POST", _path("rooms", room, "receipt", "m.read", event_id), {})

    async def members(self, room: str) -> set[str]:
        """Who is in the room now."""
        answer = await self.request("GET", _path("rooms", room, "joined_members"))
        return set(answer["joined"])

    async def events(self, room: str) -> list[JSON]:
        """Everything that happened in the room, oldest first."""
        query, found = {"dir": "f", "limit": _PAGE}, []
        while True:
            page = await self.request("GET", _path("rooms", room, "messages"), None, query)
            found += page["chunk"]
            if "end" not in page or not page["chunk"]:
                return found
            query["from"] = page["end"]

    async def messages(self, room: str) -> list[JSON]:
        """The m.room.message events of the room, oldest first; redacted ones have no content."""
        return [event for event in await self.events(room) if event["type"] == "m.room.message"]

    async def bodies(self, room: str) -> list[str]:
        """What was said in the room, oldest first."""
        return [event["content"].get("body", "") for event in await self.messages(room)]

    async def wait_for(self, room: str, predicate: Callable[[JSON], object]) -> JSON:
        """The first event of the room, old or new, that `predicate` accepts.

        Waits for as long as it takes: put a timeout around it.
        """
        async with aclosing(self._connection.changes()) as changes:
            async for _ in changes:
                for event in await self.events(room):
                    if predicate(event):
                        return event
        raise AssertionError("changes never end")

    async def _member(
        self, room: str, action: str, user_id: str, reason: str | None = None
    ) -> None:
        body = {"user_id": user_id} | ({"reason": reason} if reason else {})
        await self.request("POST", _path("rooms", room, action), body)


def _path(*parts: str) -> str:
    return "".join(f"/{quote(part, safe='')}" for part in parts)
