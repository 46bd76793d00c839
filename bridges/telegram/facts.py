"""What an update tells beside what it says: of people, topics and polls. Pure.

It is read before anything else, and strictly: what is not as it should be raises, so that the
update is set aside before anything was learned from it.
"""

from dataclasses import dataclass

from telegram import Message, Update
from telegram.constants import ChatMemberStatus, MessageEntityType

from bridgekit import MessageID, RemoteUserID
from bridges.telegram.ids import Place, message_id, user_id
from bridges.telegram.services import move_of
from bridges.telegram.speaking import acting, people_in
from bridges.telegram.words import sound

_MENTIONS: list[str | None] = [MessageEntityType.MENTION]


@dataclass(frozen=True, slots=True)
class PollAsked:
    """A poll, and where it is: what a vote does not tell."""

    id: str
    place: Place
    message: MessageID
    sender: RemoteUserID | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody in a chat, and whether they are banned from it."""

    chat: int
    user: RemoteUserID
    banned: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """`usernames` are of people who were seen, `mentioned` of those who are to be found.

    `topic` is where the message `number` is; it `was_named` so once, or `is_named` so from now on.
    `opened` is one that was closed before; `move` are the numbers that a group had and has now.
    """

    usernames: tuple[tuple[str, RemoteUserID], ...] = ()
    mentioned: tuple[str, ...] = ()
    reacted_to: tuple[int, int] | None = None
    forum: int | None = None
    topic: Place | None = None
    number: int = 0
    was_named: str | None = None
    is_named: str | None = None
    poll: PollAsked | None = None
    standing: Standing | None = None
    opened: Place | None = None
    move: tuple[int, int] | None = None


def facts_of(update: Update) -> Facts:
    """Raises whatever an odd update makes it raise."""
    usernames = tuple(
        (sound(user.username).lower(), user_id(user.id))
        for user in people_in(update)
        if user.username
    )
    reaction, message = update.message_reaction, update.message or update.channel_post
    mentioned = _mentioned(update)
    if reaction is not None:
        target = int(reaction.chat.id), int(reaction.message_id)
        return Facts(usernames, reacted_to=target)
    if (member := update.chat_member) is not None:
        now = member.new_chat_member
        banned = now.status == ChatMemberStatus.BANNED
        stands = Standing(int(member.chat.id), user_id(now.user.id), banned)
        return Facts(usernames, mentioned, standing=stands)
    if message is None:
        return Facts(usernames, mentioned)
    chat, number = int(message.chat.id), int(message.message_id)
    in_topic = message.is_topic_message and message.message_thread_id is not None
    topic = Place(chat, int(message.message_thread_id or 0)) if in_topic else None
    was_named, is_named = _names(message)
    return Facts(
        usernames,
        mentioned,
        forum=chat if message.chat.is_forum else None,
        topic=topic,
        number=number,
        was_named=was_named,
        is_named=is_named,
        poll=_poll(message, topic or Place(chat)),
        opened=None if message.forum_topic_reopened is None else topic or Place(chat),
        move=move_of(message),
    )


def _poll(message: Message, place: Place) -> PollAsked | None:
    if message.poll is None:
        return None
    sender = acting(message.from_user, message.sender_chat)
    named = message_id(place.chat, message.message_id)
    return PollAsked(sound(message.poll.id), place, named, sender)


def _names(message: Message) -> tuple[str | None, str | None]:
    """What its topic was called once, and is called from now on."""
    edited, root = message.forum_topic_edited, message.reply_to_message
    if edited is not None and edited.name:
        return None, sound(edited.name)
    created = message.forum_topic_created or (root.forum_topic_created if root else None)
    return (None if created is None else sound(created.name)), None


def _mentioned(update: Update) -> tuple[str, ...]:
    """The usernames in a message, without their @."""
    message = update.effective_message
    if not isinstance(message, Message):
        return ()
    found: list[str] = []
    if message.text:
        found += message.parse_entities(_MENTIONS).values()
    if message.caption:
        found += message.parse_caption_entities(_MENTIONS).values()
    return tuple(sound(name).removeprefix("@") for name in found)
