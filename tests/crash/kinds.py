"""How a row of docs/kinds.md is known to be played: each of its conditions holds of something.

What a network told is given as contents, what it was told, too; people on Matrix as events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Delivery,
    Edit,
    Location,
    Membership,
    MemberState,
    Message,
    MessageKind,
    Moved,
    Pin,
    Poll,
    Reaction,
    Receipt,
    Typing,
    Unsupported,
    Vote,
)
from bridgekit.facts import AttachmentKind
from bridgekit.richtext import Bold, Mention, Quote, RoomMention

JSON = Mapping[str, Any]
Holds = Callable[[Any], bool]
"""Of a content, or of an event on Matrix."""

_KNOWN = {"text", "notice", "emote", "image", "file", "audio", "video", "location"}


def a(kind: type[Content], /, **fields: object) -> Holds:
    """A content of this kind; a field is what is given, or just set where that is `...`."""

    def holds(one: Any) -> bool:
        return isinstance(one, kind) and all(
            bool(getattr(one, name)) if value is ... else getattr(one, name) == value
            for name, value in fields.items()
        )

    return holds


def text_with(node: type) -> Holds:
    return lambda one: isinstance(one, Message) and any(isinstance(each, node) for each in one.text)


def file_of(*kinds: AttachmentKind) -> Sequence[Holds]:
    def carries(kind: AttachmentKind) -> Holds:
        return lambda one: (
            isinstance(one, Message) and kind in [file.kind for file in one.attachments]
        )

    return [carries(kind) for kind in kinds]


def chat_with(field: str) -> Holds:
    return lambda one: isinstance(one, ChatChange) and getattr(one.info, field) is not None


def several_files(one: Any) -> bool:
    return isinstance(one, Message) and len(one.attachments) > 1


def event(kind: str, holds: Callable[[JSON], object] = bool) -> Holds:
    """An event of somebody on Matrix, whose content is so."""
    return lambda one: isinstance(one, dict) and one["type"] == kind and bool(holds(one["content"]))


SAID = [a(Message, kind=kind) for kind in MessageKind]
MEMBERS = {
    "Coming and going": [a(Membership, state=state) for state in (MemberState.JOIN, "leave")],
    "A kick, a ban, its end, with the reason": [
        *(a(Membership, state=state, reason=...) for state in (MemberState.KICK, MemberState.BAN)),
        a(Membership, state=MemberState.LEAVE),
    ],
}
BOTH: Mapping[str, Sequence[Holds]] = {
    "A text, notice or emote": SAID,
    "Formatting": [text_with(Bold)],
    "A voice message": file_of(AttachmentKind.VOICE),
    "A sticker": file_of(AttachmentKind.STICKER),
    "A caption": [a(Message, text=..., attachments=...)],
    "A reply": [a(Message, reply_to=...)],
    "A message in a thread": [a(Message, thread=...)],
    "A place": [a(Location)],
    "An edit": [a(Edit)],
    "A reaction, and its removal": [a(Reaction, removed=False), a(Reaction, removed=True)],
    "A pin, and its removal": [a(Pin, removed=False), a(Pin, removed=True)],
    "A poll, and its end": [a(Poll, closed=False), a(Poll, closed=True)],
    "A vote": [a(Vote)],
    "Reading": [a(Receipt)],
    "Typing": [a(Typing, active=True), a(Typing, active=False)],
    "Who may speak": [chat_with("may_speak")],
    **MEMBERS,
}
TO_NETWORK: Mapping[str, Sequence[Holds]] = {
    **BOTH,
    "A mention of a person": [text_with(Mention)],
    "A mention of the whole room": [
        event("m.room.message", lambda content: content.get("m.mentions", {}).get("room"))
    ],
    "A long text": [event("m.room.message", lambda content: len(content.get("body", "")) > 400)],
    "An image": file_of(AttachmentKind.IMAGE),
    "A file": file_of(AttachmentKind.FILE),
    "An audio file": file_of(AttachmentKind.AUDIO),
    "A video": file_of(AttachmentKind.VIDEO),
    "Several files": file_of(AttachmentKind.IMAGE, AttachmentKind.FILE),
    "A quotation": [text_with(Quote)],
    "Something forwarded": SAID,  # Matrix does not say that it was
    "A redaction": [a(Deletion)],
    "An invitation of a ghost": [a(Membership, state=MemberState.INVITE)],
    "A power level of a ghost": [a(Membership, rank=...)],
    "Name, topic, picture of the room": [chat_with(one) for one in ("name", "topic", "avatar")],
    "Another name of one's own": [
        event("m.room.member", lambda content: content.get("displayname") == "Alice A.")
    ],
    "A message of an unknown type": [
        event(
            "m.room.message",
            lambda content: content.get("msgtype", "m.text").removeprefix("m.") not in _KNOWN,
        )
    ],
    "What became of a message": [],  # networks are not told
    "A room that was upgraded": [event("m.room.tombstone")],
}
TO_MATRIX: Mapping[str, Sequence[Holds]] = {
    **BOTH,
    "A mention": [text_with(Mention), text_with(RoomMention)],
    "An image, file, audio file or video": file_of(
        *(AttachmentKind(kind) for kind in ("image", "file", "audio", "video"))
    ),
    "Several files in one message": [several_files],
    "A quotation": [a(Message, quote=...)],
    "Something forwarded": [a(Message, forwarded_from=...)],
    "A deletion": [a(Deletion)],
    "An invitation of a person on Matrix": [a(Membership, state=MemberState.INVITE)],
    "A rank": [a(Membership, rank=...)],
    "Name, topic, picture of the chat": [chat_with(one) for one in ("name", "topic", "avatar")],
    "Another name or picture of a person": [lambda one: one == "Robert"],
    "What nobody knows": [a(Unsupported)],
    "A report of a delivery": [
        a(Delivery, state=state) for state in ("delivered", "read", "failed")
    ],
    "A chat that goes by another ID": [a(Moved)],
}
IN_SECRET: Mapping[str, Sequence[Holds]] = {
    "text": SAID,
    "edits": BOTH["An edit"],
    "replies": BOTH["A reply"],
    "reactions": BOTH["A reaction, and its removal"],
    "deletions": [a(Deletion)],
    "polls": [*BOTH["A poll, and its end"], *BOTH["A vote"]],
    "pictures and other files": file_of(
        *(AttachmentKind(kind) for kind in ("image", "file", "audio", "video", "voice"))
    ),
}
"""Of docs/encryption.md: what is promised of encrypted rooms, either way."""
