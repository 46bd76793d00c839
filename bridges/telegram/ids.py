"""How Telegram's numbers become IDs: of chats, topics, messages, people and speaking channels.

A message is numbered within its chat, and the numbers start again when a group becomes a
supergroup: so the chat is part of a message's ID.
"""

import re
from dataclasses import dataclass

from bridgekit import ChatID, MessageID, Rejected, RemoteUserID

_SUPERGROUP = 1_000_000_000_000  # -100… in front of the number of a supergroup or a channel
_GENERAL = "1"  # the general topic, for apps; a bot must not name it ("message_thread_id")
_CHAT = re.compile(r"(-?[1-9]\d{0,18})(?:/([1-9]\d{0,9}))?")
_USER = re.compile(r"[1-9]\d{0,18}|(?:channel|group)-[1-9]\d{0,18}")
_MESSAGE = re.compile(r"(-?\d{1,19}):(\d{1,19})")


@dataclass(frozen=True, slots=True)
class Place:
    """A chat and, where it is a forum, one of its topics; the general topic is the chat itself."""

    chat: int
    topic: int | None = None

    @property
    def id(self) -> ChatID:
        return ChatID(str(self.chat) if self.topic is None else f"{self.chat}/{self.topic}")


def find_place(chat: str) -> Place | None:
    """The place that an operator, or the core, writes so; None if nothing is called that."""
    found = _CHAT.fullmatch(chat)
    if found is None or found[2] == _GENERAL:
        return None
    return Place(int(found[1]), int(found[2]) if found[2] else None)


def is_basic_group(chat: ChatID) -> bool:
    """Whether it may become a supergroup yet, which has another number."""
    place = find_place(chat)
    return place is not None and -_SUPERGROUP < place.chat < 0


def place_of(chat: ChatID) -> Place:
    """Raises `Rejected` for what is no chat of Telegram's."""
    place = find_place(chat)
    if place is None:
        raise Rejected(f"{chat!r} is no Telegram chat: those have numbers, like -1001234567890.")
    return place


def message_id(chat: int, message: int) -> MessageID:
    return MessageID(f"{int(chat)}:{int(message)}")


def numbers(message: MessageID) -> tuple[int, int]:
    """The chat and the number in it; raises `Rejected` for what is no message of Telegram's."""
    found = _MESSAGE.fullmatch(message)
    if found is None:
        raise Rejected("That is no message of Telegram's.")
    return int(found[1]), int(found[2])


def number_in(chat: int, message: MessageID | None) -> int | None:
    """The number of a message in this chat; None if it is in another one, or nowhere."""
    found = _MESSAGE.fullmatch(message or "")
    return int(found[2]) if found is not None and int(found[1]) == chat else None


def user_id(user: int) -> RemoteUserID:
    return RemoteUserID(str(int(user)))


def chat_as_user(chat: int) -> RemoteUserID:
    """A channel, or a group whose administrators are anonymous, as the one who speaks."""
    if chat < -_SUPERGROUP:
        return RemoteUserID(f"channel-{-chat - _SUPERGROUP}")
    return RemoteUserID(f"group-{abs(chat)}")


def is_user(name: str) -> bool:
    return _USER.fullmatch(name) is not None


def peer_of(user: RemoteUserID) -> int | None:
    """The number that Telegram knows somebody by; None for what is nobody."""
    kind, _, number = user.rpartition("-")
    if not is_user(user):
        return None
    match kind:
        case "channel":
            return -_SUPERGROUP - int(number)
        case "group":
            return -int(number)
        case _:
            return int(user)
