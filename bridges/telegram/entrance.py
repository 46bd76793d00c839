"""What is to be known of a chat in which the bridge is to be: whether the bot hears all of it, who
runs it, and whether it is still there by that number.
"""

from contextlib import suppress

from telegram import Bot
from telegram.constants import ChatMemberStatus as Status

from bridgekit import (
    Chat,
    ChatID,
    ChatMoved,
    Host,
    LoginID,
    Message,
    MessageKind,
    Moved,
    Rejected,
    RemoteEvent,
    RetryLater,
    from_plain,
)
from bridges.telegram.administrators import Administrators
from bridges.telegram.convert import move_key
from bridges.telegram.ids import Place, is_basic_group, place_of
from bridges.telegram.refusals import translated
from bridges.telegram.standing import PRIVACY


class Entrance:
    """Of one connection; `sees_all`: no privacy mode."""

    def __init__(
        self,
        bot: Bot,
        host: Host,
        login: LoginID,
        me: int,
        administrators: Administrators,
        *,
        sees_all: bool,
    ) -> None:
        self._bot, self._host, self._login, self._me = bot, host, login, me
        self._administrators, self._sees_all = administrators, sees_all

    async def enter(self, chat: ChatID) -> None:
        """Raises what the core understands."""
        place = place_of(chat)
        if place.chat > 0:
            return
        try:
            with translated(chat):
                await self._hear(chat, place)
                await self._administrators.tell(chat)
        except ChatMoved as gone:  # unseen; it is entered anew by its other ID
            key = move_key(chat, gone.new)  # as Telegram's own word of it
            moved = RemoteEvent(Chat(chat), None, Moved(gone.new), key=key)
            await self._host.receive(self._login, moved)

    async def look(self) -> None:
        """Where groups have become supergroups while nobody listened for a long time.

        Before anything comes that was said there since: it comes by the new number.
        """
        for chat in self._host.chats(self._login):
            if is_basic_group(chat.id):
                with suppress(Rejected, RetryLater):  # whoever speaks there is told of it
                    await self.enter(chat.id)

    async def _hear(self, chat: ChatID, place: Place) -> None:
        """Say in its room if the bot will not see what people say there (Bot API, "getMe")."""
        if self._sees_all:
            return
        standing = await self._bot.get_chat_member(place.chat, self._me)
        if standing.status in (Status.ADMINISTRATOR, Status.OWNER):
            return
        said = Message(from_plain(PRIVACY), MessageKind.NOTICE)
        warning = RemoteEvent(Chat(chat), None, said, key=f"privacy mode {chat}")
        await self._host.receive(self._login, warning)
