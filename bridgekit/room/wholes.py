"""Chats that are parts of others, like the topics of a forum: who may enter their rooms, and how
people hear of them.
"""

from __future__ import annotations

from collections.abc import Callable

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.facts import Chat
from bridgekit.ids import RoomID
from bridgekit.models import Portal, PortalState
from bridgekit.pacing import Pacing
from bridgekit.room.going_on import room_link
from bridgekit.room.portals import Portals
from bridgekit.room.state import RoomState
from bridgekit.status import Status

TOLD = "told in the room of its whole"  # known by this name, but no state of the room
A_MINUTE = 30.0  # rooms of parts, in all: people on a network make parts as they like


class Wholes:
    """Of all networks. `configured` tells whether the configuration itself links a chat."""

    def __init__(
        self,
        portals: Portals,
        state: RoomState,
        status: Status,
        domain: str,
        clock: Clock,
        configured: Callable[[Portal], bool],
    ) -> None:
        self._portals, self._state, self._status = portals, state, status
        self._domain, self._pacing, self._configured = domain, Pacing(clock), configured

    async def orphaned(self, portal: Portal, chat: Chat) -> bool:
        """Whether a room was wanted or begun for a part, and its whole is bridged no more.

        Then nobody could tell who may enter it.
        """
        if chat.parent is None or portal.state not in (PortalState.WANTED, PortalState.CREATING):
            return False
        return not self._configured(portal) and await self._portals.whole(portal, chat) is None

    async def room(self, portal: Portal, chat: Chat) -> RoomID | None:
        """The room whose people may enter the one that is to be made; None: it is no part.

        Raises `RetryLater` where that is not there yet, or many were made just now.
        """
        whole = await self._portals.whole(portal, chat)
        if whole is None:
            return None
        if whole.state is not PortalState.BOUND:
            raise RetryLater("The chat that it is a part of has no room yet", after=5.0)
        if not self._pacing.spare((portal.key.network,), rate=A_MINUTE / 60, burst=A_MINUTE):
            raise RetryLater("Many rooms were made just now", after=60 / A_MINUTE)
        return whole.room

    async def tell(self, portal: Portal, chat: Chat) -> None:
        """Say in the room of the whole, once, where this part is; raises `RetryLater`."""
        whole = await self._portals.whole(portal, chat)
        if whole is None or whole.room is None or portal.room is None or not portal.ours:
            return
        about, room = whole.room, portal.room
        key = f"part {portal.id} {room}"

        async def say() -> None:
            await self._status.notice(about, self._words(room), key=key, doubtful=True)

        await self._state.once(portal, TOLD, {"in": about}, say)

    def _words(self, room: RoomID) -> str:
        return f"A part of this chat has a room of its own: {room_link(room, self._domain)}"
