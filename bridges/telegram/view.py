"""What the conversion of updates needs to know beside them: which bridged chat is meant. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridgekit import Chat, ChatID, RemoteUserID
from bridges.telegram.config import Topics
from bridges.telegram.entities import Known
from bridges.telegram.ids import Place
from bridges.telegram.memory import PollPlace


@dataclass(frozen=True, slots=True)
class View:
    """`linked` tells all chats that are bridged; there may be many, so it is asked only where that
    matters.
    """

    me: int
    topics: Topics
    linked: Callable[[], frozenset[ChatID]]
    known: Known
    topic_of: Callable[[int, int], int | None]
    poll: Callable[[str], PollPlace | None]
    banned: Callable[[int, RemoteUserID], bool]

    def place(self, chat: int, topic: int | None) -> Place:
        """The bridged chat that a topic belongs to: its own, or that of its group."""
        own, whole = Place(chat, topic), Place(chat)
        if topic is None:
            return own
        by_itself = self.topics is Topics.ROOMS and whole.id in self.linked()
        return own if by_itself or own.id in self.linked() else whole

    def places(self, chat: int) -> Sequence[ChatID]:
        """Every bridged chat that belongs to one of Telegram's: itself, and its topics."""
        whole = Place(chat).id
        topics = sorted(one for one in self.linked() if one.startswith(f"{whole}/"))
        return [whole, *topics]

    def chat(self, place: Place) -> Chat:
        """People's chats with the bot are private, unless one is linked."""
        is_part = place.topic is not None and self.topics is Topics.ROOMS
        return Chat(
            place.id,
            private=place.chat > 0 and place.id not in self.linked(),
            parent=Place(place.chat).id if is_part else None,
        )
