"""One message to Telegram: one request, and another one only where the first was surely refused."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, BinaryIO

from telegram import (
    Bot,
    InputFile,
    InputMedia,
    InputMediaAnimation,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    Message,
    ReplyParameters,
)
from telegram.error import BadRequest

from bridgekit import Attachment, AttachmentKind, Host, Rejected
from bridges.telegram.buttons import by
from bridges.telegram.carrying import Carrier, carrier_of
from bridges.telegram.ids import Place
from bridges.telegram.layout import Formatted
from bridges.telegram.refusals import says
from bridges.telegram.stickers import as_sticker

Upload = Callable[[InputFile, Carrier], Awaitable[Message]]

_NO_PICTURE = (
    "photo_",
    "image_process_failed",
    "wrong type",
    "webpage_curl",
    "file must be",
    "too big for a photo",
)
WRONG_ENTITIES = ("entities", "entity_", "entity url", "can't parse")
_NO_ANSWER = ("message to be replied not found", "reply message not found", "message to reply")


class Sending:
    """For one bot; `text` is what is said, or stands below a file."""

    def __init__(self, bot: Bot, host: Host) -> None:
        self._bot, self._host = bot, host

    async def text(self, place: Place, text: Formatted, answers: int | None) -> Message:
        if not text.text:
            raise Rejected("Telegram takes no empty message.")

        async def send(text: Formatted, **where: Any) -> Message:
            entities = text.entities or None
            return await self._bot.send_message(place.chat, text.text, entities=entities, **where)

        return await _without_what_is_wrong(send, text, whereabouts(place, answers))

    async def file(
        self, place: Place, attachment: Attachment, text: Formatted, answers: int | None, name: str
    ) -> Message:
        """`name` is the author's, for what can have no text below it."""
        carrier = carrier_of(attachment)
        try:
            return await self._file(place, attachment, carrier, text, answers, name)
        except BadRequest as error:
            if carrier is Carrier.DOCUMENT or not says(error, *_NO_PICTURE):
                raise
        return await self._file(place, attachment, Carrier.DOCUMENT, text, answers, name)

    async def _file(
        self,
        place: Place,
        attachment: Attachment,
        carrier: Carrier,
        text: Formatted,
        answers: int | None,
        name: str,
    ) -> Message:
        send = getattr(self._bot, f"send_{carrier}")

        async def upload(text: Formatted, **where: Any) -> Message:
            async with self._host.open(attachment) as file:
                given = await _given(file, attachment, carrier)
                about: dict[str, Any] = _about(attachment, carrier)
                if carrier is Carrier.STICKER:
                    about["reply_markup"] = by(name)
                else:
                    about |= {"caption": text.text, "caption_entities": text.entities or None}
                message: Message = await send(place.chat, given, **about, **where)
                return message

        return await _without_what_is_wrong(upload, text, whereabouts(place, answers))

    async def album(
        self,
        place: Place,
        attachments: Sequence[Attachment],
        text: Formatted,
        answers: int | None,
    ) -> Sequence[Message]:
        """Several files that Telegram shows together; the text stands below the first."""
        try:
            return await self._album(place, attachments, text, answers)
        except BadRequest as error:
            if says(error, *WRONG_ENTITIES) and text.entities:
                return await self.album(place, attachments, Formatted(text.text), answers)
            if not says(error, *_NO_PICTURE):
                raise
        files = [replace(attachment, kind=AttachmentKind.FILE) for attachment in attachments]
        return await self._album(place, files, text, answers)

    async def _album(
        self,
        place: Place,
        attachments: Sequence[Attachment],
        text: Formatted,
        answers: int | None,
    ) -> Sequence[Message]:
        async with AsyncExitStack() as stack:
            media: list[Any] = []
            for attachment in attachments:
                file = await stack.enter_async_context(self._host.open(attachment))
                media.append(_media(attachment, file, None if media else text))
            return await self._bot.send_media_group(
                place.chat, media, **whereabouts(place, answers)
            )

    async def replace_file(
        self, chat: int, message: int, attachment: Attachment, text: Formatted
    ) -> None:
        try:
            await self._replace_file(chat, message, attachment, text)
        except BadRequest as error:
            if carrier_of(attachment) is Carrier.DOCUMENT or not says(error, *_NO_PICTURE):
                raise
            as_file = replace(attachment, kind=AttachmentKind.FILE)
            await self._replace_file(chat, message, as_file, text)

    async def _replace_file(
        self, chat: int, message: int, attachment: Attachment, text: Formatted
    ) -> None:
        async with self._host.open(attachment) as file:
            media = _media(attachment, file, text)
            await self._bot.edit_message_media(media, chat, message)


async def _without_what_is_wrong(
    send: Callable[..., Awaitable[Message]], text: Formatted, where: dict[str, Any]
) -> Message:
    """Once more without what Telegram refused: nothing was sent, and the words are what matters."""
    try:
        return await send(text, **where)
    except BadRequest as error:
        if says(error, *_NO_ANSWER):
            where = {**where, "reply_parameters": None}
        elif says(error, *WRONG_ENTITIES) and text.entities:
            text = Formatted(text.text)
        else:
            raise
    return await send(text, **where)


def whereabouts(place: Place, answers: int | None) -> dict[str, Any]:
    """What a request says of where a message belongs."""
    reply = None
    if answers is not None:
        reply = ReplyParameters(answers, allow_sending_without_reply=True)
    return {"message_thread_id": place.topic, "reply_parameters": reply}


async def _given(file: BinaryIO, attachment: Attachment, carrier: Carrier) -> InputFile:
    if carrier is Carrier.STICKER:
        made = await asyncio.to_thread(as_sticker, file)
        return InputFile(made, filename="sticker.webp", read_file_handle=False)
    return InputFile(file, filename=attachment.name, read_file_handle=False)


def _about(attachment: Attachment, carrier: Carrier) -> dict[str, Any]:
    seconds = None if attachment.duration is None else int(attachment.duration)
    match carrier:
        case Carrier.VIDEO | Carrier.ANIMATION:
            size = {"width": attachment.width, "height": attachment.height}
            return {**size, "duration": seconds}
        case Carrier.AUDIO | Carrier.VOICE:
            return {"duration": seconds}
        case _:
            return {}


def _media(attachment: Attachment, file: BinaryIO, text: Formatted | None) -> InputMedia:
    given = InputFile(file, filename=attachment.name, attach=True, read_file_handle=False)
    caption: dict[str, Any] = {}
    if text is not None:
        caption = {"caption": text.text, "caption_entities": text.entities or None}
    match carrier_of(attachment):
        case Carrier.PHOTO:
            return InputMediaPhoto(given, **caption)
        case Carrier.VIDEO:
            return InputMediaVideo(given, **caption)
        case Carrier.ANIMATION:
            return InputMediaAnimation(given, **caption)
        case Carrier.AUDIO:
            return InputMediaAudio(given, **caption)
        case _:
            return InputMediaDocument(given, **caption)
