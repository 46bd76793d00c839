"""Telegram's own limits: too much in one chat, or in all, is answered 429 with the time to wait."""

import asyncio
import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from bridges.telegram.fake.errors import too_many

MINUTE = 60.0


@dataclass(slots=True)
class Flood:
    """Messages a minute in one chat, None: any number; edits, reactions and chat actions count
    like messages. What is refused does not count.
    """

    a_minute: int | None = None
    refused: int = 0
    _sent: defaultdict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    paused: dict[int, float] = field(default_factory=dict)
    """Chats that take nothing until a moment of the loop's time."""

    def check(self, chat: int) -> None:
        now = asyncio.get_running_loop().time()
        wait = self.paused.get(chat, now) - now
        sent = self._sent[chat]
        while sent and sent[0] <= now - MINUTE:
            sent.popleft()
        if self.a_minute is not None and len(sent) >= self.a_minute:
            wait = max(wait, sent[0] + MINUTE - now)
        if wait > 0:
            self.refused += 1
            raise too_many(max(1, math.ceil(wait)))
        sent.append(now)
