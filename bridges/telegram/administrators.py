"""The administrators of a chat: the only members of whom Telegram gives bots a list.

They are told as people who are there, with their ranks. Nobody who is not in the list is told to
have gone, or to be less: who comes, goes and is promoted, updates say.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from telegram import Bot, ChatMember
from telegram.constants import ChatType
from telegram.error import ChatMigrated, TelegramError

from bridgekit import (
    Chat,
    ChatID,
    Content,
    Host,
    LoginID,
    Membership,
    MemberState,
    RemoteEvent,
    RemoteUserID,
)
from bridges.telegram.ids import place_of, user_id
from bridges.telegram.speaking import person
from bridges.telegram.standing import rank_of
from bridges.telegram.wire import TooFastError

_A_DAY = 86_400.0  # seconds, after which a chat is asked again
_LOOK = 3_600.0  # seconds between two looks for whom to ask
_CHATS = 10_000  # of which it is known when they were asked


class Administrators:
    """Of all chats of one bot, which is `me`; when each was `asked` outlives a connection."""

    def __init__(
        self, bot: Bot, host: Host, login: LoginID, me: int, asked: OrderedDict[ChatID, float]
    ) -> None:
        self._bot, self._host, self._login, self._me = bot, host, login, me
        self._asked = asked
        self._reading: dict[ChatID, set[RemoteUserID]] = {}

    async def tell(self, chat: ChatID) -> None:
        """Ask for them, once a day; raises `ChatMigrated`. If it fails, the next time will do."""
        if self._is_due(chat):
            try:
                await self._ask(place_of(chat).chat, [chat])
            except ChatMigrated:
                raise
            except TelegramError:
                return

    def _is_due(self, chat: ChatID) -> bool:
        now = asyncio.get_running_loop().time()
        return place_of(chat).chat < 0 and now >= self._asked.get(chat, -_A_DAY) + _A_DAY

    async def _ask(self, group: int, chats: Sequence[ChatID]) -> None:
        """Once for the group and its topics, which have the same; raises `TelegramError`."""
        for chat in chats:
            self._note(chat, asyncio.get_running_loop().time())
        told = False
        try:
            with self._watching(chats) as newer:
                found = await listed(self._bot, group, self._me)
                events = [one for chat in chats for one in self._events(chat, found, newer[chat])]
                await self._host.receive(self._login, *events)
            told = True
        finally:
            if not told:
                for chat in chats:
                    self._asked.pop(chat, None)

    def _note(self, chat: ChatID, now: float) -> None:
        self._asked[chat] = now
        self._asked.move_to_end(chat)
        if len(self._asked) > _CHATS:
            self._asked.popitem(last=False)

    def _events(
        self, chat: ChatID, found: Iterable[ChatMember], newer: Container[RemoteUserID]
    ) -> Iterator[RemoteEvent[Membership]]:
        for one in found:
            there = Membership(user_id(one.user.id), MemberState.JOIN, rank=rank_of(one))
            if there.user not in newer:
                yield RemoteEvent(Chat(chat), None, there, people=(person(one.user),))

    async def work(self) -> None:
        """Ask again, each group once a day, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK)
            await self.look()

    async def look(self) -> None:
        """Ask for those of all chats that are due; what Telegram has no time for waits."""
        groups: dict[int, list[ChatID]] = {}
        for chat in self._host.chats(self._login):
            groups.setdefault(place_of(chat.id).chat, []).append(chat.id)
        for group, chats in groups.items():
            due = [one for one in chats if self._is_due(one)]
            try:
                if due:
                    await self._ask(group, due)
            except TooFastError:
                return
            except TelegramError:
                continue  # whoever speaks there is told of it

    @contextmanager
    def _watching(
        self, chats: Iterable[ChatID]
    ) -> Iterator[Mapping[ChatID, Container[RemoteUserID]]]:
        """Of whom something newer is told while the list is on its way."""
        newer = {chat: set[RemoteUserID]() for chat in chats}
        self._reading |= newer
        try:
            yield newer
        finally:
            for chat in newer:
                del self._reading[chat]

    def overtaken(self, events: Iterable[RemoteEvent[Content]]) -> None:
        """What these say of members is newer than any list that was asked for before."""
        for event in events:
            if isinstance(event.content, Membership) and event.chat.id in self._reading:
                self._reading[event.chat.id].add(event.content.user)


async def listed(bot: Bot, chat: int, me: int) -> list[ChatMember]:
    """Those whom everybody in a group can see, but for the bot; of a channel nobody may.

    Raises `TelegramError`.
    """
    if (await bot.get_chat(chat)).type == ChatType.CHANNEL:
        return []
    found = await bot.get_chat_administrators(chat)
    return [one for one in found if one.user.id != me and not getattr(one, "is_anonymous", False)]
