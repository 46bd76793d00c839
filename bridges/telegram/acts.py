"""What people on Matrix do to messages and chats, through the bot."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from telegram import Bot, InputFile, Message, ReactionTypeEmoji
from telegram.error import BadRequest

from bridgekit import (
    ChatInfo,
    Deletion,
    Edit,
    Host,
    Location,
    MatrixEvent,
    MessageID,
    MessageKind,
    Pin,
    Poll,
    Reaction,
    Rejected,
    RemoteUserID,
    Sent,
    utf16,
)
from bridges.telegram.buttons import by
from bridges.telegram.config import TelegramConfig
from bridges.telegram.ids import Place, message_id, numbers
from bridges.telegram.layout import Author, Formatted
from bridges.telegram.memory import Memory, PollPlace
from bridges.telegram.refusals import says
from bridges.telegram.sending import WRONG_ENTITIES, Sending, whereabouts

_UNCHANGED = "message is not modified"
_LONGEST_QUESTION = 300  # "sendPoll"
_MOST_OPTIONS = 12
_LONGEST_OPTION = 100
_LONGEST_TITLE = 128  # "setChatTitle"
_LONGEST_TOPIC = 255  # "setChatDescription"


class Acts:
    """Raises the library's errors; whoever calls translates them."""

    def __init__(self, bot: Bot, host: Host, memory: Memory, config: TelegramConfig) -> None:
        self._bot, self._host, self._memory, self._config = bot, host, memory, config

    def note(self, place: Place, message: int) -> None:
        """Reactions to it will not say which topic it is in."""
        if place.topic is not None:
            self._memory.note_topic(place.chat, message, place.topic)

    async def edit(self, sending: Sending, edit: Edit, text: Formatted) -> None:
        chat, message = numbers(edit.target)
        files = edit.message.attachments
        try:
            if files and edit.replaces_media:
                await sending.replace_file(chat, message, files[0], text)
            elif files:
                entities = text.entities or None
                await self._bot.edit_message_caption(
                    chat, message, caption=text.text, caption_entities=entities
                )
            else:
                await self._bot.edit_message_text(
                    text.text, chat, message, entities=text.entities or None
                )
        except BadRequest as error:
            if says(error, *WRONG_ENTITIES) and text.entities:
                await self.edit(sending, edit, Formatted(text.text))
            elif not says(error, _UNCHANGED):
                raise

    async def delete(self, deletion: Deletion) -> None:
        chat, message = numbers(deletion.target)
        try:
            await self._bot.delete_message(chat, message)
        except BadRequest as error:
            if not says(error, "message to delete not found"):
                raise

    async def react(self, reaction: Reaction) -> None:
        chat, message = numbers(reaction.target)
        shown = [] if reaction.removed else [ReactionTypeEmoji(reaction.emoji)]
        await self._bot.set_message_reaction(chat, message, shown)

    async def pin(self, pin: Pin) -> None:
        chat, message = numbers(pin.target)
        if not pin.removed:
            await self._bot.pin_chat_message(chat, message, disable_notification=True)
            return
        try:
            await self._bot.unpin_chat_message(chat, message)
        except BadRequest as error:
            if not says(error, "message to unpin not found"):
                raise

    async def poll(
        self, event: MatrixEvent[Poll], place: Place, answers: int | None, me: RemoteUserID
    ) -> Sent:
        poll = event.content
        author = self._question(event)
        _check(poll, author)
        try:
            sent = await self._ask(poll, author, place, answers)
        except BadRequest as error:
            if poll.anonymous or not says(error, "non-anonymous polls"):
                raise
            sent = await self._ask(replace(poll, anonymous=True), author, place, answers)
        self.note(place, sent.message_id)
        named = message_id(sent.chat.id, sent.message_id)
        if sent.poll is not None:
            self._memory.note_poll(sent.poll.id, PollPlace(place.id, named, me))
        await self._memory.store()
        return Sent((named,))

    async def _ask(self, poll: Poll, author: str, place: Place, answers: int | None) -> Message:
        """In a channel nobody sees who has voted for what, so there is no other poll."""
        return await self._bot.send_poll(
            place.chat,
            f"{author}{poll.question}",
            list(poll.options),
            is_anonymous=poll.anonymous,
            allows_multiple_answers=poll.multiple,
            **whereabouts(place, answers),
        )

    def _question(self, event: MatrixEvent[Poll]) -> str:
        """What stands before a question: who asks."""
        if not event.relayed:
            return ""
        author = Author(event.author.name, self._config.relay_name)
        return "".join(author.before(MessageKind.TEXT))

    async def end(self, poll: MessageID) -> Sent:
        chat, message = numbers(poll)
        try:
            await self._bot.stop_poll(chat, message)
        except BadRequest as error:
            if not says(error, "already been closed"):
                raise
        return Sent()

    async def locate(self, event: MatrixEvent[Location], place: Place, answers: int | None) -> Sent:
        """A place; one with a name is a venue."""
        at, name = event.content, event.author.name if event.relayed else ""
        about = {**whereabouts(place, answers), "reply_markup": by(name)}
        if at.name:
            address = f"{at.latitude:.5f}, {at.longitude:.5f}"
            sent = await self._bot.send_venue(
                place.chat, at.latitude, at.longitude, at.name, address, **about
            )
        else:
            sent = await self._bot.send_location(place.chat, at.latitude, at.longitude, **about)
        self.note(place, sent.message_id)
        await self._memory.store()
        return Sent((message_id(sent.chat.id, sent.message_id),))

    async def change_chat(self, place: Place, info: ChatInfo) -> None:
        if info.may_speak is not None:
            raise Rejected("Who may write on Telegram is for its administrators to say, there.")
        if place.topic is not None:
            await self._change_topic(place, info)
            return
        if info.name is not None:
            _check_length("name", info.name, _LONGEST_TITLE)
            await self._unless_so(self._bot.set_chat_title, place, info.name)
        if info.topic is not None:
            _check_length("description", info.topic, _LONGEST_TOPIC)
            await self._unless_so(self._bot.set_chat_description, place, info.topic)
        if info.avatar is not None and info.avatar.source:
            async with self._host.open(info.avatar) as file:
                photo = InputFile(file, filename="photo.jpg", read_file_handle=False)
                await self._bot.set_chat_photo(place.chat, photo)
        elif info.avatar is not None:
            await self._bot.delete_chat_photo(place.chat)

    async def _change_topic(self, place: Place, info: ChatInfo) -> None:
        if info.name is None or place.topic is None:
            raise Rejected("A topic on Telegram has a name, and nothing else that could change.")
        _check_length("name", info.name, _LONGEST_TITLE)
        try:
            await self._bot.edit_forum_topic(place.chat, place.topic, info.name)
        except BadRequest as error:
            if not says(error, "topic_not_modified"):
                raise
        await self._memory.note_topic_name(place, info.name, news=True)

    @staticmethod
    async def _unless_so(change: Callable[..., Awaitable[bool]], place: Place, text: str) -> None:
        try:
            await change(place.chat, text)
        except BadRequest as error:
            if not says(error, "is not modified"):
                raise


def _check(poll: Poll, author: str) -> None:
    if not 2 <= len(poll.options) <= _MOST_OPTIONS:  # noqa: PLR2004 (a poll with one is none)
        raise Rejected(f"A poll on Telegram has 2 to {_MOST_OPTIONS} answers.")
    if utf16(f"{author}{poll.question}") > _LONGEST_QUESTION:
        raise Rejected(f"A question on Telegram has at most {_LONGEST_QUESTION} characters.")
    if any(utf16(option) > _LONGEST_OPTION for option in poll.options):
        raise Rejected(f"An answer on Telegram has at most {_LONGEST_OPTION} characters.")


def _check_length(what: str, text: str, most: int) -> None:
    if len(text) > most:
        raise Rejected(f"A {what} on Telegram has at most {most} characters; this has {len(text)}.")
