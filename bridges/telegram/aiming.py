"""Where on Telegram something belongs that is said on Matrix: its topic, and what it answers."""

from bridgekit import ChatID, Location, Message, MessageID, Poll, Rejected
from bridges.telegram.ids import Place, number_in, place_of
from bridges.telegram.memory import Memory

Said = Message | Location | Poll

FROM_BEFORE = (
    "That is from before the group became a supergroup; nobody can change it any more, nor react"
    " to it."
)
UNANSWERED = (
    "It is there as a message of its own: what was said before the group became a supergroup cannot"
    " be answered any more."
)


async def aim(memory: Memory, chat: ChatID, said: Said) -> tuple[Place, int | None]:
    """Where it goes, and what it answers there. A thread is a topic, or an answer."""
    place = place_of(chat)
    answers = number_in(place.chat, said.reply_to)
    root = number_in(place.chat, said.thread)
    if root is None or place.topic is not None:
        return place, answers
    topic = Place(place.chat, root)
    if await memory.topic_name(topic) is None:
        return place, answers or root
    return topic, answers


def lost_answer(chat: ChatID, said: Said) -> str | None:
    """What its sender should know of what it answers."""
    return UNANSWERED if _is_from_before(chat, said.reply_to) else None


def check(chat: ChatID, target: MessageID) -> None:
    """Raises `Rejected` for what is not there any more."""
    if _is_from_before(chat, target):
        raise Rejected(FROM_BEFORE)


def _is_from_before(chat: ChatID, message: MessageID | None) -> bool:
    """Whether the chat went by another number when this was said."""
    return message is not None and number_in(place_of(chat).chat, message) is None
