"""What people ask the bot in a Telegram chat, and its answers; they are no part of the talk.

An answer is tried once: whoever gets none asks again, and nothing waits for it.
"""

import asyncio
import logging
import time
from collections.abc import Sequence

from telegram import Bot, CallbackQuery, ChatMember, InlineKeyboardMarkup, Message, Update, User
from telegram.constants import MessageEntityType
from telegram.error import TelegramError

from bridgekit import ChatID, Host, LoginID
from bridges.telegram.accounts import NO_PERSON, Accounts
from bridges.telegram.administrators import listed
from bridges.telegram.buttons import AUTHOR, answer_of, yes_or_no
from bridges.telegram.ids import Place
from bridges.telegram.speaking import name_of_chat, person, speaking_person
from bridges.telegram.standing import PRIVACY, is_in
from bridges.telegram.words import one_line

log = logging.getLogger(__name__)

SEEN = "listening at"

COMMANDS = (
    ("status", "Is this chat joined to a Matrix room? Its number, for whoever sets it up"),
    ("link", "How to join this chat to a room; with a CODE: who you are on Matrix"),
    ("unlink", "Take back who you are on Matrix; how to part this chat from its room"),
    ("help", "What this bot does"),
)
_OURS = frozenset(name for name, _ in COMMANDS)
_HELP = (
    "This bot joins this chat to a room on Matrix: what is said here is shown there, and the other"
    " way round.\n\n"
) + "\n".join(f"/{name}: {words}" for name, words in COMMANDS)
_HOW_TO_LINK = (
    "To show who you are on Matrix, write to the bridge's bot there: sign-in {network}\n"
    "It gives you a code; then write to me here: /link CODE"
)
_HOW_TO_JOIN = (
    "To join this chat to a room on Matrix, invite the bridge's bot into the room and write"
    " there:\nlink {network} {chat}"
)
_HOW_TO_PART = "To part this chat from its room on Matrix, write in the room: unlink"
_NOBODY = "This is a bot that joins groups to Matrix. Nobody reads what you write here. /help"
_MOST_WAITING = 20  # a flood of commands is no reason for a flood of answers
_WHOEVER = "whoever"  # writes to the bot in private


class Commands:
    """Of one bot."""

    def __init__(
        self, bot: Bot, host: Host, login: LoginID, username: str, accounts: Accounts
    ) -> None:
        self._bot, self._host, self._login, self._accounts = bot, host, login, accounts
        self._username = username.lower()
        self._waiting: asyncio.Queue[Update] = asyncio.Queue(_MOST_WAITING)

    async def note_presence(self) -> None:
        """Telegram keeps what nobody fetches for a day: so it is known whether that has passed."""
        await self._host.save(SEEN, str(int(time.time())))

    def offer(self, updates: Sequence[Update]) -> None:
        """Have these answered; what they say is stored already."""
        for update in updates:
            if not self._waiting.full():
                self._waiting.put_nowait(update)

    async def work(self) -> None:
        """Answer one after the other, until cancelled."""
        while True:
            update = await self._waiting.get()
            try:
                await self._answer(update)
            except Exception as error:  # noqa: BLE001 (one that fails must not end all others)
                log.warning("a question to the bot has no answer: %s", type(error).__name__)

    def asks(self, update: Update) -> bool:
        """Whether it is for the bot itself."""
        said = update.message or update.channel_post
        if said is None:
            return update.callback_query is not None
        return self._command(said) is not None

    async def _answer(self, update: Update) -> None:
        said = update.message or update.channel_post
        if update.callback_query is not None:
            await self._pressed(update.callback_query)
        elif said is not None:
            await self._reply(said, self._command(said) or "")

    def _command(self, message: Message) -> str | None:
        """The command of ours that a message is, without its slash and our name."""
        private = message.chat.id > 0
        for entity in message.entities:
            if entity.type == MessageEntityType.BOT_COMMAND and entity.offset == 0:
                words = message.parse_entity(entity)[1:].lower()
                name, _, bot = words.partition("@")
                ours = bot == self._username or (not bot and (private or name in _OURS))
                return name if ours else None
        return _WHOEVER if private and not self._linked(message) else None

    async def _reply(self, message: Message, name: str) -> None:
        text, keys = await self._answer_to(message, name)
        place = _place(message)
        await self._bot.send_message(
            place.chat, text, message_thread_id=place.topic, reply_markup=keys
        )

    async def _answer_to(
        self, message: Message, name: str
    ) -> tuple[str, InlineKeyboardMarkup | None]:
        code, person = (message.text or "").partition(" ")[2].strip(), speaking_person(message)
        match name:
            case "status":
                return await self._status(message), None
            case "link" if not code:
                return self._how_to_link(message), None
            case "link" | "unlink" if person is None:
                return NO_PERSON, None
            case "link" | "start" if code and person is not None:
                text, asked = self._accounts.redeem(code, person)
                return text, None if asked is None else yes_or_no(asked)
            case "unlink" if person is not None:
                return await self._unlink(message, person), None
            case _:
                nobody = message.chat.id > 0 and name == _WHOEVER
                return _NOBODY if nobody else _HELP, None

    async def _unlink(self, message: Message, person: User) -> str:
        text, joined = await self._accounts.unlink(person), self._is_joined(message)
        return f"{text}\n\n{_HOW_TO_PART}" if joined and message.chat.id < 0 else text

    def _is_joined(self, message: Message) -> bool:
        own = _place(message)
        return bool({own.id, Place(own.chat).id} & self._chats())

    def _how_to_link(self, message: Message) -> str:
        """Of the person and, where it is not joined yet, of the chat."""
        network = self._login.partition(":")[0]
        lines = [_HOW_TO_LINK.format(network=network)]
        if message.chat.id < 0 and not self._is_joined(message):
            lines.insert(0, _HOW_TO_JOIN.format(network=network, chat=_place(message).id))
        return "\n\n".join(lines)

    async def _status(self, message: Message) -> str:
        own, whole = _place(message), Place(message.chat.id)
        chats = self._chats()
        if own.id in chats:
            lines = ["This chat is joined to a room on Matrix."]
        elif whole.id in chats:
            lines = ["This group is joined to Matrix, and its topics with it."]
        else:
            lines = ["This chat is not joined to Matrix."]
        lines.append(f"Its number, for `links` of the bridge: {own.id}")
        try:
            if not await self._sees_all(message.chat.id):
                lines.append(PRIVACY)
        except TelegramError:
            lines.append("The bot cannot see how it stands here.")
        return "\n".join(lines)

    async def standing(self, place: Place) -> str:
        """How the bot stands in a chat, for somebody on Matrix."""
        chat = await self._bot.get_chat(place.chat)
        members = await self._bot.get_chat_member_count(place.chat)
        me = await self._bot.get_me()
        own = await self._bot.get_chat_member(place.chat, me.id)
        lines = [
            f"“{name_of_chat(chat)}” on Telegram, {place.id}, has {members} members.",
            f"@{me.username} is there as: {own.status}.",
        ]
        if others := [_titled(one) for one in await listed(self._bot, place.chat, me.id)]:
            lines.append(f"Its administrators are {', '.join(others)}.")
        if not await self._sees_all(place.chat):
            lines.append(PRIVACY)
        return "\n".join(lines)

    async def _sees_all(self, chat: int) -> bool:
        me = await self._bot.get_me()
        if me.can_read_all_group_messages or chat > 0:
            return True
        standing = await self._bot.get_chat_member(chat, me.id)
        return is_in(standing) and standing.status == "administrator"

    async def _pressed(self, query: CallbackQuery) -> None:
        """A button below a message of the bot's: the name of an author, or an answer to it."""
        if query.data == AUTHOR:
            await self._bot.answer_callback_query(query.id, "This person sent it from Matrix.")
            return
        answer = answer_of(query.data or "")
        text = None
        if answer is not None:
            code, yes = answer
            text = self._accounts.answer(code, query.from_user, yes=yes)
        await self._bot.answer_callback_query(query.id, text, show_alert=text is not None)

    def _linked(self, message: Message) -> bool:
        return Place(message.chat.id).id in self._chats()

    def _chats(self) -> frozenset[ChatID]:
        return frozenset(chat.id for chat in self._host.chats(self._login))


def _place(message: Message) -> Place:
    """Where it is said: a chat, or one of its topics."""
    topic = message.message_thread_id if message.is_topic_message else None
    return Place(message.chat.id, topic)


def _titled(member: ChatMember) -> str:
    """An administrator, by name and title."""
    title = getattr(member, "custom_title", None)
    name = person(member.user).name or ""
    return f"{name} ({one_line(title)})" if title else name
