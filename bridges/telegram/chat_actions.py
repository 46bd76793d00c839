"""Somebody types on Matrix: Telegram shows that for five seconds, so it is said while it lasts."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bridges.telegram.ids import Place

_AGAIN = 4.5  # seconds; Telegram's own time, "sendChatAction", is 5
_AGAIN_IN_GROUPS = 10.0  # it counts among the few messages that a group may have in a minute
_LONGEST = 30.0  # seconds, if nobody says that it has ended
_MOST = 100  # chats at once


@dataclass(slots=True)
class _Shown:
    due: float
    until: float


class ChatActions:
    """Of one bot, which types for everybody."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._shown: dict[Place, _Shown] = {}
        self._changed = asyncio.Event()

    async def typing(self, place: Place, *, active: bool) -> None:
        """From now on, or no longer. Raises the library's errors."""
        if not active or len(self._shown) >= _MOST:
            self._shown.pop(place, None)
            return
        now = asyncio.get_running_loop().time()
        await self._say(place)
        self._shown[place] = _Shown(now + _pause(place), now + _LONGEST)
        self._changed.set()

    async def work(self) -> None:
        """Say it again where it still is so, until cancelled."""
        while True:
            await self._again(asyncio.get_running_loop().time())
            self._changed.clear()
            next_one = min((shown.due for shown in self._shown.values()), default=None)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(next_one):
                    await self._changed.wait()

    async def _again(self, now: float) -> None:
        for place, shown in list(self._shown.items()):
            if shown.until <= now:
                self._shown.pop(place, None)
            elif shown.due <= now:
                shown.due = now + _pause(place)
                try:
                    await self._say(place)
                except TelegramError:  # it is worth no second try
                    self._shown.pop(place, None)

    async def _say(self, place: Place) -> None:
        await self._bot.send_chat_action(
            place.chat, ChatAction.TYPING, message_thread_id=place.topic
        )


def _pause(place: Place) -> float:
    return _AGAIN if place.chat > 0 else _AGAIN_IN_GROUPS
