"""The chats that a connection has yet to enter: a few at once, and again after a pause."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial

import structlog

from bridgekit.clock import Clock
from bridgekit.errors import ChatMoved, Rejected, RetryLater
from bridgekit.ids import ChatID, LoginID

log = structlog.get_logger()


class Entering:
    """Of one connection. There may be a hundred thousand chats: they are looked at one by one."""

    def __init__(
        self,
        login: LoginID,
        enter: Callable[[ChatID], Awaitable[None]],
        lost: Mapping[ChatID, int],
        pause: Callable[[int], float],
        clock: Clock,
        at_once: int,
    ) -> None:
        """`lost` is how often it was put out of a chat, `pause` the seconds after so many tries."""
        self._login, self._enter, self._lost = login, enter, lost
        self._pause, self._clock, self._free = pause, clock, at_once
        self._missing: Iterator[ChatID] = iter(())
        self._again: deque[ChatID] = deque()
        self._tries = Counter[ChatID]()  # that failed
        self._begun: set[ChatID] = set()  # under way, to be tried again, or refused
        self._woken = asyncio.Event()

    def want(self, missing: Iterator[ChatID]) -> None:
        """Enter these from now on, but for those that were refused."""
        self._missing = missing
        self._woken.set()

    async def run(self) -> None:
        """Enter what is wanted, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                while self._free and (chat := self._next()) is not None:
                    self._free -= 1
                    group.create_task(self._try(chat))
                self._woken.clear()
                await self._woken.wait()

    async def _try(self, chat: ChatID) -> None:
        try:
            await self._enter(chat)
        except (Rejected, RetryLater, ChatMoved) as error:
            log.warning("cannot enter", login=self._login, chat=chat, why=str(error))
            if isinstance(error, RetryLater):  # else not again while this connection lasts
                self._tries[chat] += 1
                self._after(error.after or self._pause(self._tries[chat]), chat)
        else:
            self._begun.discard(chat)
        self._free += 1
        self._woken.set()

    def _next(self) -> ChatID | None:
        if self._again:
            return self._again.popleft()
        for chat in self._missing:
            if chat not in self._begun:
                self._begun.add(chat)
                if not self._lost.get(chat):
                    return chat
                self._after(self._pause(self._lost[chat]), chat)
        return None

    def _after(self, seconds: float, chat: ChatID) -> None:
        self._clock.call_later(seconds, partial(self._put_again, chat))

    def _put_again(self, chat: ChatID) -> None:
        self._again.append(chat)
        self._woken.set()
