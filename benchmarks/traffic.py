"""What is said in a benchmark, numbered so that each message is known again on the other side."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass

WORDS = "the quick brown fox jumps over the lazy dog"
DOMAIN = "example.org"
NUMBERED = re.compile(rb'"body": ?"(\d+) ')


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the network."""

    number: int
    chat: str
    person: str

    @property
    def text(self) -> str:
        return text_of(self.number)


Say = Callable[[Line], Coroutine[None, None, None]]
"""Returns when the message counts as received."""


def text_of(number: int) -> str:
    return f"{number} {WORDS}"


def number_in(text: str) -> int:
    return int(text.partition(" ")[0])


def chat_name(number: int) -> str:
    return f"#c{number}"


def lines(first: int, count: int, chats: int, people: int) -> Iterator[Line]:
    """`count` messages, numbered from `first`: chats and people take turns."""
    for number in range(first, first + count):
        yield Line(number, chat_name(number % chats), f"p{number % people}")


async def flood(say: Say, said: Iterable[Line], window: int) -> list[float]:
    """Say everything as fast as it is taken, at most `window` at once; when each was begun."""
    began: list[float] = []
    slots = asyncio.Semaphore(window)

    async def one(line: Line) -> None:
        try:
            await say(line)
        finally:
            slots.release()

    async with asyncio.TaskGroup() as group:
        for line in said:
            await slots.acquire()
            began.append(time.monotonic())
            group.create_task(one(line))
    return began


async def paced(say: Say, said: Iterable[Line], rate: float) -> list[float]:
    """Say everything at `rate` a second; when each was begun."""
    began: list[float] = []
    start = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for place, line in enumerate(said):
            await asyncio.sleep(max(0.0, start + place / rate - time.monotonic()))
            began.append(time.monotonic())
            group.create_task(say(line))
    return began


class Arrivals:
    """When each number arrived first, and how often one came again or out of its chat's order."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.reset()

    def reset(self) -> None:
        self.at: dict[int, float] = {}
        self.doubled = self.reordered = 0
        self._last: dict[str, int] = {}

    def add(self, number: int, chat: str) -> None:
        if number in self.at:
            self.doubled += 1
            return
        self.at[number] = time.monotonic()
        self.reordered += number < self._last.get(chat, -1)
        self._last[chat] = number
        self._changed.set()

    async def wait(self, count: int, patience: float = 15.0) -> dict[str, object]:
        """Everything, once `count` have arrived, or nothing more has for `patience` seconds."""
        while len(self.at) < count:
            self._changed.clear()
            try:
                async with asyncio.timeout(patience):
                    await self._changed.wait()
            except TimeoutError:
                break
        at = sorted(self.at.items())
        return {"at": at, "doubled": self.doubled, "reordered": self.reordered}
