"""Somebody who has shown who they are on Telegram: a login that speaks for nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable

from telegram import Bot
from telegram.error import TelegramError

from bridgekit import (
    ChatID,
    ChatInfo,
    ChatMoved,
    Client,
    Login,
    MatrixEvent,
    Member,
    Message,
    Rejected,
    RemoteUserID,
    RetryLater,
    Sent,
    SupportsMembers,
    UserInfo,
)
from bridges.telegram.ids import place_of
from bridges.telegram.refusals import translated
from bridges.telegram.standing import is_in, true_rank


class LinkedClient(Client, SupportsMembers):
    """The bot sees for them and says what they say (`SupportsLogin.speaks`)."""

    resumes = True

    def __init__(self, login: Login, bot: Callable[[], Bot | None]) -> None:
        """`bot` is the one that is connected now, if it is."""
        self.me, self._bot = RemoteUserID(login.credentials["user"]), bot
        self._name = login.credentials.get("name")

    async def run(self) -> None:
        """There is no connection that could be lost."""
        await asyncio.Event().wait()

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        del event
        raise Rejected("The bot says what you say on Telegram.")

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        return ChatInfo(id=chat)

    async def members(self, chat: ChatID) -> AsyncIterator[Member]:
        """Only whoever asks: so who runs a chat may link it. Bots are given no list of all."""
        bot, place = self._bot(), place_of(chat)
        if bot is None:
            raise RetryLater("The bot is not connected to Telegram now.")
        try:
            with translated(chat):
                found = await bot.get_chat_member(place.chat, int(self.me))
        except ChatMoved as moved:
            raise Rejected(f"This chat has another number now: {moved.new}") from None
        except TelegramError as error:
            raise RetryLater("Telegram did not say who is in this chat.") from error
        if is_in(found):
            yield Member(self.me, self._name, true_rank(found))

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        return UserInfo(id=user, name=self._name if user == self.me else None)
