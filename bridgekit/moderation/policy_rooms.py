"""Reads the rooms of policy lists: at the start, again until each could be read, and the rooms that
replace them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import Rejected, RetryLater
from bridgekit.ids import RoomID
from bridgekit.matrix.intents import Intents
from bridgekit.moderation.policies import Policies
from bridgekit.room.succession import LONGEST, TOMBSTONE

log = structlog.get_logger()

AGAIN = 300.0  # seconds until a list is tried again that could not be read


class PolicyRooms:
    """The configured lists."""

    def __init__(
        self, lists: Sequence[str], policies: Policies, intents: Intents, clock: Clock
    ) -> None:
        self._policies, self._intents, self._clock = policies, intents, clock
        self._unread = list(lists)
        self._wanted = asyncio.Event()
        self._warned: set[str] = set()

    async def read(self) -> None:
        """Read each that was not read yet; what cannot be is said once, and stops nothing."""
        for name in tuple(self._unread):
            try:
                await self._follow(await self._intents.join(self._intents.bot, RoomID(name)))
            except (Rejected, RetryLater) as error:
                self._warn(name, error)
            else:
                self._unread.remove(name)

    async def _follow(self, room: RoomID) -> None:
        """Obey this list, or the one that replaces it; the old one until the new one is read."""
        old: RoomID | None = None
        for _ in range(LONGEST):
            state = await self._intents.whole_state(room)
            self._policies.read(room, state)
            if old is not None:
                self._policies.forget(old)
            log.info("policy list read", room=room, instead_of=old)
            after = _replaced_by(state)
            if after is None:
                return
            new, via = after
            old, room = room, await self._intents.join(self._intents.bot, new, via)

    def replaced(self, room: RoomID) -> None:
        """A room was replaced; where it is a list, the other one is read soon."""
        if self._policies.knows(room) and room not in self._unread:
            self._unread.append(room)
            self._wanted.set()

    async def run(self) -> None:
        """Try again until all are read, whenever one was replaced, until cancelled."""
        while True:
            self._wanted.clear()
            await self.read()
            if not self._unread:
                await self._wanted.wait()
                continue
            with suppress(TimeoutError):
                async with self._clock.timeout(AGAIN):
                    await self._wanted.wait()

    def _warn(self, name: str, error: Exception) -> None:
        if name not in self._warned:
            self._warned.add(name)
            fix = f"invite {self._intents.bot} into the room, or check `moderation.lists`"
            log.error("a policy list is not obeyed yet", room=name, why=str(error), fix=fix)


def _replaced_by(state: Iterable[Mapping[str, Any]]) -> tuple[RoomID, str] | None:
    """The room that a room of this state was replaced by, and a homeserver that is in it."""
    for event in state:
        content = event.get("content")
        if event.get("type") == TOMBSTONE and isinstance(content, Mapping):
            after = content.get("replacement_room")
            via = str(event.get("sender")).partition(":")[2]
            return (RoomID(after), via) if isinstance(after, str) and after else None
    return None
