"""A room that somebody has encrypted: it cannot be taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import structlog

from bridgekit.errors import Rejected
from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.encrypted import SWITCHED_ON, reads
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal
from bridgekit.room.standing import may_set

log = structlog.get_logger()

KIND = str(SWITCHED_ON["type"])
OFF = (
    "This bridge is set to read no encrypted rooms (`encryption.mode`): nothing that is said here "
    "would cross any more."
)
WHOM_TO_ASK = (
    "You may not change the settings of this room: its power levels say so. Ask somebody who may, "
    "or an admin of this bridge: any of them can say `encrypt` here."
)

CheckPower = Callable[[UserID, RoomID, str, str], Awaitable[None]]


class Encrypting:
    """`check_power` raises, with a sentence, where somebody may not set state of a kind in a room.

    `is_admin` tells who operates the bridge; `ghost` is whom a chat is with that its person opened.
    """

    def __init__(
        self,
        intents: Intents,
        check_power: CheckPower,
        is_admin: Callable[[UserID], bool],
        ghost: Callable[[Portal], UserID | None],
    ) -> None:
        self._intents, self._check_power = intents, check_power
        self._is_admin, self._ghost = is_admin, ghost

    async def check(
        self, room: RoomID, portals: Sequence[Portal], by: UserID | None
    ) -> UserID | None:
        """Whether the room may be encrypted, and by which of us; `by` None is the operator.

        Whose direct chat it is decides alone, and so do those who operate the bridge. Raises
        `Rejected`, or `RetryLater`.
        """
        if not reads(self._intents.envelopes):
            raise Rejected(OFF)
        private = all(one.private for one in portals)
        if by is not None and not private and not self._is_admin(by):
            await self._check_power(by, room, KIND, WHOM_TO_ASK)
        # In a room that a person has opened the ghost may be all that has a power level.
        ghosts = [ghost for one in portals if (ghost := self._ghost(one)) is not None]
        for one in (None, *ghosts):
            if await self._may(room, one):
                return one
        raise Rejected(
            f"{self._intents.bot} may not do that here: give it a power level of 100, or "
            "switch encryption on in the settings of this room."
        )

    async def encrypt(self, room: RoomID, as_user: UserID | None) -> None:
        """As `check` has said. Safe to repeat. Raises `Rejected`, or `RetryLater`."""
        await self._intents.set_state(room, KIND, SWITCHED_ON["content"], user=as_user)
        log.info("room encrypted", room=room)

    async def _may(self, room: RoomID, user: UserID | None) -> bool:
        """Whether the bot (None) or a ghost may do it; it may not be in the room at all."""
        try:
            if await self._intents.state(room, KIND, as_user=user) is not None:
                raise Rejected("This room is encrypted already.")
            create = await self._intents.state_event(room, "m.room.create", as_user=user)
            levels = await self._intents.state(room, "m.room.power_levels", as_user=user)
        except Refused:
            return False
        return may_set(user or self._intents.bot, KIND, create or {}, levels)
