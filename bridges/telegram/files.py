"""The files that a Telegram message shows, as attachments. Pure.

An attachment's `source` begins with what is the same for every bot and at every time, and ends with
what this bot can fetch the file by (Bot API, "File").
"""

from typing import Any

from telegram import Chat, ChatFullInfo, Message, PhotoSize, Sticker

from bridgekit import Attachment, AttachmentKind
from bridges.telegram import animated
from bridges.telegram.words import number, one_line

_WEBP = "image/webp"
_MOVING = "moving:"
_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "application/x-tgsticker": "tgs",
}


def attachment_of(message: Message) -> Attachment | None:  # noqa: PLR0911 (one per kind)
    """The file of a message. An animation comes as a document too, a live photo as a photo."""
    if message.animation:
        kind = _seen_as(message.animation.mime_type)
        return _file(message.animation, kind, "animation", "video/mp4")
    if message.video:
        return _file(message.video, AttachmentKind.VIDEO, "video", "video/mp4")
    if message.video_note:
        return _file(message.video_note, AttachmentKind.VIDEO, "video message", "video/mp4")
    if message.live_photo:
        return _file(message.live_photo, AttachmentKind.VIDEO, "live photo", "video/mp4")
    if message.photo:
        return photo(message.photo)
    if message.audio:
        return _file(message.audio, AttachmentKind.AUDIO, _title(message), "audio/mpeg")
    if message.voice:
        return _file(message.voice, AttachmentKind.VOICE, "voice message", "audio/ogg")
    if message.sticker:
        return sticker(message.sticker)
    if message.document:
        return _file(message.document, AttachmentKind.FILE, "file", None)
    return None


def photo(sizes: tuple[PhotoSize, ...]) -> Attachment:
    """The largest of the sizes that Telegram has of a photo."""
    largest = max(sizes, key=lambda size: size.width * size.height)
    return _file(largest, AttachmentKind.IMAGE, "photo", "image/jpeg")


def sticker(shown: Sticker) -> Attachment:
    """A sticker; of an animated one, which Matrix has no form for, what comes nearest."""
    if shown.is_video:
        return _file(shown, AttachmentKind.VIDEO, "sticker", "video/webm")
    if not shown.is_animated:
        return _file(shown, AttachmentKind.STICKER, "sticker", _WEBP)
    if animated.INSTALLED:
        return _moving(shown)
    if shown.thumbnail is not None:
        return _file(shown.thumbnail, AttachmentKind.STICKER, "sticker", _WEBP)
    return _file(shown, AttachmentKind.FILE, "sticker", "application/x-tgsticker")


def _moving(shown: Sticker) -> Attachment:
    """Of an animated sticker what it is made on the way; its picture, should that fail."""
    small = "" if shown.thumbnail is None else one_line(shown.thumbnail.file_id)
    source = f"{_MOVING}{one_line(shown.file_unique_id)} {small} {one_line(shown.file_id)}"
    return Attachment(AttachmentKind.STICKER, source, "sticker.webp", _WEBP)


def picture_of_moving(attachment: Attachment) -> str | None:
    """What the picture of an animated sticker goes by, "" if it has none; None: it is no such."""
    if not attachment.source.startswith(_MOVING):
        return None
    return attachment.source.split(" ")[1]


def still(shown: Sticker) -> Attachment | None:
    """The picture of a custom emoji, which does not move on Matrix."""
    if shown.is_video or shown.is_animated:
        found = shown.thumbnail
        return None if found is None else _file(found, AttachmentKind.STICKER, "emoji", _WEBP)
    return sticker(shown)


def picture_of(chat: Chat | ChatFullInfo) -> Attachment | None:
    """The picture of a chat; one without a source where it has none."""
    found = getattr(chat, "photo", None)
    if found is None:
        return NO_PICTURE
    source = f"{found.big_file_unique_id} {found.big_file_id}"
    return Attachment(AttachmentKind.IMAGE, source, "picture.jpg", "image/jpeg")


NO_PICTURE = Attachment(AttachmentKind.IMAGE, "", "")


def file_id(attachment: Attachment) -> str:
    """What the bot fetches it by."""
    return attachment.source.rpartition(" ")[2]


def _file(found: Any, kind: AttachmentKind, name: str, mime: str | None) -> Attachment:
    about = found.to_dict()  # its own properties warn that lengths of time will be objects
    given, told = about.get("file_name"), about.get("mime_type")
    mime = one_line(told) if told else mime
    ending = _EXTENSIONS.get(mime or "")
    return Attachment(
        kind,
        f"{one_line(found.file_unique_id)} {one_line(found.file_id)}",
        one_line(given) if given else (f"{name}.{ending}" if ending else name),
        mime,
        number(about.get("file_size")),
        number(about.get("width") or about.get("length")),
        number(about.get("height") or about.get("length")),
        number(about.get("duration")),
    )


def _seen_as(mime: str | None) -> AttachmentKind:
    return AttachmentKind.IMAGE if mime == "image/gif" else AttachmentKind.VIDEO


def _title(message: Message) -> str:
    audio = message.audio
    named = " - ".join(filter(None, (audio.performer, audio.title))) if audio else ""
    return one_line(named) or "audio"
