"""IRC lines to events: who said what, who came and who went, as one connection sees it.

In a channel only the login that listens tells of anything; in private each tells of its own.
"""

from collections.abc import Callable
from functools import partial

from bridgekit import (
    Chat,
    ChatChange,
    ChatID,
    ChatInfo,
    Host,
    Member,
    Message,
    MessageKind,
    RemoteUserID,
)
from bridges.irc.answers import Answers
from bridges.irc.batches import HISTORY, REMEMBERING, Batches
from bridges.irc.comings import Comings
from bridges.irc.envelopes import check
from bridges.irc.formatting import from_irc
from bridges.irc.highlights import with_mentions
from bridges.irc.network import Network, OwnLogin
from bridges.irc.overhearing import Overhearing
from bridges.irc.pasts import Pasts
from bridges.irc.referring import Referring
from bridges.irc.session import Session
from bridges.irc.splits import Splits
from bridges.irc.spoofing import CAPABILITY as RELAYING
from bridges.irc.standing import Standing
from bridges.irc.tagged import reply_of
from bridges.irc.telling import Events, Telling
from bridges.irc.who import Who
from bridges.irc.wire import Line, printable

_NEEDED = {"PRIVMSG": 2, "NOTICE": 2, "JOIN": 1, "PART": 1, "KICK": 2, "NICK": 1, "QUIT": 0}


class Inbound:
    """Follows one connection, and answers for it where IRC expects an answer.

    `want` has a line asked when there is time for it. `read`: somebody reads what is said to this
    login in private.
    """

    def __init__(
        self,
        own: OwnLogin,
        session: Session,
        network: Network,
        host: Host,
        answers: Answers,
        splits: Splits,
        want: Callable[[str], None],
        *,
        read: bool,
    ) -> None:
        self.splits = splits
        self.pasts = Pasts()
        self.overhearing = Overhearing(own, network, session.features)
        self._own = own
        self._session = session
        self._network = network
        self._answers = answers
        self._read = read
        self._told = Telling(own, session, network, host)
        self.who = Who(own, session, network, self._told, read=read)
        self._standing = standing = Standing(own, session, network, self._told, want)
        referring = Referring(own, network, self._told, read=read)
        self._batches = Batches()
        self._comings = Comings(
            *(own, session, network, self._told, standing, splits), self._batches.kind
        )
        self._handlers = self._by_command(standing, referring)

    def _by_command(
        self, standing: Standing, referring: Referring
    ) -> dict[str, Callable[[Line], Events]]:
        return {
            "PRIVMSG": self._said,
            "NOTICE": self._said,
            **self._comings.by_command,
            "MODE": standing.moded,
            "TOPIC": standing.about,
            "324": standing.modes_told,
            "332": standing.topic_told,
            "352": standing.listed,
            "315": standing.all_listed,
            "353": self._listed,
            "366": self._list_complete,
            "TAGMSG": referring.tagged,
            "REDACT": referring.redacted,
            **self.who.by_command,
            "FAIL": self._failed,
        }

    def events(self, line: Line) -> Events:
        """What `line` tells; raises `MalformedLineError` where it lacks what it needs."""
        if line.command == "BATCH":
            return self._batch(line)
        if self._batches.collects(line):
            return []
        needed = _NEEDED.get(line.command)
        if needed is not None:
            check(line, needed)
        if self._batches.kind(line) == HISTORY:
            self.pasts.add(line.tags.get("batch", ""), line.tags.get("msgid"), self._past(line))
            return []  # said before we came: a server may replay it to whoever joins
        lines, handle = self.overhearing.sees(line), self._handlers.get(line.command)
        return [event for one in lines for event in handle(one)] if handle else []

    def broken_off(self) -> Events:
        """What had come of messages of several lines, of which nothing more will come.

        A server that remembers them tells them again, whole and under the same ID.
        """
        if REMEMBERING in self._session.capabilities:
            return []
        return [event for whole in self._batches.unfinished() for event in self.events(whole)]

    def taken_over(self, chat: ChatID) -> Events:
        """What is to be told of a channel that this one tells of from now on."""
        events, kept = self.overhearing.taken_over(chat) if self._told.of(chat) else ([], [])
        return events + [event for line in kept for event in self._handlers[line.command](line)]

    def tells(self, chat: ChatID) -> bool:
        """Whether it is this login that tells of `chat`."""
        return self._told.by_us(chat)

    # What is said.

    def _said(self, line: Line) -> Events:
        user = self._network.user(line.nick)
        if not line.nick or user == self._own.me:
            return []  # the server's own notices; the echo of what we said
        target = self._network.fold(line.param(0))
        if target == self._own.me:
            return self._said_to_us(line, user)
        chat = ChatID(target)
        if self._is_ours(line) or not self._told.of(chat):
            return []
        return self._message(line, Chat(chat), user)

    def _is_ours(self, line: Line) -> bool:
        """Whether a login of ours said it, be it under the nick of whom it speaks for."""
        by = (line.nick, line.tags.get(RELAYING, ""))
        return any(self._network.is_ours(self._network.user(nick)) for nick in by)

    def _said_to_us(self, line: Line, user: RemoteUserID) -> Events:
        if not self._read and not line.param(1).startswith("\x01"):
            if line.command == "PRIVMSG":
                self._session.connection.write(*self._answers.to_nobody(line.nick))
            return []
        ignored = self._network.personal.ignores(self._own.login_id, line.source)
        events = self._message(line, Chat(ChatID(user), private=True), user)
        return [*self.who.trusted(line, user), *events] if self._read and not ignored else []

    def _message(self, line: Line, chat: Chat, user: RemoteUserID) -> Events:
        text = line.param(1)
        kind = MessageKind.NOTICE if line.command == "NOTICE" else MessageKind.TEXT
        if text.startswith("\x01"):
            verb, _, text = text.strip("\x01").partition(" ")
            if verb.upper() != "ACTION":
                self._asked(line)
                return []
            kind = MessageKind.EMOTE
        nodes = with_mentions(from_irc(text), partial(self._called, chat.id))
        # Codes without a text show nothing on IRC either.
        message = Message(nodes, kind, reply_to=reply_of(line.tags))
        return [self._told.event(line, chat, user, message)] if nodes else []

    def _called(self, chat: ChatID, nick: str) -> RemoteUserID | None:
        """Who in a channel has this nick; behind the bot's there is nobody to call."""
        user = self._network.user(nick)
        known = self._own.channels.modes(chat, user) is not None
        known = known and (user != self._own.me or self._read)
        return user if known and self._network.calls(user) else None

    def _asked(self, line: Line) -> None:
        if line.command == "PRIVMSG":
            request = line.param(1).strip("\x01")
            self._session.connection.write(*self._answers.to_ctcp(line.nick, request))

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
        if not self._own.channels.lists(chat):
            self._standing.entered(chat)
        self._own.channels.complete(chat)
        members = self._own.channels.members(chat)
        others = [member for member in members if member.user != self._own.me]
        there = {member.user for member in others}
        others += [Member(user) for user in self.splits.away(chat) if user not in there]
        info = ChatInfo(id=chat, name=self._own.channels.name(chat), members=tuple(others))
        return [self._told.event(line, Chat(chat), None, ChatChange(info))]

    def _batch(self, line: Line) -> Events:
        reference = line.param(0)[1:]
        whole = self._batches.take(line)
        if line.param(0).startswith("-"):
            self.pasts.ends(reference)
        elif line.param(1) == HISTORY:
            self.pasts.begins(reference, ChatID(self._network.fold(line.param(2))))
        return [] if whole is None else self.events(whole)

    def _past(self, line: Line) -> Events:
        """Something that was said before, by somebody else."""
        user, chat = self._network.user(line.nick), ChatID(self._network.fold(line.param(0)))
        if line.command not in ("PRIVMSG", "NOTICE") or not line.nick:
            return []
        ours = user == self._own.me or self._is_ours(line)
        return [] if ours else self._message(line, Chat(chat), user)

    def _failed(self, line: Line) -> Events:
        if line.param(0) == "CHATHISTORY":
            self.pasts.refused(None, printable(line.param(-1)))
        return []
