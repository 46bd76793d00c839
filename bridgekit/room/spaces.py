"""A space for each network that wants one, and for each login; they hold their rooms.

A space is made once, like a room (delivery rule 15), under an alias that nobody can read; unlike a
room's, its alias stays: it is how the space is found again, so that no table need know it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog

from bridgekit.errors import Rejected
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalKey, RoomID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.namespaces import Namespaces
from bridgekit.room.rooms import MARK
from bridgekit.signing import Signer

log = structlog.get_logger()

KEPT = 10_000

SpaceKey = tuple[NetworkName, LoginID | None]
"""The space of a network's shared chats (None), or of the direct chats of one login."""


class Spaces:
    """Of all networks."""

    def __init__(
        self,
        intents: Intents,
        namespaces: Namespaces,
        signer: Signer,
        enters: Callable[[UserID, RoomID], Awaitable[None]],
    ) -> None:
        """`enters` has somebody enter where their account can do it for them."""
        self._intents, self._namespaces, self._signer = intents, namespaces, signer
        self._enters = enters
        self._known: LRU[SpaceKey, RoomID] = LRU(KEPT)
        self._making: KeyedLocks[SpaceKey] = KeyedLocks()

    async def ensure(self, key: SpaceKey, title: str, person: UserID | None = None) -> RoomID:
        """The space; with a `person` one that is theirs alone, to which they are invited.

        Raises `RetryLater`; `Rejected` where its alias is not ours.
        """
        async with self._making.hold(key):
            known = self._known.get(key)
            if known is None:
                space = await self._find(key) or await self._make(key, title, person)
                if person is not None:
                    with suppress(Refused):  # who has left it stays out: only an invitation lets in
                        await self._enters(person, space)
                known = self._known.put(key, space)
            return known

    async def take_down(self, key: SpaceKey) -> None:
        """The bot leaves it, and nothing leads there any more; safe to repeat, `RetryLater`."""
        alias = self._namespaces.private_alias(self._digest(key))
        async with self._making.hold(key):
            self._known.forget(key)
            space = await self._intents.resolve(alias)
            if space is None:
                return
            with suppress(Refused):  # it is out already
                await self._intents.leave(self._intents.bot, space)
            await self._intents.remove_alias(alias)

    async def _find(self, key: SpaceKey) -> RoomID | None:
        room = await self._intents.resolve(self._namespaces.private_alias(self._digest(key)))
        if room is None:
            return None
        create = await self._intents.state_event(room, "m.room.create") or {}
        ours = create.get("sender") == self._intents.bot
        if not ours or create["content"].get(MARK) != self._mark(key):
            raise Rejected(f"The alias of the space of {key[0]} belongs to another room")
        return room

    async def _make(self, key: SpaceKey, title: str, person: UserID | None) -> RoomID:
        try:
            room = await self._intents.create_room(self._content(key, title, person))
        except Refused as refused:
            if refused.code != "M_ROOM_IN_USE":
                raise
            found = await self._find(key)
            if found is None:
                raise
            return found
        log.info("space made", network=key[0], login=key[1], room=room)
        return room

    def _content(self, key: SpaceKey, title: str, person: UserID | None) -> dict[str, Any]:
        return {
            "preset": "public_chat" if person is None else "private_chat",
            "visibility": "private",
            "room_alias_name": self._namespaces.private_alias_localpart(self._digest(key)),
            "creation_content": {"type": "m.space", MARK: self._mark(key)},
            "name": title,
            "initial_state": [
                {"type": "m.room.canonical_alias", "state_key": "", "content": {}},
            ],
            "invite": [] if person is None else [person],
            "power_level_content_override": {"events_default": 100, "invite": 50},
        }

    def _digest(self, key: SpaceKey) -> str:
        return self._signer.room_alias(_portal_key(key))

    def _mark(self, key: SpaceKey) -> str:
        return self._signer.creation_mark(_portal_key(key))


def _portal_key(key: SpaceKey) -> PortalKey:
    """No chat has an empty ID."""
    network, login = key
    return PortalKey(network, ChatID(""), LoginID("space") if login is None else login)
