"""A bot that is signed in: what the core asks of it, and the loop that brings what happens."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from bridgekit import (
    Attachment,
    Chat,
    ChatChange,
    ChatID,
    ChatInfo,
    Client,
    Command,
    Content,
    Deletion,
    Edit,
    Host,
    Limits,
    Location,
    LoginID,
    MatrixEvent,
    Message,
    Pin,
    Poll,
    Reaction,
    Rejected,
    RemoteUserID,
    Sent,
    SupportsChatChange,
    SupportsChats,
    SupportsCommands,
    SupportsDelete,
    SupportsDownload,
    SupportsEdit,
    SupportsEmoji,
    SupportsLimits,
    SupportsLocation,
    SupportsPacing,
    SupportsPin,
    SupportsPlace,
    SupportsPoll,
    SupportsReact,
    SupportsSplit,
    SupportsTyping,
    Typing,
    UserInfo,
    Vote,
)
from bridges.telegram.acts import Acts
from bridges.telegram.administrators import Administrators
from bridges.telegram.aiming import Said, aim, check, lost_answer
from bridges.telegram.chat_actions import ChatActions
from bridges.telegram.commands import Commands
from bridges.telegram.config import TelegramConfig, Topics
from bridges.telegram.entrance import Entrance
from bridges.telegram.fetching import Fetching
from bridges.telegram.ids import Place, message_id, place_of, user_id
from bridges.telegram.inbox import Inbox
from bridges.telegram.layout import Author, Formatted, formatted
from bridges.telegram.limits import LIMITS
from bridges.telegram.listening import Listening
from bridges.telegram.memory import Memory
from bridges.telegram.refusals import translated
from bridges.telegram.sending import Sending
from bridges.telegram.split import parts
from bridges.telegram.suspension import Suspensions
from bridges.telegram.wire import Wire


class TelegramClient(
    Client,
    SupportsChatChange,
    SupportsChats,
    SupportsCommands,
    SupportsDelete,
    SupportsDownload,
    SupportsEdit,
    SupportsEmoji,
    SupportsLimits,
    SupportsLocation,
    SupportsPacing,
    SupportsPin,
    SupportsPlace,
    SupportsPoll,
    SupportsReact,
    SupportsSplit,
    SupportsTyping,
):
    """Its bases are its feature list. All of it is the bot's: people have no account here."""

    for_others = True
    commands = (
        Command("status", "Show how the bot stands in the chat of this room."),
        Command("reopen", "Send to closed topics again, to see whether Telegram takes it."),
    )

    def __init__(
        self,
        login: LoginID,
        config: TelegramConfig,
        host: Host,
        memory: Memory,
        wire: Wire,
        inbox: Inbox,
        commands: Commands,
        suspensions: Suspensions,
        administrators: Administrators,
        address: str,
        *,
        sees_all: bool,
    ) -> None:
        """`address` is where Telegram calls, "" if it does not; `sees_all`: no privacy mode."""
        self.me, self.place = user_id(config.bot), "Telegram"
        self._login, self._config, self._host = login, config, host
        self._memory, self._suspensions = memory, suspensions
        self._bot = wire.bot()
        self._sending = Sending(self._bot, host)
        self._acts = Acts(self._bot, host, memory, config)
        self._actions = ChatActions(self._bot)
        self._fetching = Fetching(self._bot, wire, memory, config)
        self._commands, self._administrators = commands, administrators
        self._listening = Listening(login, config, host, wire, inbox, commands, address)
        own = (self._bot, host, login, config.bot, administrators)
        self._entrance = Entrance(*own, sees_all=sees_all)

    # Listening.

    async def run(self) -> None:
        if not self.resumes:
            await self._entrance.look()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._commands.work())
                group.create_task(self._actions.work())
                group.create_task(self._administrators.work())
                with translated():
                    await self._listening.run()
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    # Sending.

    def limits(self, chat: Chat) -> Limits:
        """Only a forum has something like threads: its topics, where they have no rooms."""
        place = place_of(chat.id)
        threads = self._config.topics is Topics.THREADS and place.topic is None
        threads = threads and self._memory.is_forum(place.chat)
        return replace(LIMITS, media=self._config.largest_upload, threads=threads)

    def split(self, event: MatrixEvent[Message]) -> Sequence[Message]:
        return parts(event.content, lambda message: self._formatted(event, message))

    async def pace(self, event: MatrixEvent[Content]) -> None:
        pace, place, said = self._config.pace, place_of(event.chat.id), event.content
        if isinstance(said, Message | Location) or (isinstance(said, Poll) and not said.target):
            topic, _ = await aim(self._memory, event.chat.id, said)
            await self._suspensions.check(topic)
        cost = max(1, len(said.attachments)) if isinstance(said, Message) else 1  # of an album
        for scope, rate, burst in (
            (("group", str(place.chat)), pace.group / 60, pace.group),
            (("chat", str(place.chat)), pace.chat, pace.burst),
            (("all",), pace.overall, pace.overall),
        ):
            if scope[0] != "group" or place.chat < 0:
                await self._host.pace(*scope, rate=rate, burst=burst, cost=min(cost, burst))

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        message = event.content
        text = self._formatted(event, message)
        async with self._aimed(event, message) as (place, answers):
            match message.attachments:
                case ():
                    sent = [await self._sending.text(place, text, answers)]
                case (one,):
                    name = event.author.name if event.relayed else ""
                    sent = [await self._sending.file(place, one, text, answers, name)]
                case several:
                    sent = list(await self._sending.album(place, several, text, answers))
            for made in sent:
                self._acts.note(place, made.message_id)
        await self._memory.store()
        ids = tuple(message_id(made.chat.id, made.message_id) for made in sent)
        return Sent(ids, note=lost_answer(event.chat.id, message))

    @asynccontextmanager
    async def _aimed(
        self, event: MatrixEvent[Content], said: Said
    ) -> AsyncIterator[tuple[Place, int | None]]:
        """Where it goes, and what it answers there; what Telegram refuses is put into words."""
        chat = event.chat.id
        place, answers = await aim(self._memory, chat, said)
        with translated(chat):
            async with self._suspensions.watching(event, place):
                yield place, answers

    def _formatted(self, event: MatrixEvent[Content], message: Message) -> Formatted:
        author = Author(event.author.name, self._config.relay_name) if event.relayed else None
        return formatted(message.text, message.kind, author)

    async def edit(self, event: MatrixEvent[Edit]) -> None:
        check(event.chat.id, event.content.target)
        text = self._formatted(event, event.content.message)
        with translated(event.chat.id):
            await self._acts.edit(self._sending, event.content, text)

    async def delete(self, event: MatrixEvent[Deletion]) -> None:
        check(event.chat.id, event.content.target)
        with translated(event.chat.id):
            await self._acts.delete(event.content)

    async def react(self, event: MatrixEvent[Reaction]) -> None:
        check(event.chat.id, event.content.target)
        with translated(event.chat.id):
            await self._acts.react(event.content)

    async def pin(self, event: MatrixEvent[Pin]) -> None:
        check(event.chat.id, event.content.target)
        with translated(event.chat.id):
            await self._acts.pin(event.content)

    async def poll(self, event: MatrixEvent[Poll]) -> Sent:
        target = event.content.target
        if target is not None:
            check(event.chat.id, target)
            with translated(event.chat.id):
                return await self._acts.end(target)
        async with self._aimed(event, event.content) as (place, answers):
            sent = await self._acts.poll(event, place, answers, self.me)
        return replace(sent, note=lost_answer(event.chat.id, event.content))

    async def vote(self, event: MatrixEvent[Vote]) -> None:
        del event
        raise Rejected("A bot cannot vote on Telegram.")

    async def send_location(self, event: MatrixEvent[Location]) -> Sent:
        async with self._aimed(event, event.content) as (place, answers):
            sent = await self._acts.locate(event, place, answers)
        return replace(sent, note=lost_answer(event.chat.id, event.content))

    async def change_chat(self, event: MatrixEvent[ChatChange]) -> None:
        with translated(event.chat.id):
            await self._acts.change_chat(place_of(event.chat.id), event.content.info)

    async def typing(self, event: MatrixEvent[Typing]) -> None:
        place = place_of(event.chat.id)
        if await self._suspensions.why(place) is None:
            with translated(event.chat.id):
                await self._actions.typing(place, active=event.content.active)

    async def command(self, name: str, arguments: Sequence[str], chat: Chat | None) -> str:
        """Run `status` or `reopen`."""
        del arguments
        if chat is None:
            return "Ask this in a room that is joined to a Telegram chat."
        place = place_of(chat.id)
        if name == "reopen":
            tried = await self._suspensions.try_again(place)
            return "It is tried again." if tried else "Nothing here is suspended."
        why = await self._suspensions.why(place)
        with translated(chat.id):
            return "\n".join(filter(None, (await self._commands.standing(place), why)))

    # Chats: people there add the bot, and remove it.

    async def enter(self, chat: ChatID) -> None:
        await self._entrance.enter(chat)

    async def leave(self, chat: ChatID) -> None:
        """It stays where people have added it: to come back it would need them again."""

    # Looking up.

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        async for piece in self._fetching.download(attachment):
            yield piece

    async def emoji(self, name: str) -> Attachment | None:
        with translated():
            return await self._fetching.emoji(name)

    async def chat_info(self, chat: ChatID) -> ChatInfo:
        with translated(chat):
            return await self._fetching.chat_info(place_of(chat))

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        with translated():
            return await self._fetching.user_info(user)
