"""Who says something on Telegram, and how they are shown. Pure.

A channel, or an administrator who stays anonymous, speaks as a chat (`sender_chat`); the accounts
that Telegram then names as the sender are stand-ins and never anybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from telegram import Chat, ChatFullInfo, Message, MessageOrigin, Update, User
from telegram.constants import MessageOriginType

from bridgekit import Profile, RemoteUserID, UserInfo
from bridges.telegram.ids import chat_as_user, user_id
from bridges.telegram.words import one_line

STAND_INS = frozenset({1087968824, 777000, 136817688})


@dataclass(frozen=True, slots=True)
class Speaker:
    """`profile` is how they are shown in this message only."""

    user: RemoteUserID
    info: UserInfo
    profile: Profile | None = None


def speaker_of(message: Message) -> Speaker | None:
    """Whose message it is; None for one that nobody wrote."""
    found = _speaker(message.sender_chat, message.from_user)
    if found is None:
        return None
    suffix = message.author_signature or message.sender_tag
    if not suffix:
        return found
    return Speaker(found.user, found.info, Profile(f"{found.info.name} ({one_line(suffix)})"))


def _speaker(chat: Chat | None, user: User | None) -> Speaker | None:
    if chat is not None:
        named = chat_as_user(chat.id) if chat.id < 0 else user_id(chat.id)
        return Speaker(named, UserInfo(named, name_of_chat(chat)))
    if user is None or user.id in STAND_INS:
        return None
    return Speaker(user_id(user.id), person(user))


def speaking_person(message: Message) -> User | None:
    """Who says it with an account of their own: no chat, no stand-in and no other bot."""
    user = message.from_user
    if user is None or user.is_bot or user.id in STAND_INS or message.sender_chat is not None:
        return None
    return user


def acting(user: User | None, chat: Chat | None = None) -> RemoteUserID | None:
    """Who did something that is no message."""
    found = _speaker(chat, user)
    return None if found is None else found.user


def person(user: User) -> UserInfo:
    return UserInfo(
        user_id(user.id), one_line(user.full_name) or str(user.id), bot=bool(user.is_bot)
    )


def name_of_chat(chat: Chat | ChatFullInfo) -> str:
    """Its title or, where it is a person, their name."""
    return one_line(chat.effective_name or "") or str(chat.id)


def people_in(update: Update) -> Iterator[User]:
    """Everybody whom an update names in full: it keeps names fresh, and usernames known."""
    if update.effective_user is not None:
        yield update.effective_user
    message = update.effective_message
    if isinstance(message, Message):
        yield from message.new_chat_members or ()
        for entity in (*message.entities, *message.caption_entities):
            if entity.user is not None:
                yield entity.user
    if update.chat_member is not None:
        yield update.chat_member.new_chat_member.user


def origin_name(origin: MessageOrigin) -> str:
    """Whom a forwarded message is from."""
    match origin.type:
        case MessageOriginType.USER:
            name = origin.sender_user.full_name  # type: ignore[attr-defined]  # by its type
        case MessageOriginType.HIDDEN_USER:
            name = origin.sender_user_name  # type: ignore[attr-defined]  # by its type
        case MessageOriginType.CHAT:
            name = name_of_chat(origin.sender_chat)  # type: ignore[attr-defined]  # by its type
        case MessageOriginType.CHANNEL:
            name = name_of_chat(origin.chat)  # type: ignore[attr-defined]  # by its type
        case _:
            name = ""
    signature = getattr(origin, "author_signature", None)
    shown = one_line(name) or "somebody"
    return f"{shown} ({one_line(signature)})" if signature else shown
