"""What the bot did in a chat, in the words of the contract. Pure."""

from collections.abc import Iterator
from typing import Any

from bridgekit import (
    Attachment,
    AttachmentKind,
    ChatChange,
    ChatInfo,
    Content,
    Deletion,
    Edit,
    Location,
    Message,
    MessageID,
    Pin,
    Poll,
    Reaction,
    Typing,
    from_plain,
)
from bridgekit.testing.contract import Heard
from bridges.telegram.fake.acts import Did

JSON = dict[str, Any]

_FILES = {
    "photo": AttachmentKind.IMAGE,
    "video": AttachmentKind.VIDEO,
    "animation": AttachmentKind.VIDEO,
    "audio": AttachmentKind.AUDIO,
    "voice": AttachmentKind.VOICE,
    "sticker": AttachmentKind.STICKER,
    "document": AttachmentKind.FILE,
}


def heard_from(did: Did) -> Iterator[Heard]:
    """Nothing for what leaves nothing behind."""
    who, text = _spoken(did.message)
    target = _named(did.message)
    match did.method:
        case "editmessagetext" | "editmessagecaption" | "editmessagemedia":
            yield Heard(Edit(target, Message(from_plain(text))), who=who)
        case "deletemessage":
            yield Heard(Deletion(target))
        case "setmessagereaction":
            yield from _reactions(target, *did.about)
        case "pinchatmessage" | "unpinchatmessage":
            yield Heard(Pin(target, removed=did.method.startswith("un")))
        case "setchattitle":
            yield Heard(ChatChange(ChatInfo(name=did.about)))
        case "setchatdescription":
            yield Heard(ChatChange(ChatInfo(topic=did.about)))
        case "sendchataction":
            yield Heard(Typing(active=did.about == "typing"))
        case "stoppoll":
            yield Heard(_poll(did.message, target))
        case method if method.startswith("send") and did.message:
            yield Heard(_content(did.message, text), target, who)


def _content(message: JSON, text: str) -> Content:
    if "poll" in message:
        return _poll(message, None)
    if (at := message.get("location")) is not None:
        title = message.get("venue", {}).get("title", "")
        return Location(at["latitude"], at["longitude"], title)
    files = tuple(_file(kind, message[kind]) for kind in _FILES if kind in message)
    answered = message.get("reply_to_message")
    reply = _named(answered) if answered is not None else None
    return Message(from_plain(text), attachments=files, reply_to=reply)


def _named(message: JSON) -> MessageID:
    chat = message.get("chat", {}).get("id", 0)
    return MessageID(f"{chat}:{message.get('message_id', 0)}")


def _spoken(message: JSON) -> tuple[str | None, str]:
    """Whose name stands before the text, in bold, and the rest."""
    text = message.get("text") or message.get("caption") or ""
    if "poll" in message:
        text = message["poll"]["question"]
    if (keyboard := message.get("reply_markup")) is not None:
        return keyboard["inline_keyboard"][0][0]["text"], text
    name, colon, rest = text.partition(": ")
    if colon:
        return name, rest
    if text.endswith(":"):
        return text[:-1], ""
    return None, text


def _poll(message: JSON, target: MessageID | None) -> Poll:
    poll = message["poll"]
    question = _spoken(message)[1]
    options = tuple(option["text"] for option in poll["options"])
    return Poll(question, options, closed=poll["is_closed"], target=target)


def _file(kind: str, shown: Any) -> Attachment:
    about = shown[-1] if isinstance(shown, list) else shown
    name = about.get("file_name", kind)  # photos have none
    return Attachment(_FILES[kind], about["file_id"], name, about.get("mime_type"))


def _reactions(target: MessageID, before: list[JSON], after: list[JSON]) -> Iterator[Heard]:
    old, new = ([one.get("emoji", "") for one in each] for each in (before, after))
    for emoji in old:
        if emoji not in new:
            yield Heard(Reaction(target, emoji, removed=True))
    for emoji in new:
        if emoji not in old:
            yield Heard(Reaction(target, emoji))
