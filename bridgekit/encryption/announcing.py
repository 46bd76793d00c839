"""What people have to know of the keys of their room: said in it once, beside everything else.

Not where it is found out: what is said there is encrypted, and waits for just that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from bridgekit.clock import Clock
from bridgekit.errors import Rejected
from bridgekit.ids import RoomID, UserID
from bridgekit.lru import LRU
from bridgekit.patience import patiently

KEPT = 10_000
MOST = 1_000  # that wait to be said
NEW_DEVICE = (
    "🔑 I have a new device for encrypted rooms, as my old one was lost. What was said here just "
    "before may not have reached me: if something was neither bridged nor answered, say it again."
)
OTHER_KEYS = (
    "⚠ A device of {} has other keys than when I first saw it. It gets no keys of mine, and cannot "
    "read what I say, until its owner verifies it with another device of theirs."
)


class _News(NamedTuple):
    room: RoomID
    key: str
    text: str


class Announcing:
    """`tell` says a text in a room, of the same key once."""

    def __init__(self, tell: Callable[[RoomID, str, str], Awaitable[object]], clock: Clock) -> None:
        self._tell, self._clock = tell, clock
        self._told: LRU[tuple[RoomID, str], bool] = LRU(KEPT)
        self._queue: asyncio.Queue[_News] = asyncio.Queue(MOST)

    def new_device(self, room: RoomID, device: str) -> None:
        """What we said there before was said by another one."""
        self._ask(_News(room, f"new device {device}", NEW_DEVICE))

    def other_keys(self, room: RoomID, user: UserID, key: str) -> None:
        """A device of theirs claims to have been another one."""
        self._ask(_News(room, f"other keys {user} {key}", OTHER_KEYS.format(user)))

    async def run(self) -> None:
        """Say it until cancelled."""
        while True:
            await patiently(partial(self._say, await self._queue.get()), self._clock)

    async def _say(self, news: _News) -> None:
        with suppress(Rejected):  # nobody may say it there
            await self._tell(news.room, news.key, news.text)

    def _ask(self, news: _News) -> None:
        if (news.room, news.key) not in self._told and not self._queue.full():
            self._told.put((news.room, news.key), value=True)
            self._queue.put_nowait(news)
