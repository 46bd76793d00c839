"""Who listens in a channel that the bot may not be in: a person's connection, then the next.

Delivery rule 22. Where the bot left, the cut is its leaving as each of the others sees it; where a
connection ends, whoever takes over tells what it had heard beyond what is stored.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from bridgekit import ChatID, LoginID, RemoteUserID
from bridges.irc.abreast import Abreast
from bridges.irc.channels import Channels
from bridges.irc.wire import Line

Books = dict[LoginID, Abreast[Line]]


class Ear(Protocol):
    """One of the bridge's connections."""

    me: RemoteUserID
    login_id: LoginID
    channels: Channels
    bot: bool  # else it is a person's

    def takes_over(self, chat: ChatID) -> None:
        """It tells of `chat` from now on."""


class Listening:
    """Of one network. `came`, `left` and what was `seen` are told as each stream has them."""

    def __init__(self, patience: float, *, bot: bool) -> None:
        """`patience`: seconds after which a connection that says nothing is given up."""
        self._patience, self._bot = patience, bot
        self._barred: set[ChatID] = set()
        self._there: dict[ChatID, dict[LoginID, Ear]] = {}
        self._books: dict[ChatID, Books] = {}
        self._yet: dict[ChatID, Books] = {}  # of who has yet to see that the bot was put out
        self._who: dict[ChatID, Ear] = {}
        self._unheard: set[ChatID] = set()
        self._told: dict[LoginID, list[tuple[Sequence[Abreast[Line]], str]]] = {}
        self._former: dict[ChatID, LoginID] = {}
        self._until = 0.0

    def expect(self, former: Mapping[ChatID, LoginID], seconds: float) -> None:
        """An earlier process had these listen: they are about to come back with what they heard.

        All of it is theirs to tell; a bot that is let in after all is seen to come.
        """
        self._former, self._until = dict(former), _now() + seconds
        self._barred |= former.keys()

    def of(self, chat: ChatID) -> LoginID | None:
        """Who listens in the place of the bot; None: it does, or nobody can."""
        ear = self._who.get(chat)
        return None if ear is None else ear.login_id

    @property
    def standing_in(self) -> Mapping[ChatID, LoginID]:
        """All who listen in the place of the bot."""
        return {chat: ear.login_id for chat, ear in self._who.items()}

    # Who is where.

    def bar(self, chat: ChatID) -> None:
        """The bot is not let in."""
        self._barred.add(chat)
        self._elect(chat)

    def came(self, ear: Ear, chat: ChatID, *, again: bool = False) -> None:
        """A connection is in a channel; `again`: it never left, as a holder kept it."""
        there = self._there.setdefault(chat, {})
        there[ear.login_id] = ear
        teller = self._who.get(chat)
        if ear.bot and teller is not None and teller.login_id in self._yet.get(chat, ()):
            del self._who[chat]  # what it has yet to see was no leaving
        if ear.bot and chat not in self._who:
            self._barred.discard(chat)
            self._yet.pop(chat, None)
        elif ear.bot or self._without_bot(chat, again=again):
            self._book(chat, ear).comes()  # the bot tells as soon as whoever listens has seen it
        self._elect(chat, continued=again and self._former.get(chat) == ear.login_id)

    def _without_bot(self, chat: ChatID, *, again: bool) -> bool:
        """Whether whoever comes is likely not to see the bot; a list of names follows."""
        if again:
            return chat in self._former or not self._bot
        return not any(ear.bot for ear in self._there.get(chat, {}).values())

    def left(
        self, ear: Ear, chat: ChatID, saw: Collection[LoginID] = (), *, put_out: bool = False
    ) -> None:
        """A connection is not in a channel any more; all that it had to tell is stored.

        It `saw` these there.
        """
        told = self._tells(ear, chat)
        there = self._there.get(chat, {})
        there.pop(ear.login_id, None)
        if not there:
            self._there.pop(chat, None)
        self._drop(chat, ear)
        if ear.bot and put_out:
            self._barred.add(chat)
            late = {*saw} - self._books.get(chat, {}).keys()
            self._yet[chat] = {login: Abreast(self._patience) for login in late}
        if self._who.get(chat) is ear:
            del self._who[chat]
        self._elect(chat, saw, continued=told)

    def gone(self, ear: Ear) -> None:
        """A connection has ended."""
        for chat in [chat for chat, there in self._there.items() if ear.login_id in there]:
            self.left(ear, chat, self.company(ear, chat))
        for chat in list(self._books):
            self._drop(chat, ear)
        self._told.pop(ear.login_id, None)

    def seen(self, ear: Ear, chat: ChatID, other: Ear, *, here: bool) -> None:
        """One of us sees another come to a channel, or go; what was told before that is stored."""
        if other.bot:
            self._bot_seen(ear, chat, other, here=here)
            return
        books = {} if ear.bot else self._books.get(chat, {})
        if here and ear.login_id in books and other.login_id not in self._there.get(chat, ()):
            self._book(chat, other)  # it has yet to read that it is in

    def _bot_seen(self, ear: Ear, chat: ChatID, bot: Ear, *, here: bool) -> None:
        """While the bot is there, nobody else need keep what they hear."""
        if not here:
            if ear.login_id in self._there.get(chat, {}):
                late = self._yet.get(chat, {}).pop(ear.login_id, Abreast(self._patience))
                self._books.setdefault(chat, {}).setdefault(ear.login_id, late)
            return
        if ear.login_id in self._yet.get(chat, ()):
            return  # that was before the bot was put out
        self._drop(chat, ear)
        if self._who.get(chat) is ear:
            del self._who[chat]
            self._barred.discard(chat)
            bot.takes_over(chat)

    def listed(self, ear: Ear, chat: ChatID, bot: Ear, *, here: bool) -> None:
        """Whether the bot was there when a person's connection came, which may be a while ago."""
        if not here or bot.login_id in self._there.get(chat, {}) or chat not in self._barred:
            self._bot_seen(ear, chat, bot, here=here)
            return
        late = self._book(chat, ear)
        late.comes()
        self._drop(chat, ear)
        self._yet.setdefault(chat, {})[ear.login_id] = late

    # What is said.

    def stands_in(self, chat: ChatID) -> bool:
        """Whether somebody listens in the place of the bot, or keeps what they hear to tell it."""
        return chat in self._who or bool(self._books.get(chat))

    def heard(self, ear: Ear, chat: ChatID, line: Line) -> list[Line]:
        """What `ear` is to tell, now that it has heard a line: nothing, if that is another's."""
        books = self._books.get(chat, {})
        if not self.stands_in(chat):
            return [line]
        if chat not in self._who:
            self._elect(chat)
        mine, name = books.get(ear.login_id), _name(line)
        if not self._tells(ear, chat):
            if mine is not None:
                mine.hears(name, line, _now(), _size(line))
            return []
        if mine is None and not ear.bot:
            return []  # the bot, which it has yet to see go, has told this
        if mine is not None and mine.skips(name, _now()):
            return []
        return [*self.kept(ear, chat), *self._telling(ear, chat, [line])]

    def kept(self, ear: Ear, chat: ChatID) -> list[Line]:
        """What was heard before it became the one that tells."""
        mine = self._books.get(chat, {}).get(ear.login_id)
        if mine is None or not self._tells(ear, chat):
            return []
        kept = mine.take(_now())
        if mine.missed:
            mine.missed = False
            self._unheard.add(chat)
        if ear.bot:
            self._drop(chat, ear)
        return self._telling(ear, chat, kept)

    def company(self, ear: Ear, chat: ChatID) -> AbstractSet[LoginID]:
        """Which others of us a connection has seen in a channel, as far as it knows."""
        there = self._there.get(chat, {}).values()
        known = (other for other in there if ear.channels.modes(chat, other.me) is not None)
        return {other.login_id for other in known if other is not ear}

    def was_unheard(self, chat: ChatID) -> bool:
        """Whether nobody told of it until now; asked once."""
        unheard = chat in self._unheard
        self._unheard.discard(chat)
        return unheard

    def stored(self, ear: Ear) -> None:
        """All that a connection had to tell is stored."""
        for books, name in self._told.pop(ear.login_id, ()):
            for book in books:
                book.stored(name, _now())

    def _telling(self, ear: Ear, chat: ChatID, lines: list[Line]) -> list[Line]:
        """They are about to be stored, and those who hear them too need not keep them.

        Nobody keeps what they hear while they see the bot there, so what the bot tells counts not.
        """
        if others := [] if ear.bot else list(self._hearing_with(ear, chat)):
            told = self._told.setdefault(ear.login_id, [])
            told += [(others, _name(line)) for line in lines]
        return lines

    def _hearing_with(self, ear: Ear, chat: ChatID) -> Iterator[Abreast[Line]]:
        """The books of those whom it has seen come; of all, while it does not know who is there."""
        there, all_known = self._there.get(chat, {}), ear.channels.lists(chat)
        books, late = self._books.setdefault(chat, {}), self._yet.setdefault(chat, {})
        for login in {*there, *books} - {ear.login_id}:
            other = there.get(login)
            came = other is None or ear.channels.modes(chat, other.me) is not None
            if (came or not all_known) and not (other is not None and other.bot):
                # Whoever has no book is about to see that the bot is not there.
                yield books.get(login) or late.setdefault(login, Abreast(self._patience))

    def _tells(self, ear: Ear, chat: ChatID) -> bool:
        teller = self._who.get(chat)
        return ear.bot if teller is None else teller is ear

    def _elect(
        self, chat: ChatID, saw: Collection[LoginID] = (), *, continued: bool = False
    ) -> None:
        """Somebody listens, if anybody of us is there: of those whom the last one `saw` first.

        `continued`: somebody told of it until now.
        """
        if chat in self._who or (self._bot and chat not in self._barred):
            return
        there = self._there.get(chat, {})
        if (bot := next((ear for ear in there.values() if ear.bot), None)) is not None:
            self._barred.discard(chat)
            bot.takes_over(chat)
            return
        former = self._former.get(chat)
        if former is not None and former not in there and _now() < self._until:
            return
        # Any other sees the bot there, which has come back then.
        alone = [ear for login, ear in there.items() if login in self._alone(chat)]
        people = sorted(alone, key=lambda ear: (ear.login_id != former, ear.login_id not in saw))
        if not (continued and people):
            self._unheard.add(chat)
        if people:
            self._former.pop(chat, None)
            self._who[chat] = people[0]
            people[0].takes_over(chat)

    def _book(self, chat: ChatID, ear: Ear) -> Abreast[Line]:
        books = self._books.setdefault(chat, {})
        return books.setdefault(ear.login_id, Abreast(self._patience))

    def _alone(self, chat: ChatID) -> AbstractSet[LoginID]:
        """Who sees no bot there, or is about to see it put out."""
        return self._books.get(chat, {}).keys() | self._yet.get(chat, {}).keys()

    def _drop(self, chat: ChatID, ear: Ear) -> None:
        books = self._books.get(chat, {})
        books.pop(ear.login_id, None)
        if not books:
            self._books.pop(chat, None)
        self._yet.get(chat, {}).pop(ear.login_id, None)


def _name(line: Line) -> str:
    """By what a line is known on each connection that hears it."""
    words = (line.nick, line.command, *line.params)
    return line.tags.get("msgid") or "\0".join(words)


def _size(line: Line) -> int:
    words = (line.source, *line.params, *line.tags, *line.tags.values())
    return sum(map(len, words))


def _now() -> float:
    return asyncio.get_running_loop().time()
