"""A person with a Matrix client: the verbs that tests and the demo speak in, on any homeserver."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import aclosing
from typing import Any

from bridgekit.testing.homeserver.connection import Connection, path_of
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.saying import Speaker

JSON = dict[str, Any]

__all__ = ["Connection", "Person"]

_PAGE = "1000"


class Person(Speaker):
    """One account. Rooms are named by ID, or by alias where it says so.

    Every verb raises `MatrixError` when the homeserver refuses. What one says is in `Speaker`.
    """

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
        answer = await self.request("POST", path_of("join", room_or_alias), {})
        return str(answer["room_id"])

    async def invite(self, room: str, user_id: str, reason: str | None = None) -> None:
        await self._member(room, "invite", user_id, reason)

    async def kick(self, room: str, user_id: str, reason: str | None = None) -> None:
        await self._member(room, "kick", user_id, reason)

    async def ban(self, room: str, user_id: str, reason: str | None = None) -> None:
        await self._member(room, "ban", user_id, reason)

    async def unban(self, room: str, user_id: str, reason: str | None = None) -> None:
        await self._member(room, "unban", user_id, reason)

    async def leave(self, room: str, reason: str | None = None) -> None:
        await self.request("POST", path_of("rooms", room, "leave"), _because(reason))

    # The room's state.

    async def set_state(self, room: str, event_type: str, content: JSON, key: str = "") -> str:
        path = path_of("rooms", room, "state", event_type, key)
        answer = await self.request("PUT", path, content)
        return str(answer["event_id"])

    async def state(self, room: str, event_type: str, key: str = "") -> JSON:
        """The content of a state event; M_NOT_FOUND if there is none."""
        content: JSON = await self.request("GET", path_of("rooms", room, "state", event_type, key))
        return content

    async def set_name(self, room: str, name: str) -> str:
        return await self.set_state(room, "m.room.name", {"name": name})

    async def set_topic(self, room: str, topic: str) -> str:
        return await self.set_state(room, "m.room.topic", {"topic": topic})

    async def set_avatar(self, room: str, uri: str) -> str:
        """Give the room a picture; "" takes it away."""
        return await self.set_state(room, "m.room.avatar", {"url": uri} if uri else {})

    async def set_power(self, room: str, user_id: str, level: int | None) -> str:
        """Give somebody a power level; None: the room's default."""
        levels = await self.state(room, "m.room.power_levels")
        users = {**levels.get("users", {}), user_id: level}
        users = {user: kept for user, kept in users.items() if kept is not None}
        return await self.set_state(room, "m.room.power_levels", {**levels, "users": users})

    async def pinned(self, room: str) -> list[str]:
        try:
            content = await self.state(room, "m.room.pinned_events")
        except MatrixError as error:
            if error.errcode != "M_NOT_FOUND":
                raise
            return []
        return list(content.get("pinned", ()))

    async def pin(self, room: str, event_id: str) -> str:
        pins = [*await self.pinned(room), event_id]
        return await self.set_state(room, "m.room.pinned_events", {"pinned": pins})

    async def unpin(self, room: str, event_id: str) -> str:
        pins = [pin for pin in await self.pinned(room) if pin != event_id]
        return await self.set_state(room, "m.room.pinned_events", {"pinned": pins})

    # Oneself.

    async def set_display_name(self, name: str) -> None:
        path = path_of("profile", self.user_id, "displayname")
        await self.request("PUT", path, {"displayname": name})

    async def set_profile(self, name: str | None = None, avatar: str | None = None) -> None:
        """Be called by another name, have another picture (an mxc:// URI; "" for none)."""
        if name is not None:
            await self.set_display_name(name)
        if avatar is not None:
            path = path_of("profile", self.user_id, "avatar_url")
            await self.request("PUT", path, {"avatar_url": avatar})

    async def typing(self, room: str, *, active: bool = True) -> None:
        path = path_of("rooms", room, "typing", self.user_id)
        await self.request("PUT", path, {"typing": active, "timeout": 30_000})

    async def read(self, room: str, event_id: str, *, private: bool = False) -> None:
        """Send a read receipt."""
        kind = "m.read.private" if private else "m.read"
        await self.request("POST", path_of("rooms", room, "receipt", kind, event_id), {})

    # Looking.

    async def members(self, room: str) -> set[str]:
        """Who is in the room now."""
        answer = await self.request("GET", path_of("rooms", room, "joined_members"))
        return set(answer["joined"])

    async def take_mail(self) -> None:
        """Take what was sent to this client alone; one without keys is sent nothing."""

    def opened(self, event: JSON) -> JSON:
        """An event as this client reads it."""
        return event

    @property
    def unreadable(self) -> list[str]:
        """What this client was shown and cannot read; one without keys does not try to."""
        return []

    async def events(self, room: str) -> list[JSON]:
        """Everything that happened in the room, oldest first."""
        await self.take_mail()
        return [self.opened(event) for event in await self._events(room)]

    async def _events(self, room: str) -> list[JSON]:
        query, found = {"dir": "f", "limit": _PAGE}, []
        while True:
            page = await self.request("GET", path_of("rooms", room, "messages"), None, query)
            found += page["chunk"]
            if "end" not in page or not page["chunk"]:
                return found
            query["from"] = page["end"]

    async def messages(self, room: str) -> list[JSON]:
        """The m.room.message events of the room, oldest first; redacted ones have no content."""
        return [event for event in await self.events(room) if event["type"] == "m.room.message"]

    async def event(self, room: str, event_id: str) -> JSON:
        """One event, as it is now."""
        await self.take_mail()
        return self.opened(await self.request("GET", path_of("rooms", room, "event", event_id)))

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

    async def _member(self, room: str, action: str, user_id: str, reason: str | None) -> None:
        body = {"user_id": user_id, **_because(reason)}
        await self.request("POST", path_of("rooms", room, action), body)


def _because(reason: str | None) -> JSON:
    return {} if reason is None else {"reason": reason}
