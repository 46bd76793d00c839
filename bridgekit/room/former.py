"""The rooms that chats had before the database was lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bridgekit.errors import Rejected
from bridgekit.ids import RoomAlias, RoomID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal
from bridgekit.namespaces import Namespaces
from bridgekit.room.bridge_info import KINDS, state_key
from bridgekit.room.portals import Portals
from bridgekit.room.rooms import POWER
from bridgekit.room.standing import level_of
from bridgekit.room.succession import TOMBSTONE

log = structlog.get_logger()


class Former:
    """Finds them by the addresses of chats, which outlast it."""

    def __init__(
        self,
        intents: Intents,
        namespaces: Namespaces,
        portals: Portals,
        withdraw: Callable[[Portal], Awaitable[None]],
    ) -> None:
        self._intents, self._namespaces, self._portals = intents, namespaces, portals
        self._withdraw = withdraw

    async def room_of(self, portal: Portal, alias: RoomAlias) -> RoomID | None:
        """Where the address of a shared chat leads, which is taken, if that is surely its room.

        Only we can give that address, as it is in our namespace. The room must be of our making,
        in our power, and say itself that it is this chat's: so nobody is led anywhere else, and no
        room is taken up again that was given up. May raise `RetryLater`.
        """
        room = await self._intents.resolve(alias)
        if room is None or await self._portals.in_room(room):
            return None
        names, bot = self._namespaces, self._intents.bot
        said = state_key(names.domain, names.appservice, portal, "")
        try:
            create = await self._intents.state_event(room, "m.room.create") or {}
            info = await self._intents.state_event(room, KINDS[0], said) or {}
            levels = await self._intents.state(room, "m.room.power_levels")
            closed = await self._intents.state(room, TOMBSTONE)
            there = (await self._intents.members(room)).get(bot) == "join"
        except Refused:  # we were never in it
            return None
        ours = {create.get("sender"), info.get("sender")} == {bot} and bool(info.get("content"))
        sound = closed is None and level_of(bot, create, levels) >= POWER
        return room if ours and sound and there else None

    async def hide(self, portal: Portal) -> None:
        """The room that was made in its place is to be shown nowhere. May raise `RetryLater`."""
        try:
            await self._withdraw(portal)
        except Rejected as error:
            log.warning("a replaced room is still shown", room=portal.room, why=str(error))
