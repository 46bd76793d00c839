"""IRC lines to events: who said what, who came and who went, as one connection sees it.

In a channel only the login that listens tells of anything; in private each tells of its own.
"""

from collections.abc import Callable

from bridgekit import (
    Chat,
    ChatChange,
    ChatID,
    ChatInfo,
    Host,
    Membership,
    MemberState,
    Message,
    MessageKind,
    Rank,
    RemoteUserID,
)
from bridges.irc.answers import Answers
from bridges.irc.envelopes import check
from bridges.irc.formatting import from_irc
from bridges.irc.network import Network, OwnLogin
from bridges.irc.session import Session
from bridges.irc.standing import Standing
from bridges.irc.telling import Events, Telling
from bridges.irc.wire import Line, printable

_NEEDED = {"PRIVMSG": 2, "NOTICE": 2, "JOIN": 1, "PART": 1, "KICK": 2, "NICK": 1, "QUIT": 0}


class Inbound:
    """Follows one connection, and answers for it where IRC expects an answer.

    `read`: somebody reads what is said to this login in private.
    """

    def __init__(
        self,
        own: OwnLogin,
        session: Session,
        network: Network,
        host: Host,
        answers: Answers,
        *,
        read: bool,
    ) -> None:
        self._own = own
        self._session = session
        self._network = network
        self._answers = answers
        self._read = read
        self._told = Telling(own, session, network, host)
        self._standing = standing = Standing(own, session, network, self._told)
        self._history: set[str] = set()
        self._handlers: dict[str, Callable[[Line], Events]] = {
            "PRIVMSG": self._said,
            "NOTICE": self._said,
            "JOIN": self._came,
            "PART": self._went,
            "KICK": self._kicked,
            "QUIT": self._quit,
            "NICK": self._renamed,
            "MODE": standing.moded,
            "TOPIC": standing.about,
            "332": standing.topic_told,
            "353": self._listed,
            "366": self._list_complete,
            "BATCH": self._batch,
        }

    def events(self, line: Line) -> Events:
        """What `line` tells; raises `MalformedLineError` where it lacks what it needs."""
        needed = _NEEDED.get(line.command)
        if needed is not None:
            check(line, needed)
        if line.tags.get("batch") in self._history:
            return []  # said before we came: a server may replay it to whoever joins
        handle = self._handlers.get(line.command)
        return handle(line) if handle else []

    # What is said.

    def _said(self, line: Line) -> Events:
        user = self._network.user(line.nick)
        if not line.nick or user == self._own.me:
            return []  # the server's own notices; the echo of what we said
        target = self._network.fold(line.param(0))
        if target == self._own.me:
            return self._said_to_us(line, user)
        chat = ChatID(target)
        if self._network.is_ours(user) or not self._told.of(chat):
            return []  # what another login of ours said
        return self._message(line, Chat(chat), user)

    def _said_to_us(self, line: Line, user: RemoteUserID) -> Events:
        if not self._read and not line.param(1).startswith("\x01"):
            if line.command == "PRIVMSG":
                self._session.connection.write(*self._answers.to_nobody(line.nick))
            return []
        events = self._message(line, Chat(ChatID(user), private=True), user)
        return events if self._read else []

    def _message(self, line: Line, chat: Chat, user: RemoteUserID) -> Events:
        text = line.param(1)
        kind = MessageKind.NOTICE if line.command == "NOTICE" else MessageKind.TEXT
        if text.startswith("\x01"):
            verb, _, text = text.strip("\x01").partition(" ")
            if verb.upper() != "ACTION":
                self._asked(line)
                return []
            kind = MessageKind.EMOTE
        nodes = from_irc(text)
        # Codes without a text show nothing on IRC either.
        return [self._told.event(line, chat, user, Message(nodes, kind))] if nodes else []

    def _asked(self, line: Line) -> None:
        if line.command == "PRIVMSG":
            request = line.param(1).strip("\x01")
            self._session.connection.write(*self._answers.to_ctcp(line.nick, request))

    # Who comes and goes.

    def _came(self, line: Line) -> Events:
        chat, user = ChatID(self._network.fold(line.param(0))), self._network.user(line.nick)
        if user == self._own.me:
            self._session.mask = line.mask or self._session.mask
            self._own.channels.entered(chat, line.param(0))
            if self._told.by_us(chat):
                self._own.channels.follow(chat)  # the list follows unasked
            return []
        self._network.taken_by_other(user)
        if not self._told.of(chat):
            return []
        self._own.channels.add(chat, user, line.nick)
        return [self._told.member(line, chat, user, MemberState.JOIN)]

    def _went(self, line: Line) -> Events:
        chat, user = ChatID(self._network.fold(line.param(0))), self._network.user(line.nick)
        if user == self._own.me:
            self._own.channels.left(chat)
            return []
        if not self._told.of(chat):
            return []
        self._own.channels.remove(chat, user)
        return [self._told.member(line, chat, user, MemberState.LEAVE, line.param(1))]

    def _kicked(self, line: Line) -> Events:
        chat, user = ChatID(self._network.fold(line.param(0))), self._network.user(line.param(1))
        told = self._told.of(chat)
        banned = self._standing.is_banned(chat, user)
        if user == self._own.me:
            self._own.channels.left(chat)
        elif told:
            self._own.channels.remove(chat, user)
        if not told:
            return []
        state = MemberState.BAN if banned else MemberState.KICK
        content = Membership(user, state, printable(line.param(2)))
        return [self._told.event(line, Chat(chat), self._told.actor(line), content)]

    def _quit(self, line: Line) -> Events:
        user = self._network.user(line.nick)
        return [
            self._told.member(line, chat, user, MemberState.LEAVE, line.param(0))
            for chat in self._own.channels.quit(user)
            if self._told.by_us(chat)
        ]

    def _renamed(self, line: Line) -> Events:
        old, nick = self._network.user(line.nick), line.param(0)
        new = self._network.user(nick)
        chats = self._own.channels.rename(old, new, nick)
        if self._network.renamed(old, nick, self._own) or old == new:
            return []
        events: Events = []
        for chat in filter(self._told.by_us, chats):
            reason = f"is now known as {nick}"
            events.append(self._told.member(line, chat, old, MemberState.LEAVE, reason))
            rank = self._own.channels.rank(chat, new)
            kept = None if rank is Rank.MEMBER else rank
            came = Membership(new, MemberState.JOIN, rank=kept)
            events.append(self._told.event(line, Chat(chat), new, came, nick))
        return events

    def _listed(self, line: Line) -> Events:
        chat = ChatID(self._network.fold(line.param(-2)))
        entries = line.param(-1).split() if self._own.channels.follows(chat) else []
        for entry in entries:
            nick, modes = self._session.features.marked(entry)
            if nick:
                self._own.channels.add(chat, self._network.user(nick), nick, modes)
        return []

    def _list_complete(self, line: Line) -> Events:
        chat = ChatID(self._network.fold(line.param(1)))
        if not self._own.channels.follows(chat) or not self._told.of(chat):
            return []
        self._own.channels.complete(chat)
        members = self._own.channels.members(chat)
        others = tuple(member for member in members if member.user != self._own.me)
        info = ChatInfo(id=chat, name=self._own.channels.name(chat), members=others)
        return [self._told.event(line, Chat(chat), None, ChatChange(info))]

    def _batch(self, line: Line) -> Events:
        reference = line.param(0)[1:]
        nested = line.tags.get("batch") in self._history
        if line.param(0).startswith("-"):
            self._history.discard(reference)
        elif nested or line.param(1) == "chathistory":
            self._history.add(reference)
        return []
