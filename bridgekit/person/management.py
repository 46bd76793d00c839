"""A person's own room with the bot: where they give commands, and are told what concerns them.

What they are told is a row first, so that it is told after a crash, too, and once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bridgekit import retry
from bridgekit.clock import Clock
from bridgekit.errors import Rejected, RetryLater
from bridgekit.ids import RoomID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lanes.journey import millis
from bridgekit.lru import LRU
from bridgekit.matrix.intents import Intents
from bridgekit.permissions.permissions import Permissions
from bridgekit.person.private_rooms import PrivateRooms
from bridgekit.status import Status
from bridgekit.store.failure import AFTER, StoreDown
from bridgekit.store.sql import Rows
from bridgekit.store.words import Word, WordRows, forget_word, save_room, save_word, together
from bridgekit.store.writer import Writer

log = structlog.get_logger()

KEPT = 10_000  # people with whose room others were seen
AT_ONCE = 8  # people who are told something at the same time
LATER = 3600.0  # seconds after which somebody is tried again whom the homeserver does not let in


@dataclass(slots=True)
class _Telling:
    """Who is to be told something, in order; each is in it once."""

    queue: asyncio.Queue[UserID]
    users: set[UserID]


class Management:
    """The rooms of all people."""

    def __init__(
        self,
        rows: WordRows,
        writer: Writer,
        rooms: PrivateRooms,
        intents: Intents,
        status: Status,
        permissions: Permissions,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self._rows, self._writer, self._rooms = rows, writer, rooms
        self._intents, self._status, self._permissions = intents, status, permissions
        self._clock, self._random = clock, random
        self._telling = _Telling(asyncio.Queue(), set())
        self._finding: KeyedLocks[UserID] = KeyedLocks()
        self._one_by_one: KeyedLocks[UserID] = KeyedLocks()
        self._others: LRU[UserID, frozenset[UserID]] = LRU(KEPT)
        self._tries: dict[UserID, int] = {}
        self._began = millis(clock)

    # Rooms

    async def room(self, user: UserID) -> RoomID:
        """Their room with the bot, made if they have none that they are in or invited to."""
        async with self._finding.hold(user):  # whoever comes second finds the one that is made
            known = await self._rows.room(user)
            if known is not None and await self._there(known, user):
                return known
            return await self._rooms.ensure(user, lambda room: self.adopt(user, room))

    async def adopt(self, user: UserID, room: RoomID) -> None:
        """From now on this is their room: they opened it, or it was made for them."""
        await self._writer.write(save_room(user, room))

    async def _there(self, room: RoomID, user: UserID) -> bool:
        """Whether they can read it, and nobody else; who has left is asked in again."""
        try:
            members = await self._intents.members(room)
            others = frozenset(members.keys() - {self._intents.bot, user})
            # Somebody was asked in meanwhile. Who is in the next room as well is put into all.
            if others - (self._others.get(user) or frozenset()):
                self._others.put(user, others)
                return False
            if user not in members:
                await self._intents.invite(room, user)
        except Rejected:  # the bot is not in it any more, or may not ask anybody in
            return False
        return True

    # Telling

    async def tell(self, user: UserID, text: str, key: str) -> None:
        """Tell somebody something, once for each `key`; durable on return, said soon after."""
        await self._writer.write(self.word(user, text, key))
        self.wake(user)

    async def tell_with(self, change: Rows, user: UserID, text: str, key: str) -> None:
        """As `tell`, in the commit that makes it so."""
        await self.tell_all_with(change, [user], text, key)

    async def tell_all_with(
        self, change: Rows, users: Sequence[UserID], text: str, key: str
    ) -> None:
        """The same to several people: all of them, or nobody yet."""
        words = [self.word(user, text, f"{key} {user}") for user in users]
        await self._writer.write(together(change, *words))
        for user in users:
            self.wake(user)

    def word(self, user: UserID, text: str, key: str) -> Rows:
        """The change that makes it a word to be told; `wake` follows it.

        None is said to the bot: it stands for the operator, at a terminal.
        """
        if user == self._intents.bot:
            return Rows()
        return save_word(Word(key, user, text, millis(self._clock)))

    def wake(self, user: UserID) -> None:
        """They may have something to be told."""
        if user != self._intents.bot and user not in self._telling.users:
            self._telling.users.add(user)
            self._telling.queue.put_nowait(user)

    async def run(self) -> None:
        """Tell people what they are to be told, until cancelled."""
        for user in await self._waiting():
            self.wake(user)
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._tell_each())

    async def _waiting(self) -> list[UserID]:
        while True:
            try:
                return await self._rows.waiting()
            except StoreDown:
                await self._clock.sleep(AFTER)

    async def _tell_each(self) -> None:
        while True:
            user = await self._telling.queue.get()
            self._telling.users.discard(user)
            try:
                async with self._one_by_one.hold(user):
                    await self._tell_all(user)
            except Rejected as error:
                log.warning("somebody cannot be told anything", user=user, why=str(error))
                self._again(user, LATER)
            except RetryLater as error:
                self._again(user, error.after)
            else:
                self._tries.pop(user, None)

    async def _tell_all(self, user: UserID) -> None:
        words = await self._rows.words(user)
        if not words:
            return
        if self._permissions.blocked(user):  # the bridge does not talk to them
            for word in words:
                await self._writer.write(forget_word(word.key))
            return
        room = await self.room(user)
        for word in words:
            # A repetition looks whether it is there: the homeserver may have forgotten.
            doubtful = user in self._tries or word.at <= self._began
            if not await self._status.notice(room, word.text, key=word.key, doubtful=doubtful):
                raise Rejected("The bot may not say anything in the room that it has with them")
            await self._writer.write(forget_word(word.key))

    def _again(self, user: UserID, after: float | None) -> None:
        tries = self._tries[user] = self._tries.get(user, 0) + 1
        pause = after or retry.backoff(tries, self._random())
        self._clock.call_later(pause, lambda: self.wake(user))
