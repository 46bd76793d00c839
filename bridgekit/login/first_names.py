"""What an automatic login is named after when it is made."""

from __future__ import annotations

from bridgekit.clock import Clock
from bridgekit.errors import RetryLater
from bridgekit.facts import Profile
from bridgekit.ids import UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.person.profiles import profile_of

PATIENCE = 2.0  # seconds that a first message may wait for the homeserver


class FirstNames:
    """The name that somebody has everywhere, which is not the one that they took for one room.

    Else they would be seen under that one, and be renamed half a minute later.
    """

    def __init__(self, intents: Intents, clock: Clock) -> None:
        self._intents, self._clock = intents, clock

    async def of(self, user: UserID, here: Profile) -> Profile:
        """How to name `user`, who is shown as `here` where they speak; that, if nobody answers."""
        try:
            async with self._clock.timeout(PATIENCE):
                content = await self._intents.profile(user)
        except (Refused, RetryLater, TimeoutError):
            return here
        return here if content is None else profile_of(user, content)
