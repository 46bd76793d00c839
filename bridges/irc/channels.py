"""Where one login is, and, in the channels that it listens in, who else is there.

A login that does not listen keeps no lists: five hundred people in one channel would keep it five
hundred times.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bridgekit import ChatID, Member, Rank, RemoteUserID
from bridges.irc.masks import Source
from bridges.irc.modes import rank_of
from bridges.irc.naming import NICK, About, shown

BANNED = "b"  # kept among somebody's modes: their nick was banned while they were here


@dataclass(slots=True)
class _Person:
    nick: str  # as they write it
    chats: set[ChatID] = field(default_factory=set)
    about: About = field(default_factory=About)
    name: str | None = None  # under which they were last told of


class Channels:
    """All IDs are case-folded; who folds them is the caller's business.

    `naming` is how people are shown on Matrix.
    """

    def __init__(self, naming: str = NICK) -> None:
        self._naming = naming
        self._names: dict[ChatID, str] = {}
        self._followed: dict[ChatID, dict[RemoteUserID, str]] = {}  # with their modes
        self._topics: dict[ChatID, str] = {}
        self._listed: set[ChatID] = set()
        self._people: dict[RemoteUserID, _Person] = {}

    def __contains__(self, chat: object) -> bool:
        return chat in self._names

    def __iter__(self) -> Iterator[ChatID]:
        return iter(tuple(self._names))

    @property
    def names(self) -> tuple[str, ...]:
        """How the server writes all channels that this login is in."""
        return tuple(self._names.values())

    def name(self, chat: ChatID) -> str | None:
        """How the server writes a channel that this login is in."""
        return self._names.get(chat)

    def entered(self, chat: ChatID, name: str) -> None:
        self.left(chat)
        self._names[chat] = name

    def left(self, chat: ChatID) -> None:
        """Nobody in a channel is in sight any more: the login is out of it."""
        self._names.pop(chat, None)
        self._topics.pop(chat, None)
        self._forget(chat)

    def follow(self, chat: ChatID) -> None:
        """Keep a list of who is in `chat`; it is empty until the server has sent one."""
        self._forget(chat)
        self._followed[chat] = {}

    def _forget(self, chat: ChatID) -> None:
        self._listed.discard(chat)
        for user in list(self._followed.pop(chat, {})):
            self._parted(chat, user)

    def complete(self, chat: ChatID) -> None:
        """The server has sent the whole list."""
        self._listed.add(chat)

    def lists(self, chat: ChatID) -> bool:
        """Whether everybody who is in `chat` is known."""
        return chat in self._listed

    @property
    def following(self) -> bool:
        """Whether this login listens anywhere."""
        return bool(self._followed)

    def follows(self, chat: ChatID) -> bool:
        return chat in self._followed

    def topic(self, chat: ChatID) -> str | None:
        """What a channel is about; None if that is not known."""
        return self._topics.get(chat)

    def has_topic(self, chat: ChatID, topic: str) -> bool:
        """Keep the topic of a channel; whether it is another one."""
        known = self._topics.get(chat)
        self._topics[chat] = topic
        return known != topic

    def add(self, chat: ChatID, user: RemoteUserID, nick: str, modes: str = "") -> None:
        self._followed[chat][user] = modes
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
        modes = {chat: self._followed[chat][old] for chat in self.chats_of(old)}
        about = self.about(old)
        self.quit(old)
        for chat, held in modes.items():
            self.add(chat, new, nick, held.replace(BANNED, ""))
        if about is not None:
            self._people[new].about = about
        return list(modes)

    def modes(self, chat: ChatID, user: RemoteUserID) -> str | None:
        """The modes of somebody who is known to be in `chat`."""
        return self._followed.get(chat, {}).get(user)

    def rank(self, chat: ChatID, user: RemoteUserID) -> Rank:
        return rank_of(self._followed.get(chat, {}).get(user, ""))

    def set_mode(self, chat: ChatID, user: RemoteUserID, mode: str, *, added: bool) -> bool:
        """Give somebody a mode, or take it; whether their rank is another one now."""
        followed = self._followed.get(chat, {})
        if user not in followed:
            return False
        before = followed[user]
        followed[user] = before.replace(mode, "") + (mode if added else "")
        return rank_of(followed[user]) is not rank_of(before)

    def chats_of(self, user: RemoteUserID) -> list[ChatID]:
        return sorted(self._people[user].chats) if user in self._people else []

    def members(self, chat: ChatID) -> tuple[Member, ...]:
        followed = self._followed.get(chat, {})
        return tuple(
            Member(user, self._shown(self._people[user]), rank_of(modes))
            for user, modes in followed.items()
        )

    def about(self, user: RemoteUserID) -> About | None:
        """What is known of somebody who is in a channel that is followed; theirs to change."""
        person = self._people.get(user)
        return person.about if person else None

    def sources(self, chat: ChatID) -> list[tuple[RemoteUserID, Source]]:
        """Everybody in a channel that is followed, with their address as far as it is known."""
        people = [(user, self._people[user]) for user in self._followed.get(chat, {})]
        return [(u, Source(who.nick, who.about.user, who.about.host)) for u, who in people]

    def shown(self, user: RemoteUserID, nick: str) -> str | None:
        """How somebody is shown on Matrix, who writes their nick so; None: that is not known."""
        return shown(self._naming, nick, self.about(user))

    def news(self, user: RemoteUserID) -> str | None:
        """How somebody is shown on Matrix, if that is another than by which they are known."""
        person = self._people.get(user)
        if self._naming == NICK or person is None:
            return None
        before, name = person.name, self._shown(person)
        return None if name == before else name

    def _shown(self, person: _Person) -> str | None:
        person.name = shown(self._naming, person.nick, person.about)
        return person.name

    def spelling(self, user: RemoteUserID) -> str | None:
        """How somebody writes their nick, if they are in a channel that is followed."""
        person = self._people.get(user)
        return person.nick if person else None

    def _parted(self, chat: ChatID, user: RemoteUserID) -> None:
        person = self._people[user]
        person.chats.discard(chat)
        if not person.chats:
            del self._people[user]
