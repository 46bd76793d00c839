"""The methods that make messages: `sendMessage`, `sendPhoto`, `sendMediaGroup` and so on."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError

from bridges.telegram.fake.acts import Acts
from bridges.telegram.fake.errors import TOO_LARGE, bad_request
from bridges.telegram.fake.flood import Flood
from bridges.telegram.fake.parameters import Parameters, Upload
from bridges.telegram.fake.state import JSON, FakeChat, State
from bridges.telegram.fake.written import MOST_CAPTION, MOST_TEXT, checked, units

_LARGEST, _LARGEST_PHOTO = 50_000_000, 10_485_760
_SIDES, _FLATTEST, _STICKER = 10_000, 20, 512


class Sends:
    """Each method is given the parameters and returns what Telegram answers."""

    def __init__(self, state: State, acts: Acts, flood: Flood) -> None:
        self._state, self._acts, self._flood = state, acts, flood

    def methods(self) -> dict[str, Callable[[Parameters], Any]]:
        files = dict.fromkeys(("photo", "video", "animation", "audio", "voice", "document"))
        return {
            "sendmessage": self._text,
            "sendsticker": lambda asked: self._file(asked, "sticker"),
            "sendvideonote": lambda asked: self._file(asked, "video_note"),
            **{f"send{kind}": self._sender(kind) for kind in files},
            "sendmediagroup": self._album,
            "sendlocation": self._place,
            "sendvenue": self._place,
            "sendpoll": self._poll,
            "sendchataction": self._action,
        }

    def _sender(self, kind: str) -> Callable[[Parameters], Any]:
        return lambda asked: self._file(asked, kind)

    def _where(self, asked: Parameters) -> tuple[FakeChat, JSON]:
        """The chat, and what the message has of its place; raises where the bot may not."""
        chat = self._state.chat_for_bot(asked.number("chat_id"))
        standing = chat.members[self._state.bot["id"]]
        if standing.get("can_send_messages") is False:
            raise bad_request("not enough rights to send text messages to the chat")
        if chat.type == "channel" and standing["status"] != "administrator":
            raise bad_request("need administrator rights in the channel chat")
        about: JSON = {"topic": self._topic(chat, asked.number("message_thread_id"))}
        reply = asked.json("reply_parameters") or {}
        answered = reply.get("message_id")
        if answered in chat.messages:
            about["reply_to_message"] = _bare(chat.messages[answered])
        elif answered is not None and not reply.get("allow_sending_without_reply"):
            raise bad_request("message to be replied not found")
        if (keyboard := asked.json("reply_markup")) is not None:
            about["reply_markup"] = keyboard
        return chat, about

    def _topic(self, chat: FakeChat, topic: int | None) -> int | None:
        """Whoever may manage topics writes in closed ones, too."""
        if topic in chat.deleted_topics:
            raise bad_request("TOPIC_DELETED")
        if topic is not None and topic not in chat.topics:
            raise bad_request("message thread not found")
        closed = chat.general_closed if topic is None else chat.topics[topic].get("closed")
        if closed and not chat.members[self._state.bot["id"]].get("can_manage_topics"):
            raise bad_request("TOPIC_CLOSED")
        return topic

    def _write(self, method: str, chat: FakeChat, **content: Any) -> JSON:
        self._flood.check(chat.id)
        sender = None if chat.type == "channel" else self._state.bot
        message = self._state.write(chat, sender, **content)
        self._acts.note(method, chat.id, message)
        return message

    def _text(self, asked: Parameters) -> JSON:
        chat, about = self._where(asked)
        given = asked.text("text") or ""
        text, entities = checked(given, asked.json("entities"), MOST_TEXT, "message")
        if not text:
            raise bad_request("message text is empty")
        return self._write("sendmessage", chat, text=text, entities=entities or None, **about)

    def _file(self, asked: Parameters, kind: str) -> JSON:
        chat, about = self._where(asked)
        upload = asked.upload(kind)
        if upload is None:
            known = self._state.files.get(asked.text(kind))
            upload = Upload(known.path, known.data, "")
        content = self.content(kind, upload, asked)
        if kind != "sticker":
            given = asked.text("caption") or ""
            entities = asked.json("caption_entities")
            caption, marks = checked(given, entities, MOST_CAPTION, "message caption")
            content |= {"caption": caption or None, "caption_entities": marks or None}
        return self._write(f"send{kind.replace('_', '')}", chat, **content, **about)

    def content(self, kind: str, upload: Upload, asked: Parameters | None = None) -> JSON:
        """What a message shows of an uploaded file."""
        if len(upload.data) > _LARGEST:
            raise TOO_LARGE
        if not upload.data:
            raise bad_request("file must be non-empty")
        files, seconds = self._state.files, (asked.number("duration") if asked else None) or 0
        named = {"file_name": upload.name, "mime_type": upload.mime}
        match kind:
            case "photo":
                width, height = _photo(upload.data)
                size = files.described(upload.data, "photos", width=width, height=height)
                return {"photo": [size]}
            case "sticker":
                return {"sticker": self._sticker(upload)}
            case "video" | "animation" | "video_note":
                sides = {"width": 640, "height": 360, "length": 360, "duration": seconds}
                return {kind: files.described(upload.data, kind, **named, **sides)}
            case "audio" | "voice":
                return {kind: files.described(upload.data, kind, duration=seconds, **named)}
            case _:
                return {"document": files.described(upload.data, **named)}

    def _sticker(self, upload: Upload) -> JSON:
        try:
            with Image.open(BytesIO(upload.data)) as picture:
                form, size = picture.format, picture.size
        except UnidentifiedImageError:
            raise bad_request("STICKER_FILE_INVALID") from None
        if form != "WEBP" or max(size) != _STICKER:
            raise bad_request("STICKER_DIMENSIONS_INVALID")
        about = {"width": size[0], "height": size[1], "type": "regular", "emoji": "🙂"}
        flags = {"is_animated": False, "is_video": False}
        return self._state.files.described(upload.data, "stickers", **about, **flags)

    def _album(self, asked: Parameters) -> list[JSON]:
        chat, about = self._where(asked)
        media = asked.json("media") or []
        kinds = {one["type"] for one in media}
        if not 2 <= len(media) <= 10:
            raise bad_request("wrong number of media in the group")
        if len(kinds) > 1 and not kinds <= {"photo", "video"}:
            raise bad_request("documents and audios can't be mixed with other media types")
        contents = [self._captioned(one, asked) for one in media]  # all of it, or nothing
        self._state.albums += 1
        group = str(self._state.albums)
        return [
            self._write("sendmediagroup", chat, media_group_id=group, **content, **about)
            for content in contents
        ]

    def _captioned(self, media: JSON, asked: Parameters) -> JSON:
        content = self.content(media["type"], asked.attached(media["media"]))
        marks = media.get("caption_entities")
        caption, kept = checked(media.get("caption") or "", marks, MOST_CAPTION, "caption")
        return {**content, "caption": caption or None, "caption_entities": kept or None}

    def _place(self, asked: Parameters) -> JSON:
        chat, about = self._where(asked)
        at = {"latitude": asked.real("latitude"), "longitude": asked.real("longitude")}
        content: JSON = {"location": at}
        if (title := asked.text("title")) is not None:
            content["venue"] = {"location": at, "title": title, "address": asked.text("address")}
        return self._write("sendvenue" if title else "sendlocation", chat, **content, **about)

    def _poll(self, asked: Parameters) -> JSON:
        chat, about = self._where(asked)
        question, options = asked.text("question") or "", asked.json("options") or []
        texts = [one["text"] if isinstance(one, dict) else str(one) for one in options]
        if not question or units(question) > 300:
            raise bad_request("poll question length must not exceed 300")
        if not 2 <= len(texts) <= 12:
            raise bad_request("poll must have at least 2 option")
        anonymous = asked.text("is_anonymous") is None or asked.true("is_anonymous")
        if chat.type == "channel" and not anonymous:
            raise bad_request("non-anonymous polls can't be sent to channel chats")
        multiple = asked.true("allows_multiple_answers")
        made = poll(self._state, question, texts, anonymous=anonymous, multiple=multiple)
        return self._write("sendpoll", chat, poll=made, **about)

    def _action(self, asked: Parameters) -> bool:
        chat, _ = self._where(asked)
        self._flood.check(chat.id)
        self._acts.note("sendchataction", chat.id, {}, asked.text("action"))
        return True


def poll(
    state: State, question: str, options: list[str], *, anonymous: bool, multiple: bool
) -> JSON:
    """A poll as the Bot API shows one."""
    return {
        "id": str(5_000_000 + len(state.polls)),
        "question": question,
        "options": [{"text": text, "voter_count": 0, "persistent_id": text} for text in options],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": anonymous,
        "type": "regular",
        "allows_multiple_answers": multiple,
        "allows_revoting": True,
        "members_only": False,
    }


def _photo(data: bytes) -> tuple[int, int]:
    if len(data) > _LARGEST_PHOTO:
        raise bad_request(
            f"file of size {len(data)} bytes is too big for a photo;"
            f" the maximum size is {_LARGEST_PHOTO} bytes"
        )
    try:
        with Image.open(BytesIO(data)) as picture:
            width, height = picture.size
    except (UnidentifiedImageError, OSError):
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    if width + height > _SIDES or max(width, height) > _FLATTEST * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return width, height


def _bare(message: JSON) -> JSON:
    """As it is shown in an answer: without what it answers itself."""
    return {name: value for name, value in message.items() if name != "reply_to_message"}
