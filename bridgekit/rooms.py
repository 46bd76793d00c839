"""Rooms are made once, whatever crashes and whatever answer is lost (delivery rule 15).

A room is made under an alias that only its portal can have, which is taken away again when the
binding is committed. Meeting the alias again means: this room was made before we died.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.facts import ChatInfo
from bridgekit.ids import PortalID, RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal, PortalState
from bridgekit.namespaces import Namespaces
from bridgekit.portals import Portals
from bridgekit.signing import Signer

log = structlog.get_logger()

MARK = "dev.bridgekit.portal"
PATIENCE = 60.0  # seconds that a homeserver may need to finish a room it has begun
LOOK_AGAIN = 5.0


class Rooms:
    """Makes the rooms of portals."""

    def __init__(
        self,
        portals: Portals,
        intents: Intents,
        namespaces: Namespaces,
        signer: Signer,
        clock: Clock,
    ) -> None:
        self._portals, self._intents = portals, intents
        self._namespaces, self._signer, self._clock = namespaces, signer, clock
        self._making: dict[PortalID, asyncio.Lock] = {}
        self._half_built: dict[PortalID, float] = {}

    @property
    def busy(self) -> bool:
        """Whether a room is being made now, so that an unknown room may turn out to be ours."""
        return bool(self._making)

    async def ensure(self, portal: Portal, info: ChatInfo, people: Sequence[UserID]) -> Portal:
        """The portal with its room. `people` are invited and, in a private chat, nobody else.

        Safe to repeat after any failure; raises `RetryLater` and `Refused`.
        """
        lock = self._making.setdefault(portal.id, asyncio.Lock())
        try:
            async with lock:
                portal = await self._portals.get(portal.id)
                if portal.state is PortalState.BOUND:
                    return portal
                return await self._make(await self._portals.creating(portal), info, people)
        finally:
            if not lock.locked():
                self._making.pop(portal.id, None)

    async def _make(self, portal: Portal, info: ChatInfo, people: Sequence[UserID]) -> Portal:
        digest = self._signer.room_alias(portal.key)
        alias = self._namespaces.private_alias(digest)
        content = self._content(portal, info, people, digest)
        try:
            room = await self._intents.create_room(content)
        except Refused as refused:
            if refused.code != "M_ROOM_IN_USE":
                raise
            found = await self._intents.resolve(alias)
            if found is None or not await self._adoptable(portal, found, people):
                await self._intents.remove_alias(alias)
                raise RetryLater("The room is made anew", after=0.1) from refused
            room = found
            await self._complete(room, content["initial_state"])
        bound = await self._portals.bind(portal, room, ours=True)
        self._half_built.pop(portal.id, None)
        await self._intents.remove_alias(alias)
        return bound

    def _content(
        self, portal: Portal, info: ChatInfo, people: Sequence[UserID], digest: str
    ) -> dict[str, Any]:
        content: dict[str, Any] = {
            "preset": "private_chat" if portal.private else "public_chat",
            "visibility": "private",  # found by alias, listed nowhere
            "room_alias_name": self._namespaces.private_alias_localpart(digest),
            "creation_content": {MARK: self._signer.creation_mark(portal.key)},
            "initial_state": [
                # Without this the homeserver would show everybody the alias that is taken away.
                {"type": "m.room.canonical_alias", "state_key": "", "content": {}},
                *_history(private=portal.private),
            ],
            "invite": list(people),
            "is_direct": portal.private,
        }
        if info.name:
            content["name"] = info.name
        if info.topic:
            content["topic"] = info.topic
        return content

    async def _adoptable(self, portal: Portal, room: RoomID, people: Sequence[UserID]) -> bool:
        """Whether the room under our alias is the one that we made for this portal."""
        try:
            create = await self._intents.creation(room)
            members = await self._intents.members(room)
        except Refused:
            return await self._give_time(portal, room)
        if create is None:
            return await self._give_time(portal, room)
        mark = create.get("content", {}).get(MARK)
        ours = create.get("sender") == self._intents.bot
        known = {self._intents.bot, *people}
        strangers = {
            user for user in members if user not in known and not self._namespaces.is_ours(user)
        }
        fits = ours and mark == self._signer.creation_mark(portal.key)
        if fits and not (portal.private and strangers):
            return True
        log.error(
            "the alias under which a room is made belongs to another room; it is taken away",
            room=room,
            portal=portal.id,
        )
        return False

    async def _give_time(self, portal: Portal, room: RoomID) -> bool:
        """The homeserver writes the alias before the state: a room without state may get it yet."""
        now = self._clock.monotonic()
        if now - self._half_built.setdefault(portal.id, now) < PATIENCE:
            raise RetryLater("The homeserver has not finished the room yet", after=LOOK_AGAIN)
        log.error("a room was left half made by the homeserver; it is made anew", room=room)
        return False

    async def _complete(self, room: RoomID, wanted: Sequence[Mapping[str, Any]]) -> None:
        """What a crash of the homeserver in the middle of the creation left out."""
        for event in wanted:
            if await self._intents.state(room, event["type"]) is None:
                await self._intents.set_state(room, event["type"], event["content"])


def _history(*, private: bool) -> Sequence[Mapping[str, Any]]:
    visibility = "invited" if private else "shared"
    return [
        {
            "type": "m.room.history_visibility",
            "state_key": "",
            "content": {"history_visibility": visibility},
        }
    ]
