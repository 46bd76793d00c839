"""Makes a person's room with the bot once, whatever crashes (as delivery rule 15 has it).

It is made under an alias that only this person's room can have, which is taken away once the room
is theirs. Meeting the alias again means: it was made before we died.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import Rejected, RetryLater
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalKey, RoomAlias, RoomID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.namespaces import Namespaces
from bridgekit.signing import Signer

log = structlog.get_logger()

MARK = "dev.bridgekit.room_of"
PATIENCE = 60.0  # seconds that a homeserver may need to finish a room it has begun
LOOK_AGAIN = 5.0


class PrivateRooms:
    """Of all people. `state` is what each room has from its first moment."""

    def __init__(
        self,
        intents: Intents,
        namespaces: Namespaces,
        signer: Signer,
        clock: Clock,
        state: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._intents, self._namespaces, self._state = intents, namespaces, state
        self._signer, self._clock = signer, clock
        self._making: KeyedLocks[UserID] = KeyedLocks()
        self._half_built: dict[UserID, float] = {}

    async def ensure(self, user: UserID, bind: Callable[[RoomID], Awaitable[None]]) -> RoomID:
        """A room with `user`, who is invited; `bind` commits it. Raises `RetryLater`, `Refused`."""
        async with self._making.hold(user):
            alias = self._namespaces.private_alias(self._signer.room_alias(_key(user)))
            try:
                room = await self._make(user)
            except Refused as refused:
                if refused.code != "M_ROOM_IN_USE":
                    raise
                room = await self._find(alias, user)
            self._half_built.pop(user, None)
            await bind(room)
            with suppress(RetryLater):  # opaque, and the room is theirs: nobody waits for this
                await self._intents.remove_alias(alias)
            return room

    async def _make(self, user: UserID) -> RoomID:
        digest = self._signer.room_alias(_key(user))
        room = await self._intents.create_room(
            {
                "preset": "private_chat",
                "visibility": "private",
                "is_direct": True,
                "invite": [user],
                "room_alias_name": self._namespaces.private_alias_localpart(digest),
                "creation_content": {MARK: self._signer.creation_mark(_key(user))},
                "initial_state": [
                    {"type": "m.room.canonical_alias", "state_key": "", "content": {}},
                    *self._state,
                ],
            }
        )
        log.info("a person's room with the bot is made", room=room, user=user)
        return room

    async def _find(self, alias: RoomAlias, user: UserID) -> RoomID:
        """The one that was made before; what is none is taken away, to be made anew."""
        room = await self._intents.resolve(alias)
        if room is not None and await self._is_theirs(room, user):
            if user not in await self._intents.members(room):
                await self._intents.invite(room, user)
            return room
        now = self._clock.monotonic()
        if room is not None and now - self._half_built.setdefault(user, now) < PATIENCE:
            raise RetryLater("The homeserver has not finished the room yet", after=LOOK_AGAIN)
        await self._intents.remove_alias(alias)
        self._half_built.pop(user, None)
        raise RetryLater("The room is made anew", after=0.1)

    async def _is_theirs(self, room: RoomID, user: UserID) -> bool:
        try:
            create = await self._intents.state_event(room, "m.room.create") or {}
            members = await self._intents.members(room)
        except Rejected:
            return False
        mark = create.get("content", {}).get(MARK)
        ours = create.get("sender") == self._intents.bot
        alone = not members.keys() - {self._intents.bot, user}
        return ours and alone and mark == self._signer.creation_mark(_key(user))


def _key(user: UserID) -> PortalKey:
    """No network has an empty name."""
    return PortalKey(NetworkName(""), ChatID(user), LoginID("room with the bot"))
