"""A room that somebody has encrypted: it cannot be taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import structlog

from bridgekit.errors import Rejected
from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.encrypted import SWITCHED_ON
from bridgekit.matrix.intents import Intents
from bridgekit.models import Portal

log = structlog.get_logger()

KIND = str(SWITCHED_ON["type"])
OFF = (
    "This bridge is set to read no encrypted rooms (`encryption.mode`): nothing that is said here "
    "would cross any more."
)


class Encrypting:
    """`check_power` raises where somebody may not set state of a kind in a room."""

    def __init__(
        self, intents: Intents, check_power: Callable[[UserID, RoomID, str], Awaitable[None]]
    ) -> None:
        self._intents, self._check_power = intents, check_power

    async def check(self, room: RoomID, portals: Sequence[Portal], by: UserID | None) -> None:
        """Whether the room may be encrypted; `by` None is the operator.

        Whose direct chat it is decides alone. Raises `Rejected`, or `RetryLater`.
        """
        if self._intents.envelopes is None:
            raise Rejected(OFF)
        if by is not None and not all(one.private for one in portals):
            await self._check_power(by, room, KIND)
        if await self._state(room) is not None:
            raise Rejected("This room is encrypted already.")

    async def encrypt(self, room: RoomID) -> None:
        """Safe to repeat. Raises `Rejected`, or `RetryLater`."""
        try:
            await self._intents.set_state(room, KIND, SWITCHED_ON["content"])
        except Refused as refused:
            raise Rejected(
                f"{self._intents.bot} may not do that here: give it a power level of 100, or "
                "switch encryption on in the settings of this room."
            ) from refused
        log.info("room encrypted", room=room)

    async def _state(self, room: RoomID) -> object:
        try:
            return await self._intents.state(room, KIND)
        except Refused:  # the bot is not in it: that is said when it is tried
            return None
