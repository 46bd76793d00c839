"""Where a command is given, and what the room that it is about lets whoever gives it do."""

from __future__ import annotations

from dataclasses import dataclass

from bridgekit.commands.refusals import NotPermitted, Unknown
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.room.going_on import goes_on_at
from bridgekit.room.standing import may_set

NO_POWER = (
    "You may not change the settings of this room: its power levels say so. Ask somebody who may, "
    "or have them give you a higher level."
)


@dataclass(frozen=True, slots=True)
class Place:
    """`alone`: nobody else reads what is said there. `event`: the message it is typed in.

    `once`: what it is known by where it is no message, and may come again.
    """

    room: RoomID | None = None
    alone: bool = True
    event: EventID | None = None
    once: str | None = None


class Rooms:
    """What the homeserver says of rooms. Raises `Unknown` of one where the bot is not."""

    def __init__(self, intents: Intents) -> None:
        self._intents = intents

    async def check_member(self, user: UserID, room: RoomID) -> None:
        """Nobody learns of a room, or changes it, from outside."""
        if (await self._members(room)).get(user) != "join":
            raise Unknown(f"You are not in the room {room}.")

    async def check_power(
        self, user: UserID, room: RoomID, kind: str, sentence: str = NO_POWER
    ) -> None:
        """Whether the room lets `user` set state of this kind. Raises `NotPermitted`."""
        try:
            create = await self._intents.state_event(room, "m.room.create")
            levels = await self._intents.state(room, "m.room.power_levels")
        except Refused as refused:
            raise self._outside(room) from refused
        if not may_set(user, kind, create or {}, levels):
            raise NotPermitted(sentence)

    async def alone(self, user: UserID, room: RoomID) -> bool:
        """Whether `user` and the bot are all who is, or is invited, there."""
        try:
            members = await self._intents.members(room)
        except Refused:
            return False
        return set(members) == {user, self._intents.bot}

    async def goes_on_at(self, room: RoomID) -> str | None:
        """Where the direct chat goes on that this room had; None: it had none, or still has."""
        return await goes_on_at(self._intents, room)

    async def _members(self, room: RoomID) -> dict[UserID, str]:
        try:
            return await self._intents.members(room)
        except Refused as refused:
            raise self._outside(room) from refused

    def _outside(self, room: RoomID) -> Unknown:
        return Unknown(f"The bridge is not in the room {room}: invite {self._intents.bot} there.")
