"""Where one login is, and, in the channels that it listens in, who else is there.

A login that does not listen keeps no lists: five hundred people in one channel would keep it five
hundred times.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bridgekit import ChatID, Member, Rank, RemoteUserID


@dataclass(slots=True)
class _Person:
    nick: str  # as they write it
    chats: set[ChatID] = field(default_factory=set)


class Channels:
    """All IDs are case-folded; who folds them is the caller's business."""

    def __init__(self) -> None:
        self._names: dict[ChatID, str] = {}
        self._followed: dict[ChatID, dict[RemoteUserID, Rank]] = {}
        self._people: dict[RemoteUserID, _Person] = {}

    def __contains__(self, chat: object) -> bool:
        return chat in self._names

    def __iter__(self) -> Iterator[ChatID]:
        return iter(tuple(self._names))

    def name(self, chat: ChatID) -> str | None:
        """How the server writes a channel that this login is in."""
        return self._names.get(chat)

    def entered(self, chat: ChatID, name: str) -> None:
        self.left(chat)
        self._names[chat] = name

    def left(self, chat: ChatID) -> None:
        """Nobody in a channel is in sight any more: the login is out of it."""
        self._names.pop(chat, None)
        for user in list(self._followed.pop(chat, {})):
            self._parted(chat, user)

    def follow(self, chat: ChatID) -> None:
        """Keep a list of who is in `chat`; it is empty until the server has sent one."""
        self._followed[chat] = {}

    @property
    def following(self) -> bool:
        """Whether this login listens anywhere."""
        return bool(self._followed)

    def follows(self, chat: ChatID) -> bool:
        return chat in self._followed

    def add(self, chat: ChatID, user: RemoteUserID, nick: str, rank: Rank = Rank.MEMBER) -> None:
        self._followed[chat][user] = rank
        person = self._people.setdefault(user, _Person(nick))
        person.nick = nick
        person.chats.add(chat)

    def remove(self, chat: ChatID, user: RemoteUserID) -> None:
        if self._followed.get(chat, {}).pop(user, None) is not None:
            self._parted(chat, user)

    def quit(self, user: RemoteUserID) -> list[ChatID]:
        """Somebody is gone from everywhere: from these channels."""
        person = self._people.pop(user, None)
        chats = sorted(person.chats) if person else []
        for chat in chats:
            del self._followed[chat][user]
        return chats

    def rename(self, old: RemoteUserID, new: RemoteUserID, nick: str) -> list[ChatID]:
        """Somebody has another nick now, in these channels."""
        ranks = {chat: self._followed[chat][old] for chat in self.chats_of(old)}
        self.quit(old)
        for chat, rank in ranks.items():
            self.add(chat, new, nick, rank)
        return list(ranks)

    def chats_of(self, user: RemoteUserID) -> list[ChatID]:
        return sorted(self._people[user].chats) if user in self._people else []

    def members(self, chat: ChatID) -> tuple[Member, ...]:
        followed = self._followed.get(chat, {})
        return tuple(Member(user, self._people[user].nick, rank) for user, rank in followed.items())

    def spelling(self, user: RemoteUserID) -> str | None:
        """How somebody writes their nick, if they are in a channel that is followed."""
        person = self._people.get(user)
        return person.nick if person else None

    def _parted(self, chat: ChatID, user: RemoteUserID) -> None:
        person = self._people[user]
        person.chats.discard(chat)
        if not person.chats:
            del self._people[user]
