"""Keys that came to us and were not read yet, for what waits for one.

Where a person opens a direct chat with their first word, its key goes to the ghost whom they invite
alone: the bot comes later. No other mail of a ghost holds keys that the bot's does not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from bridgekit.clock import Clock
from bridgekit.encryption.mail_trouble import MailTrouble
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.lru import LRU
from bridgekit.models import Millis
from bridgekit.store.unread_events import Unread, UnreadEvents

KEPT = 1_000  # rooms
PAUSE = 1_000  # milliseconds in which most keys come that are sent to the bot


class Mailbox(Protocol):
    """The bot's."""

    trouble: MailTrouble
    behind: bool


class Fetching:
    """`other` is whose ghost a direct chat is with, `read` reads what was sent to that."""

    def __init__(
        self,
        rows: UnreadEvents,
        mailbox: Mailbox,
        other: Callable[[RoomID], Awaitable[UserID | None]],
        read: Callable[[UserID], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._rows, self._mailbox, self._clock = rows, mailbox, clock
        self._other, self._read = other, read
        self._looked: LRU[RoomID, Millis] = LRU(KEPT)

    @property
    def cut_off(self) -> bool:
        """Whether keys cannot come at the moment."""
        return self._mailbox.trouble.lasts

    async def fetch(self) -> bool:
        """Look for keys. Whether all that came was read: else nothing must be given up."""
        now = millis(self._clock)
        for room, latest in await self._rows.rooms():
            last = max(latest, self._looked.get(room) or 0)
            # Less and less often, the longer they have waited.
            if now - last < max(PAUSE, last - latest):
                continue
            if not await self._look(room, now):
                return False
        return not self._mailbox.behind

    async def complete(self, one: Unread) -> bool:
        """Whether all was read that was sent to us before this was said. A key that came may read
        only what was said since.
        """
        if (self._looked.get(one.room) or 0) >= one.at:
            return True
        return await self._look(one.room, millis(self._clock))

    async def _look(self, room: RoomID, now: Millis) -> bool:
        """Whether that could be done."""
        try:
            if (ghost := await self._other(room)) is not None:
                await self._read(ghost)
        except RetryLater:
            return False
        self._looked.put(room, now)
        return True
